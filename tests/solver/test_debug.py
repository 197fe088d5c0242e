"""`debug_info`: what is told of every blob, against the net itself and in the words of Caffe."""

import numpy as np
import pytest
from helpers.nets import inner_product, input_layer, layer
from helpers.solvers import solver_text

from netcc.runtime.net import Net
from netcc.solver.debug import inspect_backward, inspect_forward
from netcc.solver.events import Inspected, Normed
from netcc.solver.log import CaffeLog
from netcc.solver.solver import Solver
from netcc.types import TRAIN

FAN_OUT = (
    input_layer("data", 4, 3)
    + input_layer("label", 4)
    + inner_product("ip", "data", "ip", 5, 'param { name: "w" } param { }')
    + layer("relu", "ReLU", "ip", "ip")
    + inner_product("one", "ip", "one", 2, "param { lr_mult: 0 } param { }")
    + inner_product("two", "ip", "two", 2)
    + layer("sum", "Eltwise", "one two", "sum")
    + layer("loss", "SoftmaxWithLoss", "sum label", "loss")
)


def made():
    net = Net(FAN_OUT, TRAIN, seed=1)
    net.blobs["data"].data[...] = np.random.default_rng(1).normal(size=(4, 3))
    return net


@pytest.fixture
def told():
    """Events of one pass each way, and the net."""
    net, events = made(), []
    inspect_forward(net, events.append)
    inspect_backward(net, events.append, accumulate=False)
    return net, events


def means(events, stage):
    return {
        (event.layer, event.what): event.data if event.diff is None else event.diff
        for event in events
        if isinstance(event, Inspected) and event.stage == stage
    }


def test_passes_layer_by_layer_are_the_same_passes(told):
    net, _ = told
    plain = made()
    plain.forward()
    plain.gradient()
    assert net.loss == plain.loss
    for found, expected in zip(
        net.parameter_diff_arrays().values(), plain.parameter_diff_arrays().values(), strict=True
    ):
        np.testing.assert_array_equal(found, expected)
        assert expected.any() or expected.shape == (2, 5)


def test_gradients_add_up_over_passes(told):
    net, events = told
    once = net.params["two"][0].diff.copy()
    net.forward()
    inspect_backward(net, events.append, accumulate=True)
    np.testing.assert_allclose(net.params["two"][0].diff, 2 * once, rtol=1e-6)


def test_tops_and_parameters_in_the_order_of_the_layers(told):
    net, events = told
    forward = means(events, "Forward")
    assert list(forward) == [
        *(("data", "top blob data"), ("label", "top blob label")),
        *(("ip", "top blob ip"), ("ip", "param blob w"), ("ip", "param blob 1")),
        ("relu", "top blob ip"),
        *(("one", "top blob one"), ("one", "param blob 0"), ("one", "param blob 1")),
        *(("two", "top blob two"), ("two", "param blob 0"), ("two", "param blob 1")),
        *(("sum", "top blob sum"), ("loss", "top blob loss")),
    ]
    assert forward["relu", "top blob ip"] == pytest.approx(np.abs(net.blobs["ip"].data).mean())
    assert forward["ip", "top blob ip"] > forward["relu", "top blob ip"]  # negative ones were there, too
    assert forward["ip", "param blob w"] == pytest.approx(np.abs(net.params["ip"][0].data).mean())


def test_gradients_of_what_learns_in_reverse(told):
    net, events = told
    backward = means(events, "Backward")
    assert list(backward) == [
        *(("loss", "bottom blob sum"), ("sum", "bottom blob one"), ("sum", "bottom blob two")),
        *(("two", "bottom blob ip"), ("two", "param blob 0"), ("two", "param blob 1")),
        *(("one", "bottom blob ip"), ("one", "param blob 1")),
        *(("relu", "bottom blob ip"), ("ip", "param blob 0"), ("ip", "param blob 1")),
    ]
    assert backward["two", "param blob 0"] == pytest.approx(np.abs(net.params["two"][0].diff).mean())
    delta = net.blobs["sum"].diff
    for name in ("one", "two"):
        share = np.abs(delta @ net.params[name][0].data).mean()
        assert backward[name, "bottom blob ip"] == pytest.approx(share, rel=1e-5)


def test_norms_of_all_parameters(told):
    net, events = told
    (norms,) = (event for event in events if isinstance(event, Normed))
    data = np.concatenate([array.ravel() for array in net.parameter_arrays().values()])
    diff = np.concatenate([array.ravel() for array in net.parameter_diff_arrays().values()])
    assert norms.first == pytest.approx((np.abs(data).sum(), np.abs(diff).sum()))
    assert norms.second == pytest.approx((np.linalg.norm(data), np.linalg.norm(diff)))


def run(more):
    lines = []
    with Solver(solver_text(f"debug_info: true {more}")) as solver:
        solver.listeners.append(CaffeLog(lambda line: lines.append(line.partition("] ")[2])))
        solver.step(3)
    return lines


def test_only_displayed_iterations_are_told_of():
    lines = run("display: 2")
    begins = [line for line in lines if line.startswith(("Iteration", "    [Forward] Layer data, top blob data"))]
    assert [line.split()[0] for line in begins] == ["[Forward]", "Iteration", "Iteration", "[Forward]"] + [
        "Iteration"
    ] * 2
    assert not any("[Forward]" in line for line in run(""))


def test_the_words_are_those_of_caffe():
    """Of one iteration, numbers aside."""
    numbers = r"[\d.e+-]+"
    import re

    lines = [re.sub(rf"(?<=[ (]){numbers}(?=$|[;,)])", "N", line) for line in run("display: 3")]
    assert [line for line in lines if "[" in line] == [
        "    [Forward] Layer data, top blob data data: N",
        "    [Forward] Layer data, top blob label data: N",
        "    [Forward] Layer ip, top blob ip data: N",
        "    [Forward] Layer ip, param blob 0 data: N",
        "    [Forward] Layer ip, param blob 1 data: N",
        "    [Forward] Layer loss, top blob loss data: N",
        "    [Backward] Layer loss, bottom blob ip diff: N",
        "    [Backward] Layer ip, param blob 0 diff: N",
        "    [Backward] Layer ip, param blob 1 diff: N",
        "    [Backward] All net params (data, diff): L1 norm = (N, N); L2 norm = (N, N)",
        "    [Update] Layer ip, param 0 data: N; diff: N",
        "    [Update] Layer ip, param 1 data: N; diff: N",
    ]


def test_the_update_tells_of_parameters_before_it_and_of_the_step():
    events = []
    with Solver(solver_text("debug_info: true display: 1")) as solver:
        before = solver.net.params["ip"][0].data.copy()
        solver._tell = events.append
        solver.step(1)
        step = before - solver.net.params["ip"][0].data
    (update,) = (event for event in events if getattr(event, "stage", "") == "Update" and event.what == "param 0")
    assert update.data == pytest.approx(np.abs(before).mean(), rel=1e-5)
    assert update.diff == pytest.approx(np.abs(step).mean(), rel=1e-4)


def test_training_is_the_same_with_and_without():
    ends = []
    for more in ("", "debug_info: true display: 1"):
        with Solver(solver_text(f"iter_size: 2 momentum: 0.9 {more}")) as solver:
            solver.step(4)
            ends.append(solver.net.params["ip"][0].data.tobytes())
    assert ends[0] == ends[1]


def test_test_nets_are_told_of_at_every_test():
    lines = run("test_iter: 2 test_interval: 2")
    assert sum("[Forward] Layer acc, top blob acc data:" in line for line in lines) == 4
    assert not any("[Backward]" in line for line in lines)
