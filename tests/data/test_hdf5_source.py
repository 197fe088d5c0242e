"""`type: "HDF5Data"`: several files, batches over their ends, shuffling, row by row or at once, NPZ."""

from __future__ import annotations

import json
import tracemalloc
from itertools import pairwise
from pathlib import Path

import h5py
import numpy as np
import pytest
from data.records import batch, opened

import netcc.data.row_files as row_files
from netcc.data.bad_records import BadRecords, using
from netcc.data.source import Source
from netcc.errors import DataError, LayerError, NetccWarning
from netcc.schema import caffe_pb2
from netcc.types import Array

SIZES = (4, 1, 3)
"""Rows in each file; the rows count on from file to file."""


def row_layer(source: Path, batch_size: int = 3, shuffle: bool = False, tops: str = "x y") -> caffe_pb2.LayerParameter:
    layer = caffe_pb2.LayerParameter(name="rows", type="HDF5Data", top=tops.split())
    layer.hdf5_data_param.MergeFrom(
        caffe_pb2.HDF5DataParameter(source=str(source), batch_size=batch_size, shuffle=shuffle)
    )
    return layer


def columns(begin: int, count: int) -> dict[str, Array]:
    rows = np.arange(begin, begin + count, dtype=np.float32)
    return {"x": np.repeat(rows, 6).reshape(count, 2, 3), "y": rows.astype(np.int64)}


