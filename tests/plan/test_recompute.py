"""Memory low: what is cheap is computed again for the backward pass, and training stays the same to the last byte."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from helpers.nets import input_layer, layer, shaped

from netcc.compiler import plan_graph
from netcc.errors import NumericsError, UsageError
from netcc.ir.verify import BrokenLaw
from netcc.plan import recompute
from netcc.plan.memory import lifetimes, padded
from netcc.plan.packing import Piece, most_alive
from netcc.plan.plan import LayerStep, Plan, RecomputeStep
from netcc.plan.recompute import cheap_blobs
from netcc.plan.rehearsal import Rehearsal
from netcc.plan.verify import verify_plan
from netcc.runtime.net import Net
from netcc.solver.events import Inspected
from netcc.solver.solver import Solver
from netcc.targets.options import MemoryUse
from netcc.types import TEST, TRAIN

FILLER = 'weight_filler { type: "gaussian" std: 0.2 } bias_filler { type: "constant" value: 0.1 }'
USES: tuple[MemoryUse, ...] = ("fast", "low")
SOLVER = "base_lr: 0.01 lr_policy: 'fixed' momentum: 0.9 max_iter: 100 "


def conv(name: str, bottom: str, outputs: int, kernel: int = 3, pad: int = 1) -> str:
    fields = f"convolution_param {{ num_output: {outputs} kernel_size: {kernel} pad: {pad} {FILLER} }}"
    return layer(name, "Convolution", bottom, name, fields)


def pool(name: str, bottom: str, fields: str) -> str:
    return layer(name, "Pooling", bottom, name, f"pooling_param {{ {fields} }}")


def normalised(name: str, bottom: str, top: str, *, relu: bool = True) -> str:
    parts = layer(f"{name}_bn", "BatchNorm", bottom, top)
    parts += layer(f"{name}_scale", "Scale", top, top, "scale_param { bias_term: true }")
    return parts + (layer(f"{name}_relu", "ReLU", top, top) if relu else "")


START = input_layer("data", 8, 3, 12, 12) + input_layer("label", 8)


def ending(bottom: str) -> str:
    product = layer("ip", "InnerProduct", bottom, "ip", f"inner_product_param {{ num_output: 5 {FILLER} }}")
    return product + layer("loss", "SoftmaxWithLoss", "ip label", "loss")


NETS: Mapping[str, str] = {
    "AlexNet": START
    + conv("a", "data", 16)
    + layer("a_relu", "ReLU", "a", "a")
    + layer("norm", "LRN", "a", "norm", "lrn_param { local_size: 5 alpha: 0.1 beta: 0.75 }")
    + conv("b", "norm", 16)
    + layer("b_relu", "ReLU", "b", "b")
    + layer("drop", "Dropout", "b", "drop")
    + conv("c", "drop", 16)
    + layer("c_norm", "LRN", "c", "c_norm", "lrn_param { local_size: 3 alpha: 0.1 beta: 0.75 }")
    + pool("most", "c_norm", "pool: MAX kernel_size: 3 stride: 2")
    + conv("d", "most", 16)
    + ending("d"),
    "ResNet": START
    + conv("a", "data", 16)
    + normalised("a", "a", "first")
    + conv("b", "first", 16)
    + normalised("b", "b", "second")
    + conv("c", "second", 16)
    + normalised("c", "c", "third", relu=False)
    + layer("sum", "Eltwise", "third first", "sum")
    + layer("sum_relu", "ReLU", "sum", "sum")
    + conv("d", "sum", 16)
    + normalised("d", "d", "fourth", relu=False)
    + layer("sum2", "Eltwise", "fourth sum", "sum2")
    + layer("sum2_relu", "ReLU", "sum2", "sum2")
    + conv("e", "sum2", 4)
    + pool("mean", "e", "pool: AVE global_pooling: true")
    + ending("mean"),
    "GoogLeNet": START
    + conv("a", "data", 16)
    + layer("a_relu", "ReLU", "a", "a")
    + conv("b1", "a", 8, 1, 0)
    + layer("b1_relu", "ReLU", "b1", "b1")
    + conv("b3", "a", 8)
    + pool("b_pool", "a", "pool: MAX kernel_size: 3 stride: 1 pad: 1")
    + conv("b4", "b_pool", 8, 1, 0)
    + pool("b5", "a", "pool: AVE kernel_size: 3 stride: 1 pad: 1")
    + layer("joined", "Concat", "b1 b3 b4 b5", "joined")
    + conv("c", "joined", 8)
    + pool("mean", "c", "pool: AVE kernel_size: 2 stride: 2")
    + conv("d", "mean", 8)
    + ending("d"),
    "activations": START
    + conv("a", "data", 16)
    + layer("act", "Sigmoid", "a", "act")
    + conv("b", "act", 16)
    + layer("bent", "PReLU", "b", "bent")
    + layer("twice", "Power", "bent", "twice", "power_param { scale: 2 }")
    + layer("flat", "TanH", "twice", "flat")
    + conv("c", "flat", 4)
    + layer("halves", "Slice", "c", "left right", "slice_param { axis: 1 }")
    + layer("product", "Eltwise", "left right", "product", "eltwise_param { operation: PROD }")
    + ending("product"),
}


def trained(text: str, memory: MemoryUse, iterations: int = 3, passes: int = 1, keep_all: bool | None = None) -> Solver:
    """After some iterations on random numbers."""
    solver = Solver(SOLVER + f"iter_size: {passes}", text, seed=3, memory=memory, keep_all=keep_all)
    random = np.random.default_rng(1)
    for _ in range(iterations):
        solver.net.blobs["data"].data[...] = random.standard_normal((8, 3, 12, 12))
        solver.net.blobs["label"].data[...] = random.integers(0, 5, 8)
        solver.step(1)
    return solver


def again(plan: Plan) -> list[str]:
    return [step.step.node.name for step in plan.backward if isinstance(step, RecomputeStep)]


def low_plan(name: str) -> Plan:
    return plan_graph(shaped(NETS[name]), keep_all=False, memory="low", verify=True)


@pytest.fixture
def _all_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """All that can be computed again is, whether it saves memory or not."""
    monkeypatch.setattr(recompute, "_worth_it", lambda plan, found: found)


@pytest.mark.usefixtures("_all_of_it")
@pytest.mark.parametrize("passes", [1, 2])
@pytest.mark.parametrize("name", NETS)
def test_training_is_the_same_to_the_byte(name: str, passes: int) -> None:
    fast, low = (trained(NETS[name], memory, passes=passes) for memory in USES)
    assert again(low.net.plan)
    assert not again(fast.net.plan)
    _check_the_same(fast, low)


@pytest.mark.parametrize("name", NETS)
def test_training_is_the_same_whether_blobs_stay_or_not(name: str) -> None:
    kept, dropped = (trained(NETS[name], "fast", keep_all=keep_all) for keep_all in (True, False))
    assert dropped.net.plan.memory.arenas["buffers"] < kept.net.plan.memory.arenas["buffers"]
    assert not again(dropped.net.plan)
    _check_the_same(kept, dropped)


def _check_the_same(one: Solver, other: Solver) -> None:
    assert one.net.loss == other.net.loss
    pairs = zip(one.net.parameter_arrays().items(), other.net.parameter_arrays().values(), strict=True)
    for (parameter, numbers), others in pairs:
        np.testing.assert_array_equal(numbers, others, err_msg=repr(parameter))
    for moment, other_moment in zip(one.history, other.history, strict=True):
        np.testing.assert_array_equal(moment, other_moment)
    assert any(np.any(moment) for moment in other.history)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("AlexNet", ["most", "drop", "norm"]), ("GoogLeNet", ["mean", "b_pool"]), ("ResNet", ["d_bn"])],
)
def test_what_is_cheap_is_computed_again(name: str, expected: list[str]) -> None:
    found = cheap_blobs(plan_graph(shaped(NETS[name]), keep_all=False).forward)
    names = {step.node.name for writers in found.values() for step in writers}
    assert set(expected) <= names
    assert not any(node.startswith("ip") or node in "abcde" for node in names)
    assert set(again(low_plan(name))) <= names


@pytest.mark.usefixtures("_all_of_it")
@pytest.mark.parametrize("name", NETS)
def test_a_plan_that_computes_all_of_it_again_is_lawful(name: str) -> None:
    assert len(again(low_plan(name))) >= 3


@pytest.mark.usefixtures("_all_of_it")
@pytest.mark.parametrize("name", NETS)
def test_a_rehearsal_needs_what_the_plan_needs(name: str) -> None:
    plain, low = plan_graph(shaped(NETS[name]), keep_all=False), low_plan(name)
    found = cheap_blobs(plain.forward)
    rehearsal = Rehearsal(plain.forward, plain.backward, found)

    def needed(plan: Plan) -> int:
        lives = lifetimes((*plan.forward, *plan.backward)).items()
        return most_alive([Piece(padded(slot), life.first, life.last) for slot, life in lives if not slot.held])

    assert rehearsal.most_alive({}) == needed(plain)
    assert rehearsal.most_alive(found) == needed(low)
    assert needed(plain) != needed(low)


@pytest.mark.usefixtures("_all_of_it")
def test_statistics_of_a_batch_are_added_once() -> None:
    solver = trained(NETS["ResNet"], "low", iterations=2)
    assert "a_bn" in again(solver.net.plan)
    assert solver.net.params["a_bn"][2].data[0] == pytest.approx(1.999)  # the factor: 0.999 * 1 + 1


def test_blobs_that_stay_readable_are_not_computed_again() -> None:
    plan = plan_graph(shaped(NETS["ResNet"]), keep_all=True, memory="low", verify=True)
    assert not again(plan)
    net = Net(NETS["ResNet"], TRAIN, memory="low", keep_all=True)
    net.forward(data=np.random.default_rng(0).standard_normal((8, 3, 12, 12)))
    assert net.blobs["first"].data.any()
    with pytest.raises(UsageError, match="is not kept"):
        Net(NETS["ResNet"], TRAIN, memory="low").blobs["first"].diff  # noqa: B018


def test_what_was_written_over_is_not_read_again() -> None:
    """The sum reads a blob over which a ReLU is written afterwards: it cannot be formed again."""
    text = (
        START
        + conv("a", "data", 16)
        + conv("b", "data", 16)
        + layer("sum", "Eltwise", "a b", "sum")
        + layer("bend", "Sigmoid", "b", "bend")
        + layer("product", "Eltwise", "bend sum", "product", "eltwise_param { operation: PROD }")
        + ending("product")
    )
    plan = plan_graph(shaped(text), keep_all=False, memory="low", verify=True)
    places = {step.node.name: step for step in plan.forward if isinstance(step, LayerStep)}
    assert places["bend"].tops[0].slot is places["sum"].bottoms[1].slot
    writers = {step.node.name for own in cheap_blobs(plan.forward).values() for step in own}
    assert "sum" not in writers
    fast, low = trained(text, "fast"), trained(text, "low")
    np.testing.assert_array_equal(fast.history[0], low.history[0])


@pytest.mark.usefixtures("_all_of_it")
def test_the_law_sees_a_blob_that_changed() -> None:
    plan = low_plan("ResNet")
    (step, *_) = [step for step in plan.backward if isinstance(step, RecomputeStep)]
    later = plan.forward[-1]
    plan.forward.append(type(later)(later.node, later.target, "forward", later.time, tops=step.step.bottoms))  # type: ignore[call-arg, union-attr]
    with pytest.raises(BrokenLaw, match=r"reads .* after something wrote over it"):
        verify_plan(plan)


def test_debug_info_of_a_net_that_saves_memory() -> None:
    events: list[Inspected] = []
    for memory in USES:
        solver = Solver(SOLVER + "debug_info: true display: 1", NETS["ResNet"], seed=3, memory=memory)
        solver.net.blobs["data"].data[...] = 1
        heard: list[object] = []
        solver._tell = heard.append  # type: ignore[method-assign, assignment]
        solver.step(2)
        found = [event for event in heard if isinstance(event, Inspected)]
        assert len(found) > 100
        events = events or found
        assert [(event.layer, event.what) for event in found] == [(event.layer, event.what) for event in events]


def test_a_loss_that_is_not_finite_is_traced_to_blobs_that_are_kept() -> None:
    solver = Solver(SOLVER, NETS["AlexNet"], seed=3, memory="low")
    solver.net.blobs["data"].data[...] = np.inf
    with pytest.raises(NumericsError, match=r"of the blobs that are kept, first at layer 'data' \(Input\)"):
        solver.step(1)


def test_inference_keeps_no_weights_made_ready() -> None:
    text = NETS["ResNet"]
    data = np.random.default_rng(0).standard_normal((8, 3, 12, 12)).astype(np.float32)
    nets = [Net(text, TEST, keep_all=False, gradients=False, seed=1, memory=use) for use in USES]
    for _ in range(2):
        results = [net.forward(data=data)["loss"].copy() for net in nets]
        np.testing.assert_array_equal(*results)
        for net in nets:
            net.params["a"][0].data[...] *= 2  # seen in the next pass
    derived = [view.slot for step in nets[1].plan.derive for view in step.derived]
    assert derived
    assert not any(slot.held for slot in derived)


def test_an_unknown_use_of_memory() -> None:
    with pytest.raises(UsageError) as error:
        Net(NETS["AlexNet"], TRAIN, memory="little")  # type: ignore[arg-type]
    assert str(error.value) == "error: a net has no memory 'little'\n  expected one of: fast, low"
