"""Plans of random nets obey the laws, and reusing memory changes no bit."""

import numpy as np
import pytest
from helpers.nets import inner_product, input_layer, layer, plan_of
from hypothesis import given, settings
from hypothesis import strategies as st

from netcc.ir.verify import BrokenLaw
from netcc.plan.memory import Lifetime, lifetimes
from netcc.plan.plan import AddStep, LayerStep
from netcc.plan.verify import verify_plan
from netcc.runtime.net import Net
from netcc.types import TRAIN

LABELS = input_layer("y", 3)


@st.composite
def nets(draw: st.DrawFn) -> str:
    """A random net of 5-wide layers: chains, fan-out, in place, shared weights, one loss."""
    text, blobs = input_layer("x", 3, 5) + LABELS, ["x"]
    overwritable: set[str] = set()
    for index in range(draw(st.integers(1, 8))):
        bottom = draw(st.sampled_from(blobs))
        kind = draw(
            st.sampled_from(["ReLU", "Sigmoid", "TanH", "InnerProduct", "Concat", "Flatten", "Split", "in place"])
        )
        top = f"b{index}"
        if kind == "in place" and bottom in overwritable:
            text += layer(f"l{index}", draw(st.sampled_from(["ReLU", "TanH"])), bottom, bottom)
            continue
        if kind == "in place":
            kind = "ReLU"
        if kind == "InnerProduct":
            share = draw(st.sampled_from(["", 'param { name: "w" }']))
            text += inner_product(f"l{index}", bottom, top, 5, share)
        elif kind == "Concat":
            other = draw(st.sampled_from(blobs))
            overwritable.discard(other)
            text += layer(f"l{index}", kind, f"{bottom} {other}", f"c{index}")
            text += inner_product(f"m{index}", f"c{index}", top, 5)
        elif kind == "Split":
            text += layer(f"l{index}", kind, bottom, f"{top} s{index}")
            blobs.append(f"s{index}")
        else:
            text += layer(f"l{index}", kind, bottom, top)
        overwritable.discard(bottom)
        overwritable.add(top)
        blobs.append(top)
    weight = draw(st.sampled_from(["", "loss_weight: 0.3"]))
    text += layer("extra", "Sigmoid", blobs[-1], "extra", weight)
    text += inner_product("last", draw(st.sampled_from(blobs)), "last", 4)
    return text + layer("loss", "SoftmaxWithLoss", "last y", "loss")


def run(net: Net) -> list[bytes]:
    rng = np.random.default_rng(5)
    found = []
    for _ in range(2):
        net.forward(x=rng.standard_normal((3, 5)), y=[0, 2, 1])
        net.gradient()
        found += [array.tobytes() for array in net.parameter_diff_arrays().values()] + [np.float64(net.loss).tobytes()]
    return found


@settings(max_examples=60, deadline=None)
@given(nets())
def test_random_nets_obey_the_laws_and_reuse_changes_nothing(text: str) -> None:
    for keep_all in (True, False):
        plan_of(text, keep_all=keep_all)
    assert run(Net(text, TRAIN, seed=1)) == run(Net(text, TRAIN, seed=1, keep_all=False))


@settings(max_examples=25, deadline=None)
@given(nets())
def test_gradients_of_random_nets_are_the_slopes_of_their_loss(text: str) -> None:
    net = Net(text.replace("ReLU", "TanH"), TRAIN, seed=2, dtype=np.float64)
    rng = np.random.default_rng(3)
    inputs = {"x": rng.standard_normal((3, 5)), "y": [1, 0, 3]}
    net.forward(**inputs)
    net.gradient()
    gradients = {key: array.copy() for key, array in net.parameter_diff_arrays().items()}
    for parameter, array in net.parameter_arrays().items():
        direction, start, step = rng.standard_normal(array.shape), array.copy(), 1e-5
        losses = []
        for sign in (1, -1):
            array[...] = start + sign * step * direction
            net.forward(**inputs)
            losses.append(net.loss)
        array[...] = start
        slope = (losses[0] - losses[1]) / (2 * step)
        assert slope == pytest.approx(np.sum(gradients[parameter] * direction), rel=1e-5, abs=1e-7)


def test_a_gradient_from_two_readers_is_summed_after_the_second() -> None:
    text = input_layer("x", 3, 5) + LABELS + inner_product("a", "x", "a", 5)
    text += layer("s", "Sigmoid", "a", "s") + layer("t", "TanH", "a", "t") + layer("c", "Concat", "s t", "c")
    plan = plan_of(text + layer("loss", "SoftmaxWithLoss", "c y", "loss"))
    assert [step.name for step in plan.backward] == [
        "backward loss",
        "backward c",
        "backward t",
        "backward s",
        "add into a diff",
        "backward a",
    ]
    adds = [step.name for step in plan.backward_add if isinstance(step, AddStep)]
    assert adds == ["add into a diff", "add into a weights diff", "add into a bias diff"]


def test_reuse_needs_less_memory() -> None:
    text = input_layer("x", 3, 50) + "".join(
        inner_product(f"l{i}", f"l{i - 1}" if i else "x", f"l{i}", 50) for i in range(9)
    )
    kept = plan_of(text, gradients=False).memory.arenas["buffers"]
    reused = plan_of(text, keep_all=False, gradients=False).memory.arenas["buffers"]
    assert kept == 10 * 160
    assert reused == 160 + 160 + 2 * 160  # the data, the output, two buffers in turn


def test_verify_finds_two_living_slots_in_one_place() -> None:
    plan = plan_of(input_layer("x", 3, 5) + layer("s", "Sigmoid", "x", "s") + layer("t", "TanH", "s", "t"))
    for slot in plan.memory.offsets:
        plan.memory.offsets[slot] = 0
    with pytest.raises(BrokenLaw, match="lie in the same memory while both are alive"):
        verify_plan(plan)


def test_verify_finds_a_gradient_read_before_it_is_written() -> None:
    text = input_layer("x", 3, 5) + LABELS + inner_product("a", "x", "a", 5) + layer("t", "TanH", "a", "t")
    plan = plan_of(text + layer("loss", "SoftmaxWithLoss", "t y", "loss"), keep_all=False)
    plan.backward = [step for step in plan.backward if not (isinstance(step, LayerStep) and step.node.name == "loss")]
    with pytest.raises(BrokenLaw, match=r"'backward t' reads .* before anything wrote it"):
        verify_plan(plan)


def test_lifetimes_meet_when_they_share_a_moment() -> None:
    assert Lifetime(0, 3).meets(Lifetime(3, 4))
    assert not Lifetime(0, 3).meets(Lifetime(4, 9))


def test_what_backward_needs_lives_until_then() -> None:
    text = input_layer("x", 3, 5) + LABELS + inner_product("a", "x", "a", 5) + layer("t", "TanH", "a", "t")
    plan = plan_of(text + layer("loss", "SoftmaxWithLoss", "t y", "loss"), keep_all=False)
    tanh = plan.graph.nodes[3]
    life = lifetimes((*plan.forward, *plan.backward))[plan.data[tanh.outputs[0]].slot]
    assert (life.first, life.last) == (2, 6)  # in place over "a" at 2; backward of node 3 of 5 is at 2 * 5 - 1 - 3