@pytest.fixture(params=["at once", "row by row"])
def listing(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three files with 8 rows in all."""
    if request.param == "row by row":
        monkeypatch.setattr(row_files, "MOST_HELD", 0)
    for index, size in enumerate(SIZES):
        with h5py.File(tmp_path / f"{index}.h5", "w") as file:
            for name, array in columns(sum(SIZES[:index]), size).items():
                file[name] = array
    (tmp_path / "list.txt").write_text("0.h5\n1.h5 2.h5\n")
    return tmp_path / "list.txt"


def numbers(source: Source) -> list[float]:
    """The numbers of the rows of the next batch."""
    x, y = batch(source)
    assert x.shape == (len(y), 2, 3)
    assert (x == y[:, np.newaxis, np.newaxis]).all()
    return y.tolist()


def test_over_the_ends_of_files(listing: Path) -> None:
    source = opened(row_layer(listing))
    assert source.shapes(2) == ((3, 2, 3), (3,))
    assert [numbers(source) for _ in range(4)] == [[0, 1, 2], [3, 4, 5], [6, 7, 0], [1, 2, 3]]
    source.close()


def test_a_batch_of_several_epochs(listing: Path) -> None:
    source = opened(row_layer(listing, 19))
    assert numbers(source) == [*range(8), *range(8), 0, 1, 2]
    source.close()


def test_shuffled(listing: Path) -> None:
    source = opened(row_layer(listing, 8, shuffle=True))
    epochs = [numbers(source) for _ in range(6)]
    assert all(sorted(epoch) == list(range(8)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) > 4
    for epoch in epochs:  # files stay together
        files = [0 if row < 4 else 1 if row < 5 else 2 for row in epoch]
        assert sum(a != b for a, b in pairwise(files)) == 2
    assert len({epoch[0] >= 4 for epoch in epochs}) == 2
    source.close()


@pytest.mark.parametrize("shuffle", [False, True])
def test_a_position_leads_back(listing: Path, shuffle: bool) -> None:
    source = opened(row_layer(listing, 3, shuffle))
    for _ in range(4):
        numbers(source)
    position = json.loads(json.dumps(source.position()))
    expected = [numbers(source) for _ in range(5)]
    other = opened(row_layer(listing, 3, shuffle), seed=8)
    numbers(other)
    other.restore(position)
    assert [numbers(other) for _ in range(5)] == expected
    with pytest.raises(DataError, match="there is no file 3 in epoch 0"):
        other.restore({**position, "epoch": 0, "file": 3})
    with pytest.raises(DataError, match="has no row 99"):
        other.restore({**position, "row": 99})
    source.close()
    other.close()


def test_one_file_in_place_of_a_list(listing: Path) -> None:
    source = opened(row_layer(listing.parent / "2.h5"))
    assert numbers(source) == [5, 6, 7]
    source.close()


def test_npz(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", **columns(0, 4))
    np.savez_compressed(tmp_path / "b.npz", **columns(4, 2))
    (tmp_path / "list.txt").write_text("a.npz\nb.npz\n")
    source = opened(row_layer(tmp_path / "list.txt", 5))
    assert [numbers(source) for _ in range(2)] == [[0, 1, 2, 3, 4], [5, 0, 1, 2, 3]]
    assert numbers(opened(row_layer(tmp_path / "b.npz", 2))) == [4, 5]


def refusal(source: Path, tops: str = "x y") -> str:
    with pytest.raises(DataError) as caught:
        batch(opened(row_layer(source, 8, tops=tops)))
    return str(caught.value)


def test_pickles_are_never_loaded(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.array([{}], object), y=np.zeros(1))
    assert refusal(tmp_path / "a.npz") == (
        f"error: {tmp_path}/a.npz is a damaged NPZ file, or none\n"
        "  Object arrays cannot be loaded when allow_pickle=False"
    )


@pytest.mark.parametrize(("name", "kind"), [("a.npz", "NPZ"), ("a.h5", "HDF5")])
@pytest.mark.parametrize("keep", [0, 10, 300, 1200])
def test_cut_short(tmp_path: Path, name: str, kind: str, keep: int) -> None:
    rows = columns(0, 40)
    if kind == "NPZ":
        np.savez(tmp_path / name, **rows)
    else:
        with h5py.File(tmp_path / name, "w") as file:
            file.update(rows)
    (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:keep])
    assert refusal(tmp_path / name).startswith(f"error: {tmp_path}/{name} is a damaged {kind} file, or none\n")


def test_what_does_not_fit(listing: Path) -> None:
    path = listing.parent / "0.h5"
    assert refusal(listing, "x yy") == (
        f"error: {path} has no dataset 'yy', as a top is called\n  it has x, y\n  did you mean 'y'?"
    )
    with h5py.File(path, "a") as file:
        file["short"] = np.zeros(3)
        file["text"] = np.array([b"a"] * 4)
        file["one"] = 5.0
        file["none"] = np.zeros((0, 2))
    assert refusal(listing, "x short") == (f"error: {path}: its datasets have different numbers of rows: x 4, short 3")
    assert refusal(listing, "x text") == f"error: {path}: dataset 'text' holds |S1, not numbers"
    assert refusal(listing, "one") == f"error: {path}: dataset 'one' is one number, not a row of items"
    assert refusal(listing, "none") == f"error: {path} has no rows"


def test_files_of_other_shapes(listing: Path) -> None:
    path = listing.parent / "1.h5"
    with h5py.File(path, "w") as file:
        file["x"], file["y"] = np.zeros((1, 5)), np.zeros(1)
    assert refusal(listing) == f"error: {path}: rows of 'x' are 5, but 2 x 3 in the file before it"


def test_missing(listing: Path, tmp_path: Path) -> None:
    (listing.parent / "1.h5").unlink()
    assert refusal(listing) == "error: cannot read 1.h5: no such file or directory"
    assert refusal(tmp_path / "none.txt").startswith(f"error: cannot read {tmp_path}/none.txt: there is no such file")


def test_bad_files_are_passed_over(listing: Path) -> None:
    (listing.parent / "1.h5").write_bytes(b"nothing")
    bad = BadRecords("skip")
    with using(bad):
        source = opened(row_layer(listing, 7))
    with pytest.warns(NetccWarning, match="damaged HDF5 file"):
        batches = [numbers(source) for _ in range(2)]
    assert batches == [[0, 1, 2, 3, 5, 6, 7]] * 2
    assert bad.count == 2
    source.close()


def test_none_is_left(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("a.h5 b.h5")
    with using(BadRecords("skip")), pytest.warns(NetccWarning):
        assert refusal(tmp_path / "list.txt").startswith("error: none of the 2 files can be used\n")


def test_fields(tmp_path: Path) -> None:
    with pytest.raises(LayerError, match="batch_size must be at least 1"):
        opened(row_layer(tmp_path, 0))
    layer = row_layer(tmp_path)
    layer.hdf5_data_param.source = ""
    with pytest.raises(LayerError, match="source is missing: the list of HDF5 files"):
        opened(layer)


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "long.h5", "w") as file:
        for name, shape in (("x", (10**9, 4)), ("y", (10**9,))):
            file.create_dataset(name, shape, "f4", chunks=(1000, *shape[1:]))
    tracemalloc.start()
    try:
        source = opened(row_layer(tmp_path / "long.h5"))
        batch(source)
        assert tracemalloc.get_traced_memory()[1] < 10 << 20
    finally:
        tracemalloc.stop()
    source.close()
