"""Lists of files with labels, one a line, as ImageData reads them (`src/caffe/layers/image_data_layer.cpp`)."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from netcc.data.decode import EXTENSIONS
from netcc.errors import DataError, Diagnostic, Source, Span, closest
from netcc.types import Array

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_MOST_FAULTS = 20
_MOST_BYTES = 1 << 31


@dataclass(frozen=True, eq=False)
class Listing:
    """`names` as they stand in the list, and `labels`: (count), or (count, labels) where each has several.

    `place(i)` says where entry i stands, as `list.txt:3`.
    """

    path: Path
    names: list[str]
    labels: Array
    lines: Array | None = None
    """The line of each entry, from 1; None where the list is a folder."""

    def __len__(self) -> int:
        return len(self.names)

    def place(self, index: int) -> str:
        return str(self.path) if self.lines is None else f"{self.path}:{self.lines[index]}"


def read_listing(path: Path, labels: int = 1) -> Listing:
    """The entries of a list, or the images of a folder that has a folder for each class.

    In a list the last `labels` words of a line are numbers, all before them is the name. In a folder the classes count
    from 0 in the order of their names; so do the images of each, at any depth. Raises DataError with every line that is
    wrong.
    """
    if path.is_dir():
        return _read_folder(path, labels)
    source = _read_source(path)
    names: list[str] = []
    numbers: list[list[float]] = []
    lines: list[int] = []
    faults: list[Diagnostic] = []
    start = 0
    for number, line in enumerate(source.text.split("\n"), 1):
        entry = line.rstrip()
        if entry and len(faults) < _MOST_FAULTS:
            words = entry.rsplit(None, labels)
            values = _numbers(words[1:])
            if values is None or len(words) <= labels:
                faults.append(_fault(Span(source, start, start + len(entry)), labels))
            else:
                names.append(words[0])
                numbers.append(values)
                lines.append(number)
        start += len(line) + 1
    if faults:
        raise DataError(faults)
    if not names:
        raise DataError(f"{path} lists nothing", notes=["expected lines with a file and its label"])
    columns = np.array(numbers)
    return Listing(path, names, columns[:, 0] if labels == 1 else columns, np.array(lines))


def read_paths(path: Path) -> list[str]:
    """The words of a file that lists paths (`src/caffe/layers/hdf5_data_layer.cpp`). Raises DataError."""
    words = _read_source(path).text.split()
    if not words:
        raise DataError(f"{path} lists nothing", notes=["expected the path of a file in each line"])
    return words


def _read_source(path: Path) -> Source:
    """The text of a list; a name that is not UTF-8 stays the name of its file."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise DataError(f"{path} is over 2 GB, which is more than a list may have")
        content = path.read_bytes()
    except FileNotFoundError:
        near = closest(path.name, os.listdir(path.parent)) if path.parent.is_dir() else None
        raise DataError(f"cannot read {path}: there is no such file", suggestion=near) from None
    except OSError as error:
        raise DataError(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from None
    if b"\0" in content:
        raise DataError(f"{path} is not a list of files but a binary file")
    return Source(str(path), os.fsdecode(content))


def _numbers(words: list[str]) -> list[float] | None:
    return [float(word) for word in words] if all(map(_NUMBER.fullmatch, words)) else None


def _fault(span: Span, labels: int) -> Diagnostic:
    if labels == 1:
        return Diagnostic("this is not a file and its label", span, ("expected a path, a space and a number",))
    return Diagnostic(
        f"this is not a file and its {labels} labels", span, (f"expected a path and {labels} numbers after it",)
    )


def _read_folder(path: Path, labels: int) -> Listing:
    if labels != 1:
        raise DataError(f"{path} is a folder: its images have one label each, not {labels}")
    classes = sorted(entry.name for entry in path.iterdir() if entry.is_dir() and not entry.name.startswith("."))
    names, numbers = [], []
    for label, name in enumerate(classes):
        files = sorted(file for file in (path / name).rglob("*") if file.suffix.lower() in EXTENSIONS)
        names += [str(file.relative_to(path)) for file in files]
        numbers += [float(label)] * len(files)
    if not names:
        raise DataError(
            f"{path} has no images in folders",
            notes=["expected a folder for each class with image files in it, or a text file with lines `file label`"],
        )
    return Listing(path, names, np.array(numbers))
