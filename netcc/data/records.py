"""The records of a database, whatever wrote it."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from netcc.data.leveldb_reader import LevelDbReader
from netcc.data.lmdb_reader import LmdbReader
from netcc.data.lmdb_tree import Record
from netcc.data.source import locate
from netcc.errors import LayerError
from netcc.schema import caffe_pb2


class Records(Protocol):
    """A cursor over records in the order of their keys; after the last comes the first again. See `LmdbReader`."""

    path: Path
    position: int

    def __len__(self) -> int: ...
    def peek(self) -> Record: ...
    def take(self, number: int) -> list[Record]: ...
    def seek(self, position: int) -> None: ...
    def close(self) -> None: ...


def open_records(param: caffe_pb2.DataParameter, base: Path | None) -> Records:
    """Opens `source` with the `backend` that the layer names. Raises LayerError, or DataError as the readers do."""
    if not param.source:
        raise LayerError("source is missing: the folder of the database", field=("data_param", "source"))
    path = locate(param.source, base)
    if param.backend == caffe_pb2.DataParameter.LMDB:
        return LmdbReader(path)
    if (path / "data.mdb").exists():
        stated = "the backend is LEVELDB" if param.HasField("backend") else "without a backend, LEVELDB is meant"
        raise LayerError(
            f"{path} is an LMDB, but {stated}", field=("data_param", "backend"), notes=["write `backend: LMDB`"]
        )
    return LevelDbReader(path)
