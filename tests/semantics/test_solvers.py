"""Rules of solvers: defaults of update rules, rates within momentum, what clipping counts, weights of test nets."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from google.protobuf import text_format
from helpers.commands import SMALL, SOLVER
from helpers.nets import inner_product, input_layer, layer
from helpers.solvers import NET, solver_text

import netcc
from netcc.cli import main
from netcc.runtime.net import Net
from netcc.schema.caffe_pb2 import SolverParameter
from netcc.solver.optimizer import Optimizer
from netcc.types import TRAIN, Array


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def bias_after(fields: str, rates: list[float], gradients: list[float], force: str = "") -> list[float]:
    """A bias that began at 0, after each update with the given rate and gradient."""
    net = Net(
        force + input_layer("x", 1, 1) + inner_product("ip", "x", "y", 1) + layer("l", "Reduction", "y", "l"), TRAIN
    )
    bias, diff = net.params["ip"][1].data, net.params["ip"][1].diff
    bias[...] = 0
    optimizer = Optimizer(net, text_format.Parse(fields, SolverParameter()))
    after = []
    for iteration, (rate, gradient) in enumerate(zip(rates, gradients, strict=True)):
        for array in net.parameter_diff_arrays().values():
            array.fill(0)
        diff[...] = gradient
        optimizer.apply(rate, iteration)
        after.append(float(bias[0]))
    return after


def test_momentum_keeps_the_rate_at_which_a_step_was_taken() -> None:
    """v = 0.5 v + rate g: a rate that falls to a tenth does not shrink the steps taken before."""
    first, second = bias_after("momentum: 0.5", [1, 0.1], [1, 1])
    assert first == pytest.approx(-1)
    assert second == pytest.approx(-1 - (0.5 * 1 + 0.1))


def test_nesterov_goes_beyond_the_velocity() -> None:
    first, second = bias_after('type: "Nesterov" momentum: 0.5', [1, 0.1], [1, 1])
    assert first == pytest.approx(-1.5)
    assert second == pytest.approx(-1.5 - (1.5 * 0.6 - 0.5 * 1))


@pytest.mark.parametrize(
    ("fields", "step"),
    [
        ('type: "Adam"', 3 / (3 + 1e-8)),  # momentum 0: the gradient itself over its own root mean square
        ('type: "Adam" delta: 1', np.sqrt(0.001) * 3 / (np.sqrt(0.001) * 3 + 1)),  # momentum2 0.999
        ('type: "RMSProp"', 3 / (np.sqrt(0.01) * 3)),  # rms_decay 0.99
        ('type: "AdaGrad"', 1.0),
        ('type: "AdaGrad" delta: 3', 0.5),
        ('type: "AdaDelta" delta: 1', 3 * np.sqrt(1 / (1 + 9))),  # momentum 0: no memory
    ],
)
def test_a_first_step_with_the_defaults(fields: str, step: float) -> None:
    assert bias_after(fields, [1], [3]) == pytest.approx([-step], rel=1e-5)


def test_adam_without_momentum_remembers_no_gradient() -> None:
    first, second = bias_after('type: "Adam"', [1, 1], [3, 0])
    assert second == first


def test_adam_adds_delta_to_the_root_before_it_is_corrected() -> None:
    first, second = bias_after('type: "Adam" momentum: 0.9 delta: 0.5', [1, 1], [2, 2])
    steps = []
    for t, mean, square in ((1, 0.2, 0.004), (2, 0.38, 0.007996)):
        steps.append(np.sqrt(1 - 0.999**t) / (1 - 0.9**t) * mean / (np.sqrt(square) + 0.5))
    assert [-first, first - second] == pytest.approx(steps, rel=1e-5)


FROZEN = "param { lr_mult: 0 } param { lr_mult: 1 }"
CLIPPED = (
    input_layer("x", 1, 2)
    + inner_product("ip", "x", "y", 1, FROZEN)
    + layer("loss", "Reduction", "y", "loss", "loss_weight: 1")
)


@pytest.mark.parametrize(("force", "norm"), [("", 1.0), ("force_backward: true\n", np.sqrt(1 + 9 + 16))])
def test_clipping_counts_frozen_parameters_where_backward_is_forced(force: str, norm: float) -> None:
    """The gradients are 1 for the bias and, if there is one, (3, 4) for the weights."""
    net = Net(force + CLIPPED, TRAIN, seed=1)
    before: list[Array] = [blob.data.copy() for blob in net.params["ip"]]
    optimizer = Optimizer(net, text_format.Parse("clip_gradients: 0.5", SolverParameter()))
    optimizer.clear_unwritten()
    net.forward(x=[[3, 4]])
    net.gradient()
    optimizer.apply(1, 0)
    np.testing.assert_array_equal(net.params["ip"][0].data, before[0])
    np.testing.assert_allclose(before[1] - net.params["ip"][1].data, 0.5 / norm, rtol=1e-5)


def test_gradients_of_several_passes_are_averaged() -> None:
    """Constant data: an update of four passes is that of one."""
    constant = NET.replace('data_filler { type: "gaussian" }', 'data_filler { type: "constant" value: 1 }')
    after = []
    for size in (1, 4):
        with netcc.Solver(solver_text(f"iter_size: {size} weight_decay: 0.1", f"net_param {{ {constant} }}")) as solver:
            solver.step(2)
            after.append(solver.net.params["ip"][0].data.copy())
    np.testing.assert_allclose(after[0], after[1], rtol=1e-5)


def test_layers_of_a_test_net_alone_get_their_weights_too() -> None:
    extra = 'layer { name: "only" type: "Scale" bottom: "ip" top: "s" include { phase: TEST } }'
    net = f"net_param {{ {NET} {extra} }}"
    tested = netcc.Net(NET + extra, netcc.TEST)
    tested.params["only"][0].data[...] = 7
    tested.save("first.caffemodel")
    with netcc.Solver(solver_text('weights: "first.caffemodel" test_iter: 1 test_interval: 9', net)) as solver:
        assert "only" not in solver.net.params
        np.testing.assert_array_equal(solver.test_nets[0].params["only"][0].data, [7, 7])


def test_a_snapshot_or_weights_of_the_caller_take_the_place_of_those_that_the_solver_lists() -> None:
    Path("small.prototxt").write_text(SMALL)
    Path("solver.prototxt").write_text(SOLVER)
    assert CliRunner().invoke(main, ["train", "solver.prototxt", "--max-iter", "2"]).exit_code == 0
    Path("solver.prototxt").write_text(SOLVER + 'weights: "missing.caffemodel"\n')
    assert CliRunner().invoke(main, ["train", "solver.prototxt", "--max-iter", "3"]).exit_code == 1
    for given in (["--snapshot", "small_iter_2.solverstate"], ["--weights", "small_iter_2.caffemodel"]):
        assert CliRunner().invoke(main, ["train", "solver.prototxt", "--max-iter", "3", *given]).exit_code == 0


def test_weights_that_a_state_names_are_looked_for_in_the_working_directory_first() -> None:
    Path("folder").mkdir()
    with netcc.Solver(solver_text()) as solver:
        solver.step(1)
        model, state = solver.snapshot()
        first = solver.net.params["ip"][0].data.copy()
        solver.net.params["ip"][0].data[...] = 7
        solver.net.save(Path("folder") / model.name)
    moved = shutil.move(state, Path("folder") / state.name)
    with netcc.Solver(solver_text()) as solver:
        solver.restore(moved)
        np.testing.assert_array_equal(solver.net.params["ip"][0].data, first)


def test_a_score_is_the_mean_over_batches_of_each_number_of_an_output() -> None:
    rows = 'data_filler { type: "uniform" min: 0 max: 1 } '
    net = f'layer {{ name: "d" type: "DummyData" top: "d" dummy_data_param {{ shape {{ dim: 3 }} {rows} }} }}'
    from netcc.solver.evaluate import evaluate

    with Net(net, netcc.TEST, seed=1) as one, Net(net, netcc.TEST, seed=1) as other:
        batches = np.array([one.forward()["d"].copy() for _ in range(5)])
        result = evaluate(other, 5)
    assert result is not None
    assert [score.name for score in result.scores] == ["d", "d", "d"]
    assert [score.value for score in result.scores] == pytest.approx(batches.mean(axis=0).tolist())
