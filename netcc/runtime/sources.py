"""The data sources of one net: opened when first needed, kept open while the net lives."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from netcc.data.prefetch import open_for_net
from netcc.data.source import Source
from netcc.errors import NetccError
from netcc.ir.graph import Node
from netcc.layers.base import SourceLayer
from netcc.types import Phase, Shape


class Sources:
    """Opens sources by layer name. `base` is the folder of the net's file, for relative paths that lead nowhere."""

    def __init__(self, phase: Phase, random: np.random.Generator, base: Path | None) -> None:
        self.phase = phase
        self.random = random
        self.base = base
        self.opened: dict[str, Source] = {}

    def probe(self, node: Node) -> tuple[Shape, ...] | None:
        """The shapes that the source of `node` gives; None if the layer reads no source."""
        if not has_reader(node):
            return None
        with _located(node):
            return self.open(node).shapes(len(node.outputs))

    def open(self, node: Node) -> Source:
        """The source of `node`. Raises DataError with the position of the layer."""
        if node.name not in self.opened:
            with _located(node):
                self.opened[node.name] = open_for_net(node.message, self.phase, self.random, base=self.base)
        return self.opened[node.name]

    def close(self) -> None:
        for source in self.opened.values():
            source.close()
        self.opened.clear()


def has_reader(node: Node) -> bool:
    return isinstance(node.layer, SourceLayer) and node.layer.has_reader


@contextmanager
def _located(node: Node) -> Iterator[None]:
    """Errors of a source say which layer it feeds."""
    try:
        yield
    except NetccError as error:
        raise error.located(node.span(), f"in layer {node.name!r} ({node.type})") from None
