"""A picture as text for Graphviz."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Literal, TypeAlias

from netcc.draw.picture import Arrow, Box, Part, Picture
from netcc.types import Shape, count

Direction: TypeAlias = Literal["TB", "BT", "LR", "RL"]

COLOURS = {
    "data": "#D5D8DC",
    "window": "#F5B7B1",
    "pool": "#FAD7A0",
    "product": "#D7BDE2",
    "simple": "#D5F5E3",
    "loss": "#F1948A",
    "metric": "#F9E79F",
    "other": "#AED6F1",
}
"""As in Caffe's draw_net.py, but paler: convolutions red, pooling orange, products violet, in place green, others blue.
"""
LINE = "#566573"
TIMES = "\N{MULTIPLICATION SIGN}"
FONT = "Helvetica"
WIDE = 44
"""Characters of settings in a line."""


def as_dot(picture: Picture, rankdir: Direction = "TB") -> str:
    """The text of `picture`, laid out from top to bottom ("TB"), left to right ("LR"), or the other way around."""
    lines = [f"digraph {_quoted(picture.name or 'net')} {{"]
    lines += [f"  {line}" for line in _defaults(picture.name, rankdir)]
    lines += [f"  n{number} [label=<{_label(box)}>]" for number, box in enumerate(picture.boxes)]
    lines += [f"  {line}" for index, arrow in enumerate(picture.arrows) for line in _arrow(index, arrow)]
    return "\n".join([*lines, "}", ""])


def _defaults(name: str, rankdir: Direction) -> Iterator[str]:
    title = f' label={_quoted(name)} labelloc=t fontsize=20 fontname="{FONT}"' if name else ""
    yield f"graph [rankdir={rankdir} nodesep=0.35 ranksep=0.3 bgcolor=white{title}]"
    yield f'node [shape=plain fontname="{FONT}" fontsize=11]'
    yield f'edge [fontname="{FONT}" fontsize=9 color="{LINE}" fontcolor="{LINE}" arrowsize=0.6]'


def _label(box: Box) -> str:
    """A table: a row for each layer, in its colour."""
    cells = ((COLOURS[part.kind], _cell(part)) for part in box.parts)
    rows = "".join(f'<TR><TD BGCOLOR="{colour}">{cell}</TD></TR>' for colour, cell in cells)
    return f'<TABLE BORDER="1" CELLBORDER="0" CELLSPACING="0" CELLPADDING="4" COLOR="{LINE}">{rows}</TABLE>'


def _cell(part: Part) -> str:
    head = f"<B>{escape(part.name)}</B>  {escape(part.type)}"
    small = (f'<FONT POINT-SIZE="9">{escape(line)}</FONT>' for line in [*_wrapped(part.settings), *_sizes(part)])
    return "<BR/>".join([head, *small])


def _wrapped(settings: tuple[str, ...]) -> list[str]:
    lines: list[str] = []
    for setting in settings:
        if lines and len(lines[-1]) + len(setting) + 2 <= WIDE:
            lines[-1] += f", {setting}"
        else:
            lines.append(setting)
    return lines


def _sizes(part: Part) -> list[str]:
    if not part.parameters:
        return []
    total = sum(map(count, part.parameters))
    return [f"{total:,} parameters: {' + '.join(map(_compact, part.parameters))}"]


def _arrow(index: int, arrow: Arrow) -> Iterator[str]:
    shape = _compact(arrow.shape) if arrow.shape is not None else ""
    target = f"n{arrow.end}"
    if arrow.end is None:
        target = f"end{index}"
        yield f'{target} [shape=none label={_quoted(arrow.blob)} fontsize=10 fontcolor="{LINE}"]'
    label, tooltip = _quoted(f" {shape}" if shape else ""), _quoted(f"{arrow.blob} {shape}".strip())
    yield f"n{arrow.start} -> {target} [label={label} tooltip={tooltip}]"


def _compact(shape: Shape) -> str:
    return TIMES.join(map(str, shape)) if shape else "scalar"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
