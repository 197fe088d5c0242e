"""Caffe's published LeNet goes on learning here where it stood.

Its weights lie in ../shared/models where somebody has put them. There is no solver state with them, so the test writes
the one that a run of 10,000 iterations would have left.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from helpers.recorder import Recorder

import netcc
from netcc.data.mnist import bundled_digits, write_mnist
from netcc.runtime.solverstate import SolverState, write_solverstate

WEIGHTS = Path(__file__).resolve().parents[3] / "shared" / "models" / "lenet_eth.caffemodel"
LENET = Path(__file__).resolve().parents[2] / "zoo" / "lenet" / "train.prototxt"

# That of examples/mnist/lenet_solver.prototxt of Caffe, with tests on the 1,000 digits that come with netcc.
SOLVER = """
test_iter: 10 test_interval: 100 base_lr: 0.01 momentum: 0.9 weight_decay: 0.0005
lr_policy: "inv" gamma: 0.0001 power: 0.75 max_iter: 10000 display: 100 random_seed: 1
"""

pytestmark = pytest.mark.skipif(not WEIGHTS.is_file(), reason=f"no published model at {WEIGHTS}")


@pytest.fixture(autouse=True)
def among_digits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_mnist(tmp_path, bundled_digits())
    monkeypatch.chdir(tmp_path)


def accuracies(recorder: Recorder) -> list[float]:
    return [dict(item[:2] for item in event["outputs"])["accuracy"] for event in recorder.events if "net" in event]


def test_its_weights_are_good_at_once() -> None:
    recorder = Recorder()
    with netcc.Solver(SOLVER, net=LENET, weights=WEIGHTS, listeners=[recorder]) as solver:
        assert [(report.loaded, report.filled) for report in solver.weights_reports] == [
            (["conv1", "conv2", "ip1", "ip2"], [])
        ]
        solver.step(10)
    assert accuracies(recorder)[0] >= 0.98
    assert max(recorder.losses) < 0.2
    assert np.mean(recorder.losses) < 0.05


@pytest.mark.parametrize("end", ["", ".h5"])
def test_a_run_that_stood_there_goes_on(end: str) -> None:
    history = [np.zeros_like(array) for array in netcc.Net(LENET, netcc.TRAIN).parameter_arrays().values()]
    state = Path(f"lenet_iter_10000.solverstate{end}")
    write_solverstate(state, SolverState(10_000, str(WEIGHTS), history))
    recorder = Recorder()
    with netcc.Solver(SOLVER, net=LENET, max_iter=10_020, listeners=[recorder]) as solver:
        solver.solve(resume=state)
        assert solver.iter == 10_020
    assert recorder.rates[0] == pytest.approx(0.01 * 2**-0.75)
    assert np.mean(recorder.losses) < 0.05
    assert accuracies(recorder)[0] >= 0.98
