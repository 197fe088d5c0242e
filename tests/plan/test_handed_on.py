"""Diffs that a sum hands on lie in the memory of its own, where nobody can tell."""

from __future__ import annotations

import numpy as np
from helpers.nets import inner_product, input_layer, layer, plan_of
from hypothesis import given, settings
from hypothesis import strategies as st

from netcc.plan.plan import AddStep, LayerStep, Plan, Slot
from netcc.runtime.net import Net
from netcc.types import TRAIN

START = input_layer("x", 4, 6) + inner_product("a", "x", "a", 6)


def ending(bottom: str) -> str:
    return input_layer("y", 4, 6) + layer("loss", "EuclideanLoss", f"{bottom} y", "loss")


def slots(plan: Plan) -> dict[str, Slot]:
    """Where the diff of the last value of each blob lies."""
    return {value.name: view.slot for value, view in plan.diffs.items()}


def made(text: str, *, keep_diffs: bool = False) -> dict[str, Slot]:
    return slots(plan_of(START + text, keep_all=False, keep_diffs=keep_diffs))


def test_what_a_sum_hands_on_stays_where_it_is() -> None:
    text = inner_product("b", "a", "b", 6) + layer("sum", "Eltwise", "a b", "sum") + ending("sum")
    found = made(text)
    assert found["sum"] is found["a"] is found["b"]
    kept = made(text, keep_diffs=True)
    assert len({kept["sum"], kept["a"], kept["b"]}) == 3


def test_a_step_of_the_sum_that_has_nothing_to_do_says_so() -> None:
    plan = plan_of(START + inner_product("b", "a", "b", 6) + layer("sum", "Eltwise", "a b", "s") + ending("s"))
    names = {step.name: step.target.name for step in plan.backward if step.name == "backward sum"}  # type: ignore[union-attr]
    assert names == {"backward sum": "layer"}, "diffs that stay readable are copied"
    plan = plan_of(
        START + inner_product("b", "a", "b", 6) + layer("sum", "Eltwise", "a b", "s") + ending("s"), keep_all=False
    )
    names = {step.name: step.target.name for step in plan.backward if step.name == "backward sum"}  # type: ignore[union-attr]
    assert names == {"backward sum": "in place"}


def test_a_difference_is_not_handed_on() -> None:
    text = inner_product("b", "a", "b", 6) + layer(
        "sum", "Eltwise", "a b", "sum", "eltwise_param { coeff: 1 coeff: -1 }"
    )
    found = made(text + ending("sum"))
    assert found["sum"] is found["a"]
    assert found["b"] is not found["a"]


def test_a_diff_that_others_wrote_before_gets_a_part() -> None:
    text = inner_product("b", "a", "b", 6) + layer("sum", "Eltwise", "a b", "sum")
    text += inner_product("c", "a", "c", 6) + layer("more", "Eltwise", "sum c", "more") + ending("more")
    found = made(text)
    assert found["more"] is found["sum"] is found["b"]
    assert found["a"] is not found["b"], "layer c comes first"


def test_what_is_read_later_is_not_written_over() -> None:
    late = inner_product("late", "a", "late", 6) + inner_product("b", "a", "b", 6) + inner_product("c", "b", "c", 6)
    text = late + layer("one", "Eltwise", "b c", "one") + layer("two", "Eltwise", "one late", "two") + ending("two")
    found = made(text)
    assert found["two"] is found["one"] is found["late"] is found["c"]
    assert found["b"] is not found["late"], "layer c adds to the diff of b before layer late reads its own"


def test_a_layer_that_changes_the_diff_it_gets_shares_with_nobody_who_reads_it_later() -> None:
    bent = layer("bent", "ReLU", "c", "c")
    text = inner_product("b", "a", "b", 6) + inner_product("c", "a", "c", 6) + bent
    found = made(text + layer("sum", "Eltwise", "c b", "sum") + ending("sum"))
    assert found["sum"] is found["c"]
    assert found["b"] is not found["c"], "ReLU, computed with layer c, takes out what it did not pass"


