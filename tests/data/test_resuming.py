"""A net goes on with its data where another left off, whatever it reads, and reads the same without a thread."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from netcc.runtime.net import Net
from netcc.runtime.run_state import RunState
from netcc.types import TRAIN, Array

GOLDEN = Path(__file__).parent.parent / "golden" / "data"

LAYERS = {
    "LMDB": 'type: "Data" data_param { source: "png_lmdb" backend: LMDB batch_size: 5 } '
    "transform_param { mirror: true }",
    "LevelDB": 'type: "Data" data_param { source: "png_leveldb" batch_size: 5 } transform_param { crop_size: 5 }',
    "images": 'type: "ImageData" image_data_param { source: "png.txt" batch_size: 5 shuffle: true }',
    "jittered": 'type: "ImageData" image_data_param { source: "png.txt" batch_size: 5 } transform_param { '
    "pca_jitter: 0.1 random_aspect_ratio_param { resize_param { height: 4 width: 4 } } }",
    "rows": 'type: "HDF5Data" hdf5_data_param { source: "rows.txt" batch_size: 4 shuffle: true }',
    "windows": 'type: "WindowData" window_data_param { source: "windows_a.txt" batch_size: 4 } transform_param { '
    "crop_size: 6 mirror: true }",
}


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(GOLDEN)


def net_of(name: str, seed: int) -> Net:
    return Net(f'layer {{ name: "d" top: "data" top: "label" {LAYERS[name]} }}', TRAIN, seed=seed)


def batches(net: Net, count: int) -> list[Array]:
    read = []
    for _ in range(count):
        net.forward()
        read += [blob.data.copy() for blob in net.blobs.values()]
    return read


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("before", [0, 4])
def test_resumed(name: str, before: int) -> None:
    with net_of(name, 1) as net, net_of(name, 2) as other:
        batches(net, before)
        state = net.run_state()
        expected = batches(net, 5)
        batches(other, 1)
        sources = json.loads(json.dumps({layer: dict(place) for layer, place in state.sources.items()}))
        assert other.restore_run_state(RunState(state.random, sources, state.layers)) == []
        for ours, theirs in zip(batches(other, 5), expected, strict=True):
            np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("name", LAYERS)
def test_reading_ahead_changes_nothing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with net_of(name, 1) as net:
        ahead = batches(net, 6)
    monkeypatch.setenv("NETCC_PREFETCH", "0")
    with net_of(name, 1) as net:
        for ours, theirs in zip(batches(net, 6), ahead, strict=True):
            np.testing.assert_array_equal(ours, theirs)
