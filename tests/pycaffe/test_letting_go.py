"""Nets that a script drops: files are put in place, and nobody waits for the thread that reads ahead."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import h5py
import numpy as np
import pytest
from helpers.nets import inner_product, input_layer, layer

from netcc.data.datums import raw_datum
from netcc.data.lmdb_writer import write_lmdb
from netcc.data.prefetch_worker import PrefetchWorker


def test_the_collector_waits_for_no_thread(
    caffe: ModuleType, write: Callable[[str, str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_lmdb(tmp_path / "db", [(b"0", raw_datum(np.zeros((1, 2, 2), np.uint8), 0))])
    source = f'data_param {{ source: "{tmp_path / "db"}" backend: LMDB batch_size: 2 }}'
    net = caffe.Net(write("net.prototxt", layer("d", "Data", "", "data", source)), caffe.TRAIN)
    net.forward()
    (thread,) = [thread for thread in threading.enumerate() if thread.name == "netcc-prefetch"]
    waited: list[object] = []
    monkeypatch.setattr(PrefetchWorker, "stop", waited.append)
    del net
    gc.collect()
    thread.join(10)
    assert not thread.is_alive()
    assert waited == []


def test_a_dropped_net_leaves_its_files(caffe: ModuleType, write: Callable[[str, str], str], tmp_path: Path) -> None:
    out = tmp_path / "out.h5"
    text = input_layer("x", 3, 4) + input_layer("label", 3) + inner_product("ip", "x", "y", 2)
    text += layer("out", "HDF5Output", "y label", "", f'hdf5_output_param {{ file_name: "{out}" }}')
    net = caffe.Net(write("net.prototxt", text), caffe.TEST)
    net.forward(x=np.ones((3, 4)), label=np.arange(3))
    expected = net.blobs["y"].data.copy()
    del net
    with h5py.File(out) as file:
        np.testing.assert_array_equal(file["data"][...].reshape(3, 2), expected)
