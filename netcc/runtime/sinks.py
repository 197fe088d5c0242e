"""The files that one net writes: begun at the first batch, put in their place when the net is closed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from netcc.data.hdf5_sink import HDF5Sink
from netcc.ir.graph import Node
from netcc.layers.base import BatchWriter


class Sinks:
    """Sinks by layer name; a relative path is one of the working directory, as in Caffe."""

    def __init__(self) -> None:
        self._opened: dict[str, HDF5Sink] = {}

    def writers(self, nodes: Sequence[Node]) -> dict[Node, BatchWriter]:
        """Where those of `nodes` that write files write to."""
        return {node: self._open(node) for node in nodes if node.layer.has_writer}

    @property
    def in_use(self) -> bool:
        """Whether there is a file that is not closed."""
        return bool(self._opened)

    def close(self) -> None:
        """Puts all files in their place. Raises OutputError where that fails."""
        while self._opened:
            self._opened.popitem()[1].close()

    def _open(self, node: Node) -> HDF5Sink:
        if node.name not in self._opened:
            self._opened[node.name] = HDF5Sink(Path(node.message.hdf5_output_param.file_name))
        return self._opened[node.name]
