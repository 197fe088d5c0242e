"""The data sources of one net: opened when first needed, kept open while the net lives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from netcc.data.bad_records import BadRecords, bad_records_in_use, using
from netcc.data.iterable import IterableSource
from netcc.data.prefetch import open_for_net
from netcc.data.source import Source
from netcc.errors import NetccError, UsageError, closest
from netcc.ir.graph import Node
from netcc.layers.base import SourceLayer
from netcc.schema.select import Definition
from netcc.types import Phase, Shape


class Sources:
    """Opens sources by layer name. `base` is the folder of the net's file, for relative paths that lead nowhere.

    `given` are iterables in place of the sources of layers (see `netcc.data.iterable`); bad records are reported to
    `bad`, or to those in use.
    """

    def __init__(
        self,
        phase: Phase,
        random: np.random.Generator,
        base: Path | None,
        given: Mapping[str, Iterable[Any]] | None = None,
        bad: BadRecords | None = None,
    ) -> None:
        self.given = dict(given or {})
        self.bad = bad or bad_records_in_use()
        self.phase = phase
        self.random = random
        self.base = base
        self.opened: dict[str, Source] = {}

    def probe(self, node: Node) -> tuple[Shape, ...] | None:
        """The shapes that the source of `node` gives; None if the layer reads no source."""
        if not self.feeds(node):
            return None
        with _located(node):
            return self.open(node).shapes(len(node.outputs))

    def open(self, node: Node) -> Source:
        """The source of `node`. Raises DataError with the position of the layer."""
        if node.name not in self.opened:
            with _located(node), using(self.bad):
                self.opened[node.name] = self._open(node)
        return self.opened[node.name]

    def feeds(self, node: Node) -> bool:
        """Whether the layer of `node` takes its batches from here."""
        return node.name in self.given or has_reader(node)

    def check_given(self, net: Definition) -> None:
        """Raises UsageError where an iterable is given for what is no data layer of `net`."""
        layers = [layer.message.name for layer in net.layers if not layer.message.bottom]
        for name in self.given:
            if name not in layers:
                raise UsageError(
                    f"data are given for {name!r}, which is no data or input layer of the net",
                    notes=[f"these are: {', '.join(layers) or 'none'}"],
                    suggestion=closest(name, layers),
                )

    def _open(self, node: Node) -> Source:
        if node.name in self.given:
            return IterableSource(self.given[node.name], node.message, self.phase, self.random, self.base)
        return open_for_net(node.message, self.phase, self.random, base=self.base)

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
