"""Opens LMDBs for reading, each once in a process however many readers it has: liblmdb allows no more."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netcc.data.lmdb_header import check_length
from netcc.errors import DataError


@dataclass
class _Shared:
    environment: Any
    users: int = 0


_FileId = tuple[int, int]
_open: dict[_FileId, _Shared] = {}
_lock = threading.Lock()


class Environment:
    """One reader's hold on the database in folder `path`; `handle` is the `lmdb.Environment`.

    Raises DataError where the folder is missing, is no LMDB or is damaged, and without the package lmdb.
    """

    def __init__(self, path: Path) -> None:
        _check_folder(path)
        lmdb = _import_lmdb()
        status = os.stat(path / "data.mdb")
        self._file: _FileId | None = (status.st_dev, status.st_ino)
        with _lock:
            if self._file not in _open:
                try:
                    _open[self._file] = _Shared(lmdb.open(str(path), readonly=True, lock=False))
                except lmdb.Error as error:
                    raise DataError(f"cannot open database {error}") from None  # its text begins with the path
            shared = _open[self._file]
            shared.users += 1
        self.handle = shared.environment

    def close(self) -> None:
        """Gives up the hold; the last one closes the database. A second call does nothing."""
        with _lock:
            if self._file is None:
                return
            shared = _open[self._file]
            shared.users -= 1
            if not shared.users:
                del _open[self._file]
                shared.environment.close()
            self._file = None


def _check_folder(path: Path) -> None:
    """Raises DataError unless `path` is a folder with an LMDB as long as its header says."""
    if not path.exists():
        raise DataError(f"database {path} does not exist")
    if not path.is_dir():
        raise DataError(f"{path} is a file", notes=["expected the folder of an LMDB, which has a data.mdb in it"])
    if not (path / "data.mdb").is_file():
        if (path / "CURRENT").is_file():
            raise DataError(f"{path} is a LevelDB database", notes=["expected an LMDB"])
        raise DataError(f"{path} is not an LMDB: it has no data.mdb")
    check_length(path / "data.mdb")


def _import_lmdb() -> Any:
    try:
        import lmdb
    except ImportError:
        raise DataError("reading an LMDB needs the package lmdb", notes=['pip install "netcc[data]"']) from None
    return lmdb
