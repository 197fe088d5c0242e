"""New databases appear whole or not at all."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from netcc.errors import OutputError

_DATABASE_FILE = re.compile(r"(data|lock)\.mdb|CURRENT|LOCK|LOG(\.old)?|MANIFEST-\d+|\d+\.(log|ldb|sst)")
"""The files of an LMDB or a LevelDB."""


@contextmanager
def staged_databases(out: Path, names: Sequence[str], force: bool) -> Iterator[Path]:
    """Gives a temporary folder in which to make the databases `names`; at the end they move into `out`.

    After an error in making them, or Ctrl-C, `out` is as it was. A database that exists already is replaced with
    `force` only; a folder with other files in it never is. Raises OutputError.
    """
    check_free(out, names, force)
    try:
        out.mkdir(parents=True, exist_ok=True)
        # Inside `out`, so that moving is a rename within one file system.
        stage = Path(tempfile.mkdtemp(prefix=".netcc-", dir=out))
    except OSError as error:
        raise OutputError(f"cannot write to {out}: {error.strerror or error}") from None
    try:
        try:
            yield stage
        except OutputError as error:
            raise error.located(None, f"{out} is as it was before") from None
        for name in names:
            _move(stage / name, out / name, stage / f"{name}.old")
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def check_free(out: Path, names: Sequence[str], force: bool) -> None:
    """Raises OutputError if one of the databases `names` exists in `out` and may not be replaced."""
    for name in names:
        _check_target(out / name, force)


def check_free_file(out: Path, force: bool) -> None:
    """Raises OutputError if the file `out` exists and may not be replaced."""
    if out.is_file() and not force:
        raise OutputError(f"{out} exists already", notes=["--force replaces it"])


def _check_target(target: Path, force: bool) -> None:
    if not os.path.lexists(target):
        return
    if not force:
        raise OutputError(f"{target} exists already", notes=["--force replaces it"])
    if not target.is_dir() or target.is_symlink() or not all(map(_DATABASE_FILE.fullmatch, os.listdir(target))):
        raise OutputError(f"{target} is not a database, so it is not replaced", notes=["move it away first"])


def _move(made: Path, target: Path, old: Path) -> None:
    """Puts `made` in the place of `target`, which goes back there if that fails."""
    try:
        if target.exists():
            target.rename(old)
        made.rename(target)
    except OSError as error:
        if old.exists() and not target.exists():
            old.rename(target)
        raise OutputError(f"cannot write {target}: {error.strerror or error}") from None
