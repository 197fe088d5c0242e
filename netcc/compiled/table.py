"""What a compiled net shows of itself beside its layers."""

from __future__ import annotations

from collections.abc import Mapping

from netcc.compiled.description import Laid, NetFacts
from netcc.compiled.preprocessing import Preprocessing
from netcc.ir.graph import Graph
from netcc.ir.table import ShapeTable, shape_table
from netcc.types import Shape, count, format_shape


def layer_table(facts: NetFacts, laid: Laid) -> ShapeTable:
    """The layers of the net with their shapes, parameters and sums."""
    own = laid.graph.nodes[: len(facts.layers)]  # those that hold kept blobs come after
    return shape_table(Graph(facts.name, facts.phase, own))


def summary(facts: NetFacts, outputs: Mapping[str, Shape]) -> str:
    """Name, size, what goes in and what comes out, in one line."""
    numbers = sum(count(item.shape) for item in facts.parameters)
    title = f"{facts.name or '(no name)'}, {facts.phase.name}: {len(facts.layers)} layers, {numbers:,} parameters"
    return "; ".join([title, *ends(facts, outputs)])


def ends(facts: NetFacts, outputs: Mapping[str, Shape]) -> list[str]:
    """What goes in and what comes out."""
    return [f"{word}: {_shapes(shapes)}" for word, shapes in (("inputs", facts.inputs), ("outputs", outputs))]


def _shapes(shapes: Mapping[str, Shape]) -> str:
    return ", ".join(f"{name} {format_shape(shape)}" for name, shape in shapes.items()) or "none"


def preprocessing_lines(preprocessing: Preprocessing) -> list[str]:
    """What is done to images, and the first names of classes."""
    mean, lines = preprocessing.mean, []
    if mean is not None:
        whole = mean.shape[1:] != (1, 1)
        text = f"an image of {format_shape(mean.shape)}" if whole else ", ".join(f"{m:g}" for m in mean.reshape(-1))
        lines.append(f"mean: {text}")
    if preprocessing.scale != 1:
        lines.append(f"scale: {preprocessing.scale:g}")
    if preprocessing.labels:
        first = ", ".join(preprocessing.labels[:3])
        more = ", ..." if len(preprocessing.labels) > 3 else ""
        lines.append(f"labels: {len(preprocessing.labels)} ({first}{more})")
    return lines
