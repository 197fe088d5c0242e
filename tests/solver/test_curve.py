"""The losses that a solver remembers for notebooks."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from helpers.nets import inner_product, input_layer, layer

import netcc
from netcc.solver.curve import MOST, LossCurve
from netcc.solver.events import Iterated

NET = (
    input_layer("x", 4, 3)
    + inner_product("ip", "x", "y", 2)
    + layer("loss", "Reduction", "y", "loss", "loss_weight: 1")
)


def curve_of(losses: list[float]) -> LossCurve:
    curve = LossCurve()
    for iteration, loss in enumerate(losses):
        curve.on_iteration(Iterated(iteration, loss, 0.1, 0.0))
    return curve


def test_every_loss_of_a_short_run() -> None:
    assert curve_of([3.0, 2.0, 1.0]).points == [(0, 3.0), (1, 2.0), (2, 1.0)]


@pytest.mark.parametrize("length", [MOST + 1, 5 * MOST, 5 * MOST + 17])
def test_a_long_run_is_thinned_out_evenly_and_keeps_its_means(length: int) -> None:
    curve = curve_of([float(iteration) for iteration in range(length)])
    assert MOST / 2 <= len(curve.points) < MOST
    ends = [iteration for iteration, _ in curve.points]
    (step,) = {later - earlier for earlier, later in pairwise(ends)}
    assert all(loss == end - (step - 1) / 2 for end, loss in curve.points)


def test_the_picture() -> None:
    assert curve_of([1.0]).as_svg() == ""
    svg = curve_of([4.0, 2.0, 3.0]).as_svg()
    assert re.search(r'points="0\.0,0\.0 240\.0,160\.0 480\.0,80\.0"', svg)
    assert "loss of iterations 0 to 2: 4 at first, 3 now, 2 at best" in svg
    assert curve_of([2.0, 2.0]).as_svg()  # a flat line divides by nothing


def test_a_solver_shows_what_matters() -> None:
    with netcc.Solver("base_lr: 0.1 lr_policy: 'fixed' max_iter: 9", 'name: "n<"\n' + NET, seed=1) as solver:
        assert repr(solver) == "Solver(SGD, iteration 0 of 9, net 'n<' of 8 parameters, 0 test nets)"
        assert solver._repr_html_() == (
            "<p>Solver(SGD, iteration 0 of 9, net &#x27;n&lt;&#x27; of 8 parameters, 0 test nets)</p>"
        )
        solver.net.blobs["x"].data[...] = 1
        solver.step(3)
        shown = repr(solver)
        assert re.fullmatch(
            r"Solver\(SGD, iteration 3 of 9, loss -?[\d.]+, net 'n<' of 8 parameters, 0 test nets\)", shown
        )
        assert "<svg" in solver._repr_html_()
