"""Small databases for the tests of this room."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from data.records import MakeDatabase, datum

from netcc.data.lmdb_writer import write_lmdb
from netcc.schema import caffe_pb2


@pytest.fixture
def make_database(tmp_path: Path) -> MakeDatabase:
    """Writes Datums, or raw bytes, as the LMDB `db` in the test's folder."""

    def make(records: Sequence[caffe_pb2.Datum | bytes]) -> Path:
        values = [record if isinstance(record, bytes) else record.SerializeToString() for record in records]
        write_lmdb(tmp_path / "db", ((b"%08d" % index, value) for index, value in enumerate(values)))
        return tmp_path / "db"

    return make


@pytest.fixture
def five_records(make_database: MakeDatabase) -> Path:
    """Five images of 1 x 2 x 3 in which every pixel, and the label, is the number of the record."""
    return make_database([datum(np.full((1, 2, 3), index, np.uint8), index) for index in range(5)])
