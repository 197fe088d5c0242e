"""Window files, the lists of images and boxes that WindowData reads (`src/caffe/layers/window_data_layer.cpp`).

For each image: `# index`, its path, channels, height, width, the number of windows, and for each window a line with
label, overlap, x1, y1, x2, y2 in pixels, both ends included.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from netcc.errors import DataError


@dataclass(frozen=True)
class Window:
    """A box in image number `image` of the list."""

    image: int
    label: int
    box: tuple[int, int, int, int]
    """x1, y1, x2, y2, both ends included."""


@dataclass(frozen=True)
class WindowList:
    """The images' paths as listed, and the windows that are objects and that are not."""

    images: list[str]
    foreground: list[Window]
    background: list[Window]


def read_windows(path: Path, foreground: float, background: float) -> WindowList:
    """The windows of the file `path`: objects where the overlap is at least `foreground`, background (label 0) where it
    is below `background`; those between are left out. Raises DataError with the line of what does not fit.
    """
    try:
        text = os.fsdecode(path.read_bytes())
    except OSError as error:
        raise DataError(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from None
    words = _Words(path, text)
    found = WindowList([], [], [])
    while words.more():
        _read_image(words, found, foreground, background)
    if not found.images:
        raise DataError(f"window file {path} is empty")
    return found


def _read_image(words: _Words, found: WindowList, foreground: float, background: float) -> None:
    words.expect("#")
    index = words.whole("the number of the image")
    if index != len(found.images):
        raise words.fault(f"image {index}", f"the images are counted from 0: {len(found.images)}")
    found.images.append(words.word("the path of an image"))
    for what in ("channels", "height", "width"):
        words.whole(what)
    for _ in range(words.whole("the number of windows")):
        label = words.whole("a label")
        overlap = words.number("an overlap")
        x1, y1, x2, y2 = (words.whole(name) for name in ("x1", "y1", "x2", "y2"))
        if x1 > x2 or y1 > y2:
            raise words.fault(f"window {x1} {y1} {x2} {y2}", "x1 <= x2 and y1 <= y2")
        if overlap >= foreground:
            if label < 1:
                raise words.fault(f"label {label} of an object", "a label from 1; 0 is the background")
            found.foreground.append(Window(index, label, (x1, y1, x2, y2)))
        elif overlap < background:
            found.background.append(Window(index, 0, (x1, y1, x2, y2)))


class _Words:
    """The words of a file one after the other, with the line of the last one."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._words = self._split(text)
        self._next = next(self._words, None)
        self._line = 1

    @staticmethod
    def _split(text: str) -> Iterator[tuple[str, int]]:
        for number, line in enumerate(text.split("\n"), 1):
            for word in line.split():
                yield word, number

    def more(self) -> bool:
        return self._next is not None

    def word(self, expected: str) -> str:
        if self._next is None:
            raise DataError(f"window file {self._path} is cut short", notes=[f"expected {expected} at its end"])
        word, self._line = self._next
        self._next = next(self._words, None)
        return word

    def expect(self, word: str) -> None:
        found = self.word(repr(word))
        if found != word:
            raise self.fault(repr(found), repr(word))

    def whole(self, expected: str) -> int:
        return int(self._parsed(expected, int))

    def number(self, expected: str) -> float:
        return self._parsed(expected, float)

    def _parsed(self, expected: str, kind: type[int] | type[float]) -> float:
        word = self.word(expected)
        try:
            return kind(word)
        except ValueError:
            raise self.fault(repr(word), expected) from None

    def fault(self, found: str, expected: str) -> DataError:
        return DataError(f"{self._path}:{self._line}: found {found}", notes=[f"expected {expected}"])
