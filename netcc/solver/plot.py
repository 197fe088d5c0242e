"""The curves of a run as a picture: losses on the left axis, accuracies and other scores on the right one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from netcc.atomic import atomic_write
from netcc.errors import DataError, OutputError
from netcc.solver.history import read_history

Row: TypeAlias = Mapping[str, Any]
Curve: TypeAlias = list[tuple[int, float]]

TRAIN_COLOR, TEST_COLOR = "#8fa8c8", "#1f4e8c"
SCORE_COLORS = ("#c8641e", "#2e8b57", "#8e44ad", "#b8860b")
LR_COLOR = "#9a9a9a"
FORMATS = ("png", "svg", "pdf")


def draw_curves(metrics: str | Path | Sequence[Row], picture: str | Path, *, lr: bool = False) -> None:
    """Draws the run that `metrics` (a metrics file, a log of Caffe, or rows) tells of; with its rate if `lr`.

    The suffix of `picture` says the format: .png, .svg or .pdf, else PNG.
    Raises DataError if there is nothing to draw, OutputError if matplotlib is missing or the file cannot be written.
    """
    rows = read_history(metrics) if isinstance(metrics, (str, Path)) else metrics
    save_figure(_figure(rows, lr=lr), picture)


def load_figure() -> Any:
    """Matplotlib's class of figures. Raises OutputError if matplotlib is missing."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise OutputError("drawing needs matplotlib", notes=["install it with: pip install 'netcc[plot]'"]) from error
    return Figure


def save_figure(figure: Any, picture: str | Path) -> None:
    """Writes the figure; the file appears whole or not at all. Raises OutputError."""
    kind = Path(picture).suffix.lower().removeprefix(".")
    with atomic_write(picture) as file:
        figure.savefig(file, format=kind if kind in FORMATS else "png", dpi=144)


def losses_in_training(rows: Sequence[Row]) -> Curve:
    """Displayed losses by iteration, the final one included."""
    return _curve((row, row.get("loss")) for row in rows if row["event"] in ("train", "final"))


def losses_in_tests(rows: Sequence[Row]) -> Curve:
    """Losses of the first test net by iteration."""
    return _curve((row, row.get("loss")) for row in _tests(rows))


def scores_in_tests(rows: Sequence[Row]) -> dict[str, Curve]:
    """The single-valued outputs of the first test net that are no losses, by name."""
    names = dict.fromkeys(name for row in _tests(rows) for name in row["outputs"] if name not in row["losses"])
    curves = {name: _curve((row, row["outputs"].get(name)) for row in _tests(rows)) for name in names}
    return {name: curve for name, curve in curves.items() if curve}


def rates_in_training(rows: Sequence[Row]) -> Curve:
    """Displayed learning rates by iteration."""
    return _curve((row, row.get("lr")) for row in rows if row["event"] == "train")


def _tests(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row["event"] == "test" and row["net"] == 0]


def _curve(points: Any) -> Curve:
    """Points whose value is a number; a resumed run overwrites what it repeats."""
    found = {int(row["iteration"]): float(value) for row, value in points if isinstance(value, (int, float))}
    return sorted(found.items())


def _figure(rows: Sequence[Row], *, lr: bool) -> Any:
    figure_class = load_figure()
    losses, scores = (
        {"training loss": losses_in_training(rows), "test loss": losses_in_tests(rows)},
        scores_in_tests(rows),
    )
    if not any(losses.values()) and not scores:
        raise DataError("the run has nothing to draw: no loss was displayed, no test made")
    figure = figure_class(figsize=(8, 4.5), layout="constrained")
    axes = figure.add_subplot()
    axes.set_title(plain(_title(rows)), loc="left", fontsize=11)
    axes.set_xlabel("iteration")
    lines = _draw_losses(axes, losses)
    if scores:
        lines += _draw_scores(axes.twinx(), scores)
    if lr:
        lines += _draw_rate(axes.twinx(), rows, outward=bool(scores))
    figure.legend(handles=lines, loc="outside lower center", ncols=len(lines), frameon=False, fontsize=9)
    return figure


def _title(rows: Sequence[Row]) -> str:
    return next((str(row["net"]) for row in rows if row["event"] == "start"), "")


def _draw_losses(axes: Any, losses: Mapping[str, Curve]) -> list[Any]:
    axes.set_ylabel("loss")
    axes.grid(True, color="#e6e6e6", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines["top"].set_visible(False)
    lines = []
    for (name, curve), color in zip(losses.items(), (TRAIN_COLOR, TEST_COLOR), strict=True):
        if curve:
            lines += axes.plot(*zip(*curve, strict=True), color=color, linewidth=1.6, label=name, marker=marker(curve))
    if lines:
        axes.set_ylim(bottom=0, top=top_of_losses([curve for curve in losses.values() if curve]))
    return lines


def top_of_losses(curves: Sequence[Curve]) -> float:
    """The upper end of the loss axis: a few losses above three times the first one would press all others flat."""
    values = [value for curve in curves for _, value in curve]
    first = max(curve[0][1] for curve in curves)
    return 1.05 * min(max(values), 3 * first) or 1.0


def _draw_scores(axes: Any, scores: Mapping[str, Curve]) -> list[Any]:
    axes.set_ylabel(", ".join(map(plain, scores)))
    axes.spines["top"].set_visible(False)
    lines = []
    for index, (name, curve) in enumerate(scores.items()):
        color = SCORE_COLORS[index % len(SCORE_COLORS)]
        label = f"{plain(name)} (last {curve[-1][1]:.4g})"
        lines += axes.plot(*zip(*curve, strict=True), color=color, linewidth=1.8, label=label, marker=marker(curve))
    if all(0 <= value <= 1 for curve in scores.values() for _, value in curve):
        axes.set_ylim(0, 1.02)
    return lines


def _draw_rate(axes: Any, rows: Sequence[Row], *, outward: bool) -> list[Any]:
    curve = rates_in_training(rows)
    if outward:
        axes.spines["right"].set_position(("outward", 55))
    axes.spines["top"].set_visible(False)
    axes.set_ylabel("learning rate", color=LR_COLOR)
    axes.tick_params(axis="y", colors=LR_COLOR)
    line: list[Any] = axes.plot(
        [point[0] for point in curve],
        [point[1] for point in curve],
        color=LR_COLOR,
        linewidth=1.2,
        linestyle="--",
        label="learning rate",
    )
    axes.set_ylim(bottom=0)
    return line


def plain(name: str) -> str:
    """`name` as a label that matplotlib shows as it is: no mathematics, and not hidden for a leading underscore."""
    return ("\N{ZERO WIDTH SPACE}" if name.startswith("_") else "") + name.replace("$", r"\$")


def marker(curve: Curve) -> str:
    """Points are marked where there are few of them."""
    return "o" if len(curve) <= 2 else ("." if len(curve) <= 40 else "")
