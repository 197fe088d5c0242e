"""Files appear whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from netcc.errors import OutputError


@contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """A binary file to write; at the end of the block it takes the place of `path` in one step.

    Until then `path` is as it was, and stays so if the block fails. The content is on the disk before the name is. A
    device or pipe (`/dev/stdout`) is written directly, a link's target is replaced, not the link.

    Raises OutputError if the folder or the disk does not allow it, naming `path` and the reason.
    """
    target = Path(os.path.realpath(path))
    try:
        if _is_special(target):
            with target.open("wb") as file:
                yield file
        else:
            yield from _replace(target)
    except OSError as error:
        if error.filename is not None and Path(error.filename).parent != target.parent:
            raise  # the block's own trouble with another file
        raise OutputError(f"cannot write {os.fspath(path)}: {_reason(error, target)}") from error


def _is_special(target: Path) -> bool:
    """Whether `target` exists and is neither file nor folder: replacing it would destroy it."""
    with suppress(OSError):
        mode = target.stat().st_mode
        return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))
    return False


def _replace(target: Path) -> Iterator[BinaryIO]:
    """Yields a temporary file beside `target`, then renames it."""
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(target))
    temporary = target.with_name(f".netcc-{secrets.token_hex(8)}")
    try:
        with temporary.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def _reason(error: OSError, target: Path) -> str:
    """What is wrong, in the user's terms."""
    folder = target.parent
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return "the disk is full"
        case errno.EISDIR:
            return "it is a folder"
        case errno.ENOENT if not folder.exists():
            return f"the folder {folder} does not exist"
        case errno.ENOTDIR:
            return f"{folder} is not a folder"
        case errno.EACCES | errno.EPERM:
            return f"no permission to write in {folder}"
        case errno.EROFS:
            return f"{folder} is on a read-only disk"
        case _:
            return (error.strerror or str(error)).lower()
