"""Several runs in one picture: losses, scores and rates in panels of their own, one colour for each run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from netcc.errors import DataError
from netcc.solver.plot import (
    Curve,
    Row,
    load_figure,
    losses_in_tests,
    losses_in_training,
    marker,
    plain,
    rates_in_training,
    save_figure,
    scores_in_tests,
    top_of_losses,
)

COLORS = ("#1f4e8c", "#c8641e", "#2e8b57", "#8e44ad", "#b03a48", "#6b7a1f", "#2a8c9e", "#7a5230")
STYLES = ("-", "--", ":", "-.")
FAINT = 0.4


def draw_comparison(runs: Mapping[str, Sequence[Row]], picture: str | Path, *, lr: bool = False) -> None:
    """Draws the runs, given by the names that the legend shows; the suffix of `picture` says the format.

    Raises DataError if there is nothing to draw, OutputError if matplotlib is missing or the file cannot be written.
    """
    figure_class = load_figure()
    scores = {name: scores_in_tests(rows) for name, rows in runs.items()}
    names = list(dict.fromkeys(score for found in scores.values() for score in found))
    trained = {name: losses_in_training(rows) for name, rows in runs.items()}
    tested = {name: losses_in_tests(rows) for name, rows in runs.items()}
    rates = {name: rates_in_training(rows) for name, rows in runs.items()} if lr else {}
    if not any([*trained.values(), *tested.values(), names]):
        raise DataError("the runs have nothing to draw: no loss was displayed, no test made")
    panels = 1 + bool(names) + any(rates.values())
    figure = figure_class(figsize=(8, 1.2 + 2.9 * panels), layout="constrained")
    axes = list(figure.subplots(panels, 1, sharex=True, squeeze=False)[:, 0])
    _draw_losses(axes[0], trained, tested)
    if names:
        _draw_scores(axes[1], scores, names)
    if any(rates.values()):
        _draw_rates(axes[-1], rates)
    axes[-1].set_xlabel("iteration")
    figure.align_ylabels(axes)
    handles = [
        axes[0].plot([], [], color=_color(index), linewidth=2, label=plain(name))[0] for index, name in enumerate(runs)
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=min(4, len(handles)), frameon=False, fontsize=9)
    save_figure(figure, picture)


def _draw_losses(axes: Any, trained: Mapping[str, Curve], tested: Mapping[str, Curve]) -> None:
    both = any(trained.values()) and any(tested.values())
    _dress(axes, "loss (faint: training, strong: test)" if both else "loss")
    for index, name in enumerate(trained):
        _line(axes, trained[name], index, alpha=FAINT if both else 1.0)
        _line(axes, tested[name], index)
    curves = [curve for curve in (*trained.values(), *tested.values()) if curve]
    if curves:
        axes.set_ylim(bottom=0, top=top_of_losses(curves))


def _draw_scores(axes: Any, scores: Mapping[str, Mapping[str, Curve]], names: Sequence[str]) -> None:
    _dress(axes, names[0] if len(names) == 1 else "test scores")
    for index, found in enumerate(scores.values()):
        for name, curve in found.items():
            _line(axes, curve, index, style=STYLES[names.index(name) % len(STYLES)])
    if len(names) > 1:
        keys = [
            axes.plot([], [], color="#444444", linestyle=STYLES[index % len(STYLES)], label=plain(name))[0]
            for index, name in enumerate(names)
        ]
        axes.legend(handles=keys, frameon=False, fontsize=8)
    if all(0 <= value <= 1 for found in scores.values() for curve in found.values() for _, value in curve):
        axes.set_ylim(0, 1.02)


def _draw_rates(axes: Any, rates: Mapping[str, Curve]) -> None:
    _dress(axes, "learning rate")
    for index, curve in enumerate(rates.values()):
        _line(axes, curve, index, marked=False)
    axes.set_ylim(bottom=0)


def _dress(axes: Any, label: str) -> None:
    axes.set_ylabel(label)
    axes.grid(True, color="#e6e6e6", linewidth=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _line(axes: Any, curve: Curve, index: int, *, style: str = "-", alpha: float = 1.0, marked: bool = True) -> None:
    if curve:
        axes.plot(
            *zip(*curve, strict=True),
            color=_color(index),
            alpha=alpha,
            linewidth=1.6,
            linestyle=style,
            marker=marker(curve) if marked else "",
        )


def _color(index: int) -> str:
    return COLORS[index % len(COLORS)]
