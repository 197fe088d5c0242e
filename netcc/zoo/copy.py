"""Copies of the zoo's nets, to work on."""

from __future__ import annotations

from pathlib import Path

from netcc.atomic import atomic_write
from netcc.errors import OutputError, UsageError
from netcc.zoo.find import net_files


def copy_net(name: str, folder: Path, *, force: bool = False) -> list[Path]:
    """Copies the prototxts and the page of the net `name` to `folder`, which is made; gives the new files.

    Raises UsageError if there is no such net, or if a file exists and `force` is not set (nothing is copied then);
    OutputError if `folder` cannot be made or written.
    """
    sources = net_files(name)
    there = [str(folder / source.name) for source in sources if (folder / source.name).exists()]
    if there and not force:
        raise UsageError(f"{there[0]} exists", notes=["--force replaces files that exist"])
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make {folder}: {(error.strerror or str(error)).lower()}") from None
    made = []
    for source in sources:
        target = folder / source.name
        with atomic_write(target) as file:
            file.write(source.read_bytes())
        made.append(target)
    return made
