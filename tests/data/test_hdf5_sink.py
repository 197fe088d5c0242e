"""HDF5Output: the file of real Caffe, batches one after the other, and what happens when it cannot be written."""

from __future__ import annotations

import gc
from pathlib import Path

import h5py
import numpy as np
import pytest

from netcc.data.hdf5_sink import HDF5Sink
from netcc.errors import OutputError
from netcc.runtime.net import Net
from netcc.types import TEST

GOLDEN = Path(__file__).parent.parent / "golden" / "data"
NET = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }
layer { name: "y" type: "Input" top: "y" input_param { shape { dim: 2 } } }
layer { name: "save" type: "HDF5Output" bottom: "x" bottom: "y" hdf5_output_param { file_name: "out.h5" } }
"""


def content(path: Path) -> dict[str, np.ndarray]:
    with h5py.File(path, "r") as file:
        return {name: file[name][()] for name in file}


def test_the_file_of_real_caffe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = (GOLDEN / "h5output.prototxt").read_text().replace("rows.txt", str(GOLDEN / "rows.txt"))
    with Net(text, TEST) as net:
        net.forward()
        assert not (tmp_path / "h5output.h5").exists()
    made, expected = content(tmp_path / "h5output.h5"), content(GOLDEN / "h5output.h5")
    assert made.keys() == expected.keys()
    for name, array in expected.items():
        assert made[name].dtype == array.dtype
        np.testing.assert_array_equal(made[name], array, strict=True)
    assert [path.name for path in tmp_path.iterdir()] == ["h5output.h5"]


def test_later_batches_follow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with Net(NET, TEST) as net:
        for number in range(3):
            net.forward(x=np.full((2, 3), number), y=[number, -number])
    made = content(tmp_path / "out.h5")
    assert made["data"].shape == (6, 3, 1, 1)
    assert made["data"][:, 0, 0, 0].tolist() == [0, 0, 1, 1, 2, 2]
    assert made["label"].reshape(-1).tolist() == [0, 0, 1, -1, 2, -2]


def test_a_net_that_runs_nothing_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Net(NET, TEST).close()
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_stays_until_the_end(tmp_path: Path) -> None:
    (tmp_path / "out.h5").write_text("old")
    sink = HDF5Sink(tmp_path / "out.h5")
    sink.write([np.zeros((1, 2), np.float32), np.zeros(1, np.float32)])
    assert (tmp_path / "out.h5").read_text() == "old"
    sink.close()
    sink.close()
    assert content(tmp_path / "out.h5")["data"].shape == (1, 2, 1, 1)


def test_given_up_without_close(tmp_path: Path) -> None:
    sink = HDF5Sink(tmp_path / "out.h5")
    sink.write([np.ones((1, 2), np.float32), np.zeros(1, np.float32)])
    del sink
    gc.collect()
    assert content(tmp_path / "out.h5")["data"].sum() == 2


def test_rows_of_another_shape(tmp_path: Path) -> None:
    sink = HDF5Sink(tmp_path / "out.h5")
    sink.write([np.ones((1, 2), np.float32), np.zeros(1, np.float32)])
    with pytest.raises(OutputError) as caught:
        sink.write([np.ones((1, 3), np.float32), np.zeros(1, np.float32)])
    assert caught.value.message == f"{tmp_path}/out.h5: rows of data are 3 x 1 x 1 now, but 2 x 1 x 1 before"


def test_no_such_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with Net(NET.replace("out.h5", "none/out.h5"), TEST) as net, pytest.raises(OutputError) as caught:
        net.forward()
    assert caught.value.message == "cannot write none/out.h5: no such file or directory"
