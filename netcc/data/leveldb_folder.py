"""The folder of a LevelDB: what is in it, and a look at it that leaves it as it is.

LevelDB cannot open a database for reading only: it takes a lock, writes the log into tables and deletes what is old.
So it is shown a temporary folder with links to the files. The layout of the log is that of LevelDB's `db/log_format.h`.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from netcc.data.leveldb_manifest import BLOCK, COMPLETE, HEADER, LAST, live_tables
from netcc.errors import DataError

_OWN_FILES = ("LOCK", "LOG", "LOG.old")
"""Files that LevelDB makes anew where it runs."""


def check_folder(path: Path) -> None:
    """Raises DataError unless `path` is a folder with a whole LevelDB that nobody else has open."""
    if not path.exists():
        raise DataError(f"database {path} does not exist")
    if not path.is_dir():
        raise DataError(f"{path} is a file", notes=["expected the folder of a LevelDB, which has a CURRENT in it"])
    if not (path / "CURRENT").is_file():
        if (path / "data.mdb").is_file():
            raise DataError(f"{path} is an LMDB", notes=["expected a LevelDB: write `backend: LMDB`"])
        raise DataError(f"{path} is not a LevelDB: it has no CURRENT")
    if _is_locked(path / "LOCK"):
        raise DataError(
            f"database {path} is in use: another process has it open", notes=["LevelDB allows one process at a time"]
        )
    for log in sorted(path.glob("*.log")):
        _check_log(log)


def linked_copy(path: Path) -> Path:
    """A temporary folder with links to the files of the database in `path`; the caller deletes it.

    Files that are no part of the database are left out: LevelDB would write new ones in their place, through the link.
    """
    tables = live_tables(path)
    copy = Path(tempfile.mkdtemp(prefix="netcc-leveldb-"))
    try:
        for name in os.listdir(path):
            if name not in _OWN_FILES and _is_part(name, path, tables):
                (copy / name).symlink_to((path / name).absolute())
    except OSError as error:
        shutil.rmtree(copy, ignore_errors=True)
        raise DataError(f"cannot open database {path}: {error.strerror or error}") from None
    return copy


def _is_part(name: str, path: Path, tables: set[int] | None) -> bool:
    """Whether the file `name` belongs to a database of `tables`, whose current manifest names them."""
    number, _, ending = name.partition(".")
    if tables is None:
        return True
    if name.startswith("MANIFEST-"):
        return name == (path / "CURRENT").read_text().strip()
    return ending not in ("ldb", "sst") or not number.isdecimal() or int(number) in tables


def _is_locked(lock: Path) -> bool:
    """Whether another process holds the lock of the database."""
    try:
        import fcntl

        with lock.open("rb") as file:
            fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except (ImportError, OSError):  # no such file, or one that cannot be locked: then nobody holds it
        return False
    return False


def _check_log(log: Path) -> None:
    """Raises DataError where the log ends within a record: LevelDB would leave that out without a word."""
    try:
        size = log.stat().st_size
        with log.open("rb") as file:
            place, kind = 0, LAST
            while place < size:
                if BLOCK - place % BLOCK < HEADER.size:  # too little for a piece: filled with zeros
                    place += BLOCK - place % BLOCK
                    continue
                file.seek(place)
                header = file.read(HEADER.size)
                if len(header) < HEADER.size:
                    raise DataError(f"{log} is cut short: it ends within a record")
                _, length, kind = HEADER.unpack(header)
                place += HEADER.size + length
    except OSError as error:
        raise DataError(f"cannot read {log}: {(error.strerror or str(error)).lower()}") from None
    if place > size or kind not in (0, COMPLETE, LAST):
        raise DataError(f"{log} is cut short: it ends within a record")
