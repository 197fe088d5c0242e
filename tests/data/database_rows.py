"""Keys and values of a database, read without netcc."""

from __future__ import annotations

from pathlib import Path

import lmdb
import plyvel


def lmdb_rows(path: Path) -> list[tuple[bytes, bytes]]:
    with lmdb.open(str(path), readonly=True, lock=False) as environment, environment.begin() as transaction:
        return list(transaction.cursor())


def leveldb_rows(path: Path) -> list[tuple[bytes, bytes]]:
    """May rewrite the folder, as LevelDB does when it opens one."""
    database = plyvel.DB(str(path))
    rows = list(database)
    database.close()
    return rows
