"""What a compiled net shows of itself."""

from __future__ import annotations

from collections.abc import Mapping

from netcc.compiled.description import NetFacts
from netcc.compiled.preprocessing import Preprocessing
from netcc.types import Shape, count, format_shape

MOST_LAYERS = 60
"""Of longer nets only the first and last layers are shown."""


def table_text(facts: NetFacts, outputs: Mapping[str, Shape], preprocessing: Preprocessing) -> str:
    """A title, inputs and outputs, then a row for each layer: its name, type, bottoms, tops and parameters."""
    values = [top for layer in facts.layers for top in layer.tops]
    rows = [
        (
            layer.name,
            layer.layer.type,
            ", ".join(values[place] for place in layer.bottoms),
            ", ".join(layer.tops),
            ", ".join("x".join(map(str, facts.parameters[place].shape)) for place in layer.parameters),
        )
        for layer in facts.layers
    ]
    if len(rows) > MOST_LAYERS:
        half = MOST_LAYERS // 2
        rows = [*rows[:half], ("...", f"{len(rows) - 2 * half} more", "", "", ""), *rows[-half:]]
    header = ("layer", "type", "bottoms", "tops", "parameters")
    widths = [max(len(row[column]) for row in (header, *rows)) for column in range(len(header))]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in (header, *rows)]
    head = [title(facts), *ends(facts, outputs), *_preprocessing_lines(preprocessing), ""]
    return "\n".join([*head, lines[0], "-" * len(lines[0]), *lines[1:]])


def title(facts: NetFacts) -> str:
    """Name, phase and size."""
    numbers = sum(count(item.shape) for item in facts.parameters)
    return f"{facts.name or '(no name)'}, {facts.phase.name}: {len(facts.layers)} layers, {numbers:,} parameters"


def ends(facts: NetFacts, outputs: Mapping[str, Shape]) -> list[str]:
    """What goes in and what comes out."""
    return [f"{word}: {_shapes(shapes)}" for word, shapes in (("inputs", facts.inputs), ("outputs", outputs))]


def _shapes(shapes: Mapping[str, Shape]) -> str:
    return ", ".join(f"{name} {format_shape(shape)}" for name, shape in shapes.items()) or "none"


def _preprocessing_lines(preprocessing: Preprocessing) -> list[str]:
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
