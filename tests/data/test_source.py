"""Finding the reader of a layer type, and the file that a net means."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from data.records import data_layer, labels_of, opened

from netcc.data.source import locate, open_source, reader
from netcc.errors import DataError
from netcc.schema import caffe_pb2
from netcc.types import TEST


def test_unknown_type() -> None:
    layer = caffe_pb2.LayerParameter(name="input", type="MemoryDatum")
    with pytest.raises(DataError) as caught:
        open_source(layer, TEST, np.random.default_rng(0))
    assert str(caught.value) == (
        "error: netcc has no reader for layers of type 'MemoryDatum'\n  did you mean 'MemoryData'?"
    )


def test_one_reader_a_type() -> None:
    import netcc.data.readers.memory as module

    with pytest.raises(DataError, match="layer type 'MemoryData' has two readers"):
        reader("MemoryData")(module.MemorySource)


def test_paths_are_relative_to_the_working_directory_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here, net = tmp_path / "here", tmp_path / "net"
    here.mkdir()
    net.mkdir()
    monkeypatch.chdir(here)
    assert locate("db", net) == Path("db")
    (net / "db").mkdir()
    assert locate("db", net) == net / "db"
    assert locate("db", None) == Path("db")
    (here / "db").mkdir()
    assert locate("db", net) == Path("db")
    assert locate(str(net / "db"), here) == net / "db"


def test_a_database_beside_the_net(five_records: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    source = opened(data_layer("db", 2), base=five_records.parent)
    assert labels_of(source) == [0, 1]
    source.close()
