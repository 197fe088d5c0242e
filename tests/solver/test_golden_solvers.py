"""Parameters, losses and rates of real Caffe over ten iterations, for every rule."""

import json
from pathlib import Path

import numpy as np
import pytest
from helpers.recorder import Recorder

from netcc.layers.registry import layer_types
from netcc.schema.bind import load_net
from netcc.solver.resume_file import resume_path
from netcc.solver.solver import Solver

GOLDEN = Path(__file__).parents[1] / "golden/solvers"
META = json.loads((GOLDEN / "meta.json").read_text())
TOLERANCE = META["tolerance"]


def is_known(net):
    return {layer.type for layer in load_net(GOLDEN / f"{net}.prototxt").message.layer} <= set(layer_types())


KNOWN_NETS = {net for net in META["nets"] if is_known(net)}
CASES = [case for case in META["cases"] if case["net"] in KNOWN_NETS]
INTEROP = [case for case in CASES if case["interop"]]


@pytest.fixture(autouse=True)
def in_the_golden_folder(monkeypatch):
    monkeypatch.chdir(GOLDEN)


def solver_of(case, out, *listeners):
    """The case from its first weights."""
    weights = None if case["name"] == "sgd_weights_field" else f"{case['net']}.init.caffemodel"
    return Solver(f"{case['name']}.solver.prototxt", weights=weights, out=out, listeners=listeners)


def check_parameters(net, expected, prefix, tolerance):
    names = [name for name in expected.files if name.startswith(f"{prefix}:")]
    assert len(names) == sum(map(len, net.params.values()))
    for name in names:
        _, layer, index = name.split(":")
        relative, absolute = tolerance
        wanted = expected[name]
        absolute *= max(1.0, float(np.abs(wanted).max()))
        np.testing.assert_allclose(net.params[layer][int(index)].data, wanted, relative, absolute, err_msg=name)


def test_the_nets_that_only_need_layers_of_lenet_are_known():
    assert {"mlp", "parts", "conv", "mults", "bn"} <= KNOWN_NETS
    assert {case["type"] for case in CASES} == {"SGD", "Nesterov", "AdaGrad", "RMSProp", "AdaDelta", "Adam"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_parameters_losses_and_rates(case, tmp_path):
    expected, recorder = np.load(f"{case['name']}.npz"), Recorder()
    with solver_of(case, tmp_path, recorder) as solver:
        check_parameters(solver.net, expected, "init", (0, 0))
        for iteration in range(1, 11):
            solver.step(1)
            if iteration in (1, 2, 3):
                check_parameters(solver.net, expected, f"after{iteration}", TOLERANCE["after1-3"])
        check_parameters(solver.net, expected, "after10", TOLERANCE["after10"])
    relative, absolute = TOLERANCE["loss"]
    np.testing.assert_allclose(recorder.losses, expected["loss"], relative, absolute)
    relative, absolute = TOLERANCE["lr"]
    np.testing.assert_allclose(recorder.rates, expected["lr"], relative, absolute)


@pytest.mark.parametrize("case", INTEROP, ids=lambda case: case["name"])
def test_a_snapshot_of_real_caffe_is_continued(case, tmp_path):
    expected = np.load(f"{case['name']}.npz")
    with solver_of(case, tmp_path) as solver:
        solver.restore(f"{case['name']}_iter_5.solverstate")
        assert solver.iter == 5
        check_parameters(solver.net, expected, "after5", (0, 0))
        solver.step(5)
        check_parameters(solver.net, expected, "resumed10", TOLERANCE["after10"])


@pytest.mark.parametrize("case", INTEROP, ids=lambda case: case["name"])
def test_a_snapshot_of_ours_is_continued(case, tmp_path):
    expected = np.load(f"{case['name']}.npz")
    with solver_of(case, tmp_path) as solver:
        solver.step(5)
        _, state = solver.snapshot()
        check_parameters(solver.net, expected, "after5", TOLERANCE["after10"])
    resume_path(state).unlink()  # Caffe begins its data anew
    with solver_of(case, tmp_path) as solver:
        solver.restore(state)
        assert solver.iter == 5
        solver.step(5)
        check_parameters(solver.net, expected, "resumed10", TOLERANCE["after10"])


@pytest.mark.parametrize("case", INTEROP, ids=lambda case: case["name"])
def test_a_restored_snapshot_is_written_byte_for_byte(case, tmp_path):
    """But for the path of the weights: history in the order of Caffe, parameters under the layers of Caffe."""
    with solver_of(case, tmp_path) as solver:
        solver.restore(f"{case['name']}_iter_5.solverstate")
        model, state = solver.snapshot()
    assert model.read_bytes() == Path(f"{case['name']}_iter_5.caffemodel").read_bytes()
    assert [path.name for path in (model, state)] == [
        f"{case['name']}.solver_iter_5.caffemodel",
        f"{case['name']}.solver_iter_5.solverstate",
    ]
    theirs = Path(f"{case['name']}_iter_5.solverstate").read_bytes()
    at = theirs.index(f"{case['name']}_iter_5.caffemodel".encode())
    rest = theirs[at + len(f"{case['name']}_iter_5.caffemodel") :]
    assert state.read_bytes().endswith(rest)
