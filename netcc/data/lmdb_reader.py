"""Reads the records of an LMDB in the order of their keys, over and over (`src/caffe/util/db_lmdb.cpp`)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from netcc.data.lmdb_header import check_length
from netcc.data.lmdb_page import PageError
from netcc.data.lmdb_tree import ChangedError, LmdbTree, Record
from netcc.errors import DataError


class LmdbReader:
    """A cursor over the records of the database in folder `path`; after the last record comes the first again.

    Every method raises DataError where the folder is missing, is no LMDB, is damaged, holds no records, or was changed
    by another process so that what was there is no more.
    """

    def __init__(self, path: Path) -> None:
        _check_folder(path)
        self.path = path
        self.position = 0
        with self._trouble_reported():
            self._tree = LmdbTree(path / "data.mdb")
        try:
            with self._trouble_reported():
                self._tree.first()
            if not len(self):
                raise DataError(f"database {self.path} holds no records")
        except BaseException:
            self.close()
            raise

    def __len__(self) -> int:
        return self._tree.count

    def peek(self) -> Record:
        """The next record, which stays the next one."""
        with self._trouble_reported():
            record = self._tree.record()
            self._tree.check_intact()
        return record

    def take(self, number: int) -> list[Record]:
        """The next `number` records."""
        tree, count, records = self._tree, len(self), []
        with self._trouble_reported():
            for _ in range(number):
                records.append(tree.record())
                self.position += 1
                if self.position < count:
                    tree.next()
                else:
                    tree.first()
                    self.position = 0
            self._tree.check_intact()
        return records

    def seek(self, position: int) -> None:
        """Makes record `position` (from 0) the next one. Raises DataError if there are not so many."""
        if not 0 <= position < len(self):
            raise DataError(f"database {self.path} has no record {position}", notes=[f"it holds {len(self)} records"])
        with self._trouble_reported():
            self._tree.first()
            self._tree.skip(position)
        self.position = position

    def close(self) -> None:
        """Gives the database back; a second call does nothing."""
        self._tree.close()

    @contextmanager
    def _trouble_reported(self) -> Iterator[None]:
        """Says which database it is that cannot be read, and why."""
        try:
            yield
        except ChangedError:
            raise DataError(
                f"database {self.path} was changed by another process while it was read",
                notes=["wait until it is written, or read a copy of it"],
            ) from None
        except PageError as error:
            raise DataError(f"database {self.path} is damaged: {error}") from None
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            raise DataError(f"cannot read database {self.path}: {reason.lower()}") from None


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
