"""A run under lr_policy "plateau": the loss decides, and a snapshot remembers."""

from pathlib import Path

import pytest
from helpers.recorder import Recorder
from helpers.solvers import NET, solver_text

from netcc.runtime.solverstate import read_solverstate
from netcc.solver.solver import Solver

CONSTANT = NET.replace('"gaussian" } data', '"constant" value: 0.5 } data')


def text(base_lr="0", form="BINARYPROTO"):
    """With a rate of 0 the loss stays where it is; else it falls from iteration to iteration."""
    more = f'gamma: 0.5 plateau_winsize: 2 plateau_winsize: 3 snapshot_format: {form} snapshot_prefix: "net"'
    fixed = solver_text(more, f"net_param {{ {CONSTANT} }}")
    return fixed.replace('base_lr: 0.1 lr_policy: "fixed"', f'base_lr: {base_lr} lr_policy: "plateau"')


def steps(solver, iterations):
    found = []
    for _ in range(iterations):
        solver.step(1)
        found.append(solver.current_step)
    return found


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_a_loss_that_stands_still_drops_the_rate():
    with Solver(text()) as solver:
        assert steps(solver, 8) == [0, 0, 1, 1, 1, 2, 2, 2]


def test_a_loss_that_falls_keeps_it():
    recorder = Recorder()
    with Solver(text("0.5"), listeners=[recorder]) as solver:
        assert steps(solver, 8) == [0] * 8
    assert recorder.losses == sorted(recorder.losses, reverse=True)
    assert recorder.rates == [0.5] * 8


@pytest.mark.parametrize("form", ["BINARYPROTO", "HDF5"])
def test_a_snapshot_remembers_when_the_loss_was_lowest(form):
    """Also without what netcc writes beside it, as in the forks that have the policy."""
    with Solver(text(form=form)) as solver:
        solver.step(4)
        _, state = solver.snapshot()
        lowest = solver.progress.minimum_loss
    saved = read_solverstate(state)
    assert (saved.current_step, saved.minimum_loss, saved.iter_last_event) == (1, lowest, 2)
    for path in Path().glob("*.resume.json"):
        path.unlink()
    with Solver(text(form=form)) as solver:
        solver.restore(state)
        assert solver.lr == 0
        assert steps(solver, 3) == [1, 2, 2]
