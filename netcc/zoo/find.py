"""Where the nets of the zoo lie, and which file `zoo:NAME` means.

`zoo:resnet50` is the net for use (`deploy.prototxt`), `zoo:resnet50/train` and `zoo:resnet50/solver` the others.
"""

from __future__ import annotations

import os
from pathlib import Path

from netcc.errors import UsageError, closest

PREFIX = "zoo:"
MAIN = "deploy.prototxt"
SUFFIX = ".prototxt"


def is_zoo_name(name: str | os.PathLike[str]) -> bool:
    """Whether `name` means a file of the zoo rather than one of the working directory."""
    return os.fspath(name).startswith(PREFIX)


def find(name: str) -> Path:
    """The file that `zoo:NET` or `zoo:NET/FILE` means; the ending of FILE may be left out.

    Raises UsageError if there is no such net or file, with the name that was probably meant.
    """
    wanted = name.removeprefix(PREFIX).strip("/")
    if wanted in net_names():
        return zoo_folder() / wanted / MAIN
    net, _, file = wanted.rpartition("/")
    if net not in net_names():
        raise _no_such_net(wanted)
    found = {path.name.removesuffix(SUFFIX): path for path in net_files(net) if path.name.endswith(SUFFIX)}
    stem = file.removesuffix(SUFFIX)
    if stem not in found:
        near = closest(stem, found)
        suggestion = f"{PREFIX}{net}/{near}" if near else None
        notes = [f"expected one of {', '.join(sorted(found))}"]
        raise UsageError(f"the zoo's {net} has no file {file!r}", notes=notes, suggestion=suggestion)
    return found[stem]


def net_folder(name: str) -> Path:
    """The folder of the net `name` (with or without `zoo:`). Raises UsageError if there is none."""
    net = name.removeprefix(PREFIX).strip("/")
    if net not in net_names():
        raise _no_such_net(net)
    return zoo_folder() / net


def net_files(name: str) -> list[Path]:
    """All files of the net `name` that a user works with: prototxts and the page."""
    folder = net_folder(name)
    return sorted(path for path in folder.iterdir() if path.suffix in (SUFFIX, ".md"))


def net_names() -> list[str]:
    """The names of all nets, those of the gallery of blocks (`blocks/...`) last."""
    root = zoo_folder()
    found = [path.parent.relative_to(root).as_posix() for path in root.glob(f"**/{MAIN}")]
    return sorted(found, key=lambda name: ("/" in name, name))


def zoo_folder() -> Path:
    """The folder of all nets: within the package where netcc is installed, beside it in a checkout.

    Raises UsageError if neither is there.
    """
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "zoo" / "nets", package.parent / "zoo"):
        if folder.is_dir():
            return folder
    raise UsageError("the nets of the zoo are not installed")


def _no_such_net(name: str) -> UsageError:
    near = closest(name, net_names())
    notes = ["`netcc zoo` lists the nets"]
    return UsageError(f"the zoo has no net {name!r}", notes=notes, suggestion=f"{PREFIX}{near}" if near else None)
