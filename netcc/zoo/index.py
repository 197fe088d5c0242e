"""The index of the zoo: the numbers of every net, found beforehand, so that a list of them needs no reading of nets."""

from __future__ import annotations

import json
from dataclasses import dataclass

from netcc.zoo.find import zoo_folder


@dataclass(frozen=True)
class ZooEntry:
    """One net for use, with one example in. `parameters` are those that are learned, `statistics` the running sums of
    BatchNorm; `activation_bytes` is the memory of all blobs, `macs` the multiply-accumulates of a forward pass."""

    name: str
    title: str
    inputs: tuple[tuple[int, ...], ...]
    layers: int
    parameters: int
    statistics: int
    macs: int
    activation_bytes: int


def zoo_entries() -> list[ZooEntry]:
    """All nets, those of the gallery of blocks last. Raises UsageError if the zoo is not installed."""
    items = json.loads((zoo_folder() / "index.json").read_text(encoding="utf-8"))
    return [ZooEntry(**{**item, "inputs": tuple(map(tuple, item["inputs"]))}) for item in items]