def test_what_is_written_in_place_is_not_shared_with_who_reads_later() -> None:
    text = inner_product("b", "a", "b", 6) + inner_product("c", "a", "c", 6) + layer("bent", "TanH", "c", "c")
    found = made(text + layer("sum", "Eltwise", "b c", "sum") + ending("sum"))
    assert found["sum"] is found["b"]
    assert found["c"] is not found["b"], "TanH writes over it before layer b reads it"
    text = inner_product("c", "a", "c", 6) + layer("bent", "TanH", "c", "c") + inner_product("b", "a", "b", 6)
    found = made(text + layer("sum", "Eltwise", "b c", "sum") + ending("sum"))
    assert found["sum"] is found["b"] is found["c"]


def test_a_convolution_of_single_pixels_adds_to_what_others_wrote() -> None:
    start = input_layer("x", 4, 3, 5, 5) + convolution("a", "x")
    text = start + convolution("b", "a") + layer("bn", "BatchNorm", "b", "b") + layer("scale", "Scale", "b", "b")
    text += layer("sum", "Eltwise", "a b", "sum")
    text += input_layer("y", 4, 4, 5, 5) + layer("loss", "EuclideanLoss", "sum y", "loss")
    plan = plan_of(text, keep_all=False)
    steps = {step.node.name: step for step in plan.backward if isinstance(step, LayerStep)}
    assert steps["b"].adds == (True,)
    assert steps["b"].bottom_diffs[0] == steps["a"].top_diffs[0]
    diffs = {view.slot for view in plan.diffs.values()}
    assert not any(isinstance(step, AddStep) and step.target.slot in diffs for step in plan.backward)


KINDS = ("convolution", "normalised", "normalised", "bent", "bent in place", "sum", "sum", "sum of three", "weighted")
SHAPE = (3, 4, 2, 3)


def convolution(name: str, bottom: str) -> str:
    filler = 'weight_filler { type: "gaussian" std: 0.5 } bias_filler { type: "gaussian" std: 0.5 }'
    return layer(name, "Convolution", bottom, name, f"convolution_param {{ num_output: 4 kernel_size: 1 {filler} }}")


def added(index: int, kind: str, read: list[str]) -> str:
    """The layer, or layers, of a kind."""
    name = f"b{index}"
    if kind == "convolution":
        return convolution(name, read[0])
    if kind == "normalised":
        return layer(f"{name}_bn", "BatchNorm", read[0], name) + layer(f"{name}_scale", "Scale", name, name)
    if kind == "bent in place":
        return layer(name, "ReLU", read[0], read[0], "relu_param { negative_slope: 0.5 }")
    if kind == "bent":
        return layer(name, "TanH", read[0], name)
    return layer(
        name, "Eltwise", " ".join(read), name, "eltwise_param { coeff: 1 coeff: -2 }" if kind == "weighted" else ""
    )


@st.composite
def nets(draw: st.DrawFn) -> str:
    """Sums of all kinds over blobs of one shape; what nobody reads is summed up at the end."""
    text, blobs, read_before = input_layer("x", *SHAPE) + convolution("a", "x"), ["a"], set[str]()
    for index in range(draw(st.integers(2, 12))):
        kind = draw(st.sampled_from(KINDS))
        if kind == "bent in place":
            read = [blob for blob in blobs if blob not in read_before][:1]
            text += added(index, kind, read) if read else ""
            continue
        numbers = {"sum": 2, "sum of three": 3, "weighted": 2}.get(kind, 1)
        read = [draw(st.sampled_from(blobs)) for _ in range(numbers)]
        text += added(index, kind, read)
        read_before |= {*read}
        blobs.append(f"b{index}")
    rest = [blob for blob in blobs if blob not in read_before]
    if len(rest) > 1:
        text += layer("rest", "Eltwise", " ".join(rest), "rest")
    text += input_layer("y", *SHAPE)
    return text + layer("loss", "EuclideanLoss", f"{'rest' if len(rest) > 1 else rest[0]} y", "loss")


@settings(max_examples=60, deadline=None)
@given(nets())
def test_gradients_are_the_same_wherever_they_lie(text: str) -> None:
    found = []
    for optimize in (True, False):
        net = Net(text, TRAIN, seed=1, dtype=np.float64, keep_all=not optimize, optimize=optimize)
        random = np.random.default_rng(2)
        net.forward(x=random.standard_normal(SHAPE), y=random.standard_normal(SHAPE))
        net.gradient()
        found.append([array.copy() for array in net.parameter_diff_arrays().values()])
    largest = max(np.abs(array).max() for array in found[1])
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-7, atol=1e-9 * largest)
