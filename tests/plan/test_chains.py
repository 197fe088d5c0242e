"""Slices of a batch run through several steps before threads wait for each other."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from helpers.nets import input_layer, layer, plan_of

from netcc.errors import LayerError
from netcc.layers.convolution import Convolution
from netcc.plan import chains, slices
from netcc.plan.memory import plan_lifetimes
from netcc.plan.plan import AddStep, LayerStep, Plan, Slot
from netcc.plan.verify import verify_plan
from netcc.runtime.net import Net
from netcc.types import TRAIN

CONVOLUTION = 'convolution_param { num_output: 8 kernel_size: 3 weight_filler { type: "xavier" } }'
NET = (
    input_layer("x", 8, 3, 24, 24)
    + input_layer("y", 8)
    + layer("a", "Convolution", "x", "a", CONVOLUTION)
    + layer("b", "Convolution", "a", "b", CONVOLUTION)
    + layer("pool", "Pooling", "b", "pool", "pooling_param { kernel_size: 2 stride: 2 }")
    + layer(
        "ip", "InnerProduct", "pool", "ip", 'inner_product_param { num_output: 5 weight_filler { type: "xavier" } }'
    )
    + layer("loss", "SoftmaxWithLoss", "ip y", "loss")
)


@pytest.fixture
def _two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slices, "processors", lambda: 2)


def names(plan: Plan, steps: list[object]) -> list[str]:
    """The layers of each chain among `steps`."""
    found: dict[tuple[int, int], list[str]] = {}
    for step in steps:
        if isinstance(step, LayerStep) and step.time in plan.spans:
            found.setdefault(plan.spans[step.time], []).append(step.node.name)
    return [" ".join(chain) for chain in found.values()]


@pytest.mark.usefixtures("_two_processors")
def test_neighbours_that_are_cut_alike_are_chained() -> None:
    plan = plan_of(NET, keep_all=False)
    assert names(plan, plan.forward) == ["a b"]
    assert names(plan, plan.backward) == names(plan, plan.backward_add) == ["b a"]


BRANCHES = (
    input_layer("x", 8, 3, 40, 40)
    + layer("a", "Convolution", "x", "a", CONVOLUTION)
    + layer("parts", "Slice", "a", "left right", "slice_param { slice_point: 3 }")
    + layer("b", "TanH", "left", "b")
    + layer("c", "Sigmoid", "right", "c")
    + layer("both", "Concat", "b c", "both")
)


@pytest.mark.usefixtures("_two_processors")
def test_what_moves_nothing_keeps_no_chain_apart() -> None:
    plan = plan_of(BRANCHES, keep_all=False, gradients=False)
    kinds = {step.node.name: step.target.name for step in plan.forward if isinstance(step, LayerStep)}
    assert (kinds["parts"], kinds["both"]) == ("in place", "in place")
    assert "a b c" in names(plan, plan.forward)[0]


@pytest.mark.usefixtures("_two_processors")
def test_rows_that_become_others_end_a_chain() -> None:
    text = input_layer("x", 3, 8, 48, 48) + layer("a", "TanH", "x", "a")
    text += layer("rows", "Slice", "a", "first rest", "slice_param { axis: 0 slice_point: 1 }")
    text += layer("b", "Sigmoid", "rest", "b") + layer("c", "TanH", "b", "c") + layer("d", "TanH", "first", "d")
    plan = plan_of(text, keep_all=False, gradients=False)
    assert names(plan, plan.forward) == ["b c"]


@pytest.mark.usefixtures("_two_processors")
def test_a_layer_moves_nothing_only_in_the_direction_in_which_all_lies_there() -> None:
    plan = plan_of(BRANCHES + layer("loss", "Reduction", "both", "loss", "loss_weight: 1"))
    steps = [step for step in (*plan.forward, *plan.backward) if isinstance(step, LayerStep)]
    both = {step.direction: step.target.name for step in steps if step.node.name == "both"}
    assert both == {"forward": "in place", "backward": "layer"}, "every diff is kept"


@pytest.mark.usefixtures("_two_processors")
def test_gradients_of_parameters_are_added_behind_the_chain() -> None:
    plan = plan_of(NET, keep_all=False)
    kinds = [step.node.name if isinstance(step, LayerStep) else "add" for step in plan.backward]
    assert kinds[-6:] == ["b", "a", "add", "add", "add", "add"]
    assert all(isinstance(step, AddStep) and step.deferrable for step in plan.backward[-4:])


@pytest.mark.usefixtures("_two_processors")
def test_what_lives_within_a_chain_lives_as_long_as_it() -> None:
    plan = plan_of(NET, keep_all=False, gradients=False)
    (span,) = set(plan.spans.values())
    lives = plan_lifetimes(plan)
    chain = [step for step in plan.forward if step.time in plan.spans]
    inner = {slot for step in chain for slot in step.writes() if slot.role == "scratch"}
    assert len(inner) == 4  # of two convolutions, in two slices each
    assert all((lives[slot].first, lives[slot].last) == span for slot in inner)


@pytest.mark.usefixtures("_two_processors")
def test_a_chain_binds_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chains, "MOST_UNITS", 1 << 12)
    monkeypatch.setattr(chains, "MOST_UNITS_LONG", ())
    assert plan_of(NET, keep_all=False).spans == {}


@pytest.mark.usefixtures("_two_processors")
def test_long_chains_are_for_nets_that_need_no_more_memory_with_them_or_little(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chains, "MOST_UNITS", 1 << 12)
    plans = []
    for little in (0, 1 << 20):
        monkeypatch.setattr(chains, "LITTLE_UNITS", little)
        plans.append(plan_of(NET, keep_all=False))
    assert [names(plan, plan.forward) for plan in plans] == [[], ["a b"]]
    assert plans[0].memory.arenas["buffers"] < plans[1].memory.arenas["buffers"]
    assert plan_of(NET, keep_all=False, gradients=False).spans == {}


@pytest.mark.usefixtures("_two_processors")
def test_the_steps_of_a_slice_share_their_scratch() -> None:
    plan = plan_of(NET, keep_all=False)
    verify_plan(plan)
    for steps in (plan.forward, plan.backward, plan.backward_add):
        scratch: dict[tuple[tuple[int, int], int], set[Slot]] = {}
        for step in steps:
            if isinstance(step, LayerStep) and step.time in plan.spans:
                for number, part in enumerate(step.parts):
                    own = scratch.setdefault((plan.spans[step.time], number), set())
                    own.update(view.slot for view in part.scratch if view.slot.kind == "real")
        assert scratch
        assert all(len(slots) == 1 for slots in scratch.values())
        assert len({slot for slots in scratch.values() for slot in slots}) == len(scratch)


@pytest.mark.usefixtures("_two_processors")
def test_chains_change_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for most in (1 << 12, 1 << 23):
        monkeypatch.setattr(chains, "MOST_UNITS", most)
        monkeypatch.setattr(chains, "MOST_UNITS_LONG", (most,))
        net = Net(NET, TRAIN, seed=4, keep_all=False)
        random = np.random.default_rng(1)
        for _ in range(2):
            net.forward(x=random.standard_normal((8, 3, 24, 24)), y=random.integers(0, 5, 8))
            net.gradient(accumulate=True)
        found.append(b"".join(array.tobytes() for array in net.parameter_diff_arrays().values()))
    assert found[0] == found[1]


@pytest.mark.usefixtures("_two_processors")
def test_a_fault_within_a_chain_names_its_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise LayerError("no more")

    net = Net(NET, TRAIN, seed=4, optimize=True, keep_all=False)
    steps = [step for step in net.plan.forward if isinstance(step, LayerStep) and step.node.name == "a"]
    kernel: Callable[..., None] = steps[0].parts[1].target.kernel.forward
    monkeypatch.setattr(steps[0].parts[1].target.kernel, "forward", fail)
    assert isinstance(steps[0].node.layer, Convolution)
    with pytest.raises(LayerError) as caught:
        net.forward()
    assert "in layer 'a' (Convolution)" in str(caught.value)
    monkeypatch.setattr(steps[0].parts[1].target.kernel, "forward", kernel)
    net.forward()
