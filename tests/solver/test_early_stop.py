"""A run ends when its tests have not improved for a while."""

from __future__ import annotations

import math

import pytest
from helpers.solvers import NET, solver_text

from netcc.errors import UsageError
from netcc.solver.early_stop import EarlyStop
from netcc.solver.events import NetTested, Score, Started
from netcc.solver.solver import Solver


@pytest.fixture(scope="module")
def test_nets():
    with Solver(solver_text("test_iter: 1 test_interval: 1")) as solver:
        yield solver.test_nets


def stopped_after(early, values, *, net=0):
    """How many tests are made of those that would give `values`."""
    stops = []
    early._stop = lambda: stops.append(None)
    early.on_start(Started(0, 10 * len(values), "net", "fixed", 1, 4))
    for number, value in enumerate(values, 1):
        scores = (Score("acc", value), Score("loss", value, 1.0))
        early.on_test(NetTested(10 * (number - 1), net, scores, None, 0.1))
        if stops:
            return number
    return None


@pytest.mark.parametrize(
    ("patience", "watch", "values", "expected"),
    [
        (1, "acc", [0.1, 0.2, 0.2], 3),
        (2, "acc", [0.1, 0.2, 0.2, 0.3, 0.3, 0.1], 6),
        (2, "acc", [0.5, 0.4, 0.4], 3),
        (2, "loss", [0.5, 0.4, 0.4, 0.3], None),
        (2, "loss", [0.5, 0.6, 0.7], 3),
        (1, "acc:min", [0.5, 0.4, 0.3, 0.6], 4),
        (1, "loss:max", [0.5, 0.6, 0.5], 3),
        (2, "acc", [math.nan, math.nan, 0.1], 2),
        (2, "acc", [0.5, math.nan, math.inf], 3),
        (2, "loss", [0.5, -math.inf, math.nan], 3),
    ],
)
def test_it_stops_after_so_many_tests_without_improvement(test_nets, patience, watch, values, expected):
    assert stopped_after(EarlyStop(test_nets, patience, watch, lambda: None), values) == expected


def test_the_first_output_that_is_no_loss_is_watched(test_nets):
    early = EarlyStop(test_nets, 1, None, lambda: None)
    assert (early.watch, early.falls) == ("acc", False)


def test_a_net_with_losses_alone_watches_the_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    net = NET[: NET.index('layer { name: "acc"')]
    with Solver(solver_text("test_iter: 1 test_interval: 1", f"net_param {{ {net} }}")) as solver:
        early = EarlyStop(solver.test_nets, 1, None, lambda: None)
    assert (early.watch, early.falls) == ("loss", True)


def test_other_test_nets_do_not_count(test_nets):
    assert stopped_after(EarlyStop(test_nets, 1, "acc", lambda: None), [0.5, 0.4, 0.3], net=1) is None


def test_the_last_test_of_a_run_stops_nothing(test_nets):
    early = EarlyStop(test_nets, 1, "acc", lambda: pytest.fail("stopped"))
    early.on_start(Started(0, 10, "net", "fixed", 1, 4))
    for iteration in (0, 10):
        early.on_test(NetTested(iteration, 0, (Score("acc", 0.5),), None, 0.1))
    assert not early.reached


def test_a_run_is_stopped(tmp_path, monkeypatch):
    """The test net has constant labels and weights that do not move: its accuracy never improves."""
    monkeypatch.chdir(tmp_path)
    constant = NET.replace('data_filler { type: "gaussian" }', 'data_filler { type: "constant" value: 1 }')
    text = solver_text("test_iter: 1 test_interval: 2", f"net_param {{ {constant} }}").replace("0.1", "0")
    with Solver(text, max_iter=100) as solver:
        early = EarlyStop(solver.test_nets, 3, "loss", solver.request_stop)
        solver.listeners.append(early)
        solver.solve()
        assert solver.iter == 6
    assert early.reached
    assert early.describe() == f"loss has not improved in 3 tests (best {early.best:.6g} at iteration 0)"


def test_what_it_remembers_comes_back(test_nets):
    early, other = (EarlyStop(test_nets, 3, "acc", lambda: None) for _ in range(2))
    stopped_after(early, [0.1, 0.5, 0.4])
    other.restore(early.state())
    assert other.state() == early.state() == {"watch": "acc", "best": 0.5, "best_iteration": 10, "waited": 1}
    assert stopped_after(other, [0.4, 0.4, 0.4]) == 2


def test_another_output_begins_anew(test_nets):
    early = EarlyStop(test_nets, 3, "acc", lambda: None)
    with pytest.raises(ValueError, match="loss was watched"):
        early.restore({**early.state(), "watch": "loss"})


@pytest.mark.parametrize(
    ("patience", "watch", "message"),
    [
        (0, "acc", "error: patience is 0; expected a number of tests, at least 1"),
        (
            1,
            "ac",
            "error: 'ac' is not an output of the test net\n  outputs: acc, loss\n  did you mean 'acc'?",
        ),
        (1, "ip", "error: 'ip' is not an output of the test net\n  outputs: acc, loss"),
    ],
)
def test_what_cannot_be_watched(test_nets, patience, watch, message):
    with pytest.raises(UsageError) as error:
        EarlyStop(test_nets, patience, watch, lambda: None)
    assert str(error.value) == message


def test_no_tests():
    with pytest.raises(UsageError) as error:
        EarlyStop([], 1, None, lambda: None)
    assert str(error.value) == "error: there is nothing to be patient with: the solver makes no tests"


def test_an_output_of_several_numbers(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    net = NET + 'layer { name: "s" type: "Softmax" bottom: "ip" top: "probability" include { phase: TEST } }'
    with Solver(solver_text("test_iter: 1 test_interval: 1", f"net_param {{ {net} }}")) as solver:
        with pytest.raises(UsageError) as error:
            EarlyStop(solver.test_nets, 1, "probability", lambda: None)
        assert EarlyStop(solver.test_nets, 1, None, lambda: None).watch == "acc"
    assert str(error.value) == (
        "error: 'probability' has several numbers; watch one that has one\n  outputs: acc, loss"
    )
