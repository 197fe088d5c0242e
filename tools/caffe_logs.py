"""What Caffe's log says of the nets that it made: their definitions, and the shapes that it gave to their tops."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from netcc.types import Phase, Shape

LINE = re.compile(r"^\s*[IWEF]\d{4} \d\d:\d\d:\d\d\.\d+ +(?P<thread>\d+) (?P<file>[\w.]+):\d+\] ?(?P<message>.*)$")
"""A line as glog writes it. Definitions of nets go on over lines that do not begin so."""
CREATED = re.compile(r"(?:Creating|Created) Layer (?P<name>.+?)(?: \(\d+\))?$")
WIRE = re.compile(r"(?P<layer>.+) (?P<arrow><-|->) (?P<blob>.+?)(?: \(in-place\))?$")
SHAPE = re.compile(r"(?:TRAIN |TEST )?Top shape(?: for layer \d+ '.*')?:? ?(?P<axes>[\d ]*)\(\d+\)$")
SOURCE = re.compile(r"Creating (?:training|test) net .*file: (?P<file>.+)$")
TEST = re.compile(r"^\s*state\s*\{[^}]*phase:\s*TEST", re.M)
LEGACY_AXES = 4
"""Until early 2015 every blob of Caffe had four axes."""


@dataclass
class LoggedLayer:
    """One layer as the log tells of it; `shapes` has one shape for each of `tops` once it is set up."""

    name: str
    bottoms: list[str] = field(default_factory=list)
    tops: list[str] = field(default_factory=list)
    shapes: list[Shape] = field(default_factory=list)


@dataclass
class LoggedNet:
    """One net that Caffe made. `text` is its definition as logged, which glog cuts off after 30,000 bytes; `file` is
    where the solver had it from, if it was a solver that made the net."""

    text: str = ""
    file: str = ""
    layers: list[LoggedLayer] = field(default_factory=list)

    @property
    def phase(self) -> Phase:
        return Phase.TEST if TEST.search(self.text) else Phase.TRAIN

    @property
    def legacy(self) -> bool:
        """Whether the Caffe that wrote the log knew blobs of four axes alone."""
        return all(len(shape) == LEGACY_AXES for layer in self.layers for shape in layer.shapes)

    def own_layers(self) -> list[LoggedLayer]:
        """The layers that have shapes, without those that Caffe puts in where a blob is read more than once."""
        return [layer for layer in self.layers if layer.shapes and not _is_split(layer)]


def _is_split(layer: LoggedLayer) -> bool:
    made = [f"{layer.name}_{index}" for index in range(len(layer.tops))]
    return layer.name.endswith("_split") and len(layer.bottoms) == 1 and layer.tops == made


def logged_nets(path: Path) -> list[LoggedNet]:
    """All nets of which the log at `path` tells; that of a notebook is in what its cells have printed."""
    text = path.read_text(encoding="utf-8", errors="replace")
    readers: dict[str, _Reader] = {}
    nets: list[LoggedNet] = []
    reader = None
    for line in (_printed(text) if path.suffix == ".ipynb" else text).splitlines():
        found = LINE.match(line)
        if found is None:
            if reader is not None:
                reader.goes_on(line)
            continue
        reader = readers.setdefault(found["thread"], _Reader(nets))
        reader.says(found["file"], found["message"].rstrip())
    return [net for net in nets if net.own_layers()]


class _Reader:
    """Follows what one thread writes: several may make nets at the same time."""

    def __init__(self, nets: list[LoggedNet]) -> None:
        self.nets = nets
        self.net: LoggedNet | None = None
        self.in_text = False
        self.layer: LoggedLayer | None = None
        self.file = ""

    def says(self, file: str, message: str) -> None:
        if file == "net.cpp" and not message:  # Intel's Caffe ends the line before the text
            return
        self.in_text = False
        if file == "solver.cpp" and (found := SOURCE.match(message)):
            self.file = found["file"]
        if file != "net.cpp":
            return
        if message.startswith("Initializing net from parameters"):
            self.net, self.layer, self.in_text, self.file = LoggedNet(file=self.file), None, True, ""
            self.nets.append(self.net)
        elif self.net is not None:
            self._of_layer(self.net, message)

    def goes_on(self, line: str) -> None:
        if self.in_text and self.net is not None:
            self.net.text += line + "\n"

    def _of_layer(self, net: LoggedNet, message: str) -> None:
        if found := CREATED.match(message):
            self.layer = LoggedLayer(found["name"])
            net.layers.append(self.layer)
        elif self.layer is None:
            return
        elif found := SHAPE.match(message):
            self.layer.shapes.append(tuple(map(int, found["axes"].split())))
        elif (found := WIRE.match(message)) and found["layer"] == self.layer.name:
            (self.layer.tops if found["arrow"] == "->" else self.layer.bottoms).append(found["blob"])


def _printed(text: str) -> str:
    """All that the cells of a notebook have printed; nothing if it is broken."""
    try:
        notebook = json.loads(text)
    except json.JSONDecodeError:
        return ""
    return "\n".join("".join(part) for part in _streams(notebook))


def _streams(value: object) -> Iterator[list[str]]:
    if isinstance(value, dict):
        for name, part in value.items():
            if name == "text" and isinstance(part, list):
                yield part
            else:
                yield from _streams(part)
    elif isinstance(value, list):
        for part in value:
            yield from _streams(part)
