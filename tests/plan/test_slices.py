"""Steps cut into slices of the batch: how they are cut, and that neither threads nor cuts change the result."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from helpers.nets import input_layer, layer, plan_of

from netcc.plan import slices
from netcc.plan.plan import AddStep, LayerStep, Plan
from netcc.runtime.net import Net
from netcc.types import TRAIN

CONVOLUTION = 'convolution_param { num_output: 4 kernel_size: 3 weight_filler { type: "xavier" } }'
INNER_PRODUCT = 'inner_product_param { num_output: 5 weight_filler { type: "xavier" } }'


def net(batch: int) -> str:
    return (
        input_layer("x", batch, 3, 24, 24)
        + input_layer("y", batch)
        + layer("conv", "Convolution", "x", "conv", CONVOLUTION)
        + layer("pool", "Pooling", "conv", "pool", "pooling_param { kernel_size: 2 stride: 2 }")
        + layer("drop", "Dropout", "pool", "pool")
        + layer("ip", "InnerProduct", "pool", "ip", INNER_PRODUCT)
        + layer("loss", "SoftmaxWithLoss", "ip y", "loss")
    )


@pytest.fixture
def _three_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slices, "processors", lambda: 3)


def step_of(plan: Plan, name: str) -> LayerStep:
    return next(step for step in plan.forward if isinstance(step, LayerStep) and step.node.name == name)


@pytest.mark.usefixtures("_three_processors")
def test_heavy_steps_are_cut_and_light_or_joined_ones_are_not() -> None:
    plan = plan_of(net(8))
    assert [part.bottoms[0].shape[0] for part in step_of(plan, "conv").parts] == [2, 3, 3]
    assert [part.tops[0].offset for part in step_of(plan, "conv").parts] == [0, 2 * 4 * 22 * 22, 5 * 4 * 22 * 22]
    assert step_of(plan, "drop").parts == ()  # draws numbers for the whole batch in one order
    assert step_of(plan, "loss").parts == ()  # light, and its rows are averaged
    assert [part.bottoms[0].shape[0] for part in step_of(plan_of(net(2)), "conv").parts] == [1, 1]
    assert step_of(plan_of(net(1)), "conv").parts == ()


@pytest.mark.usefixtures("_three_processors")
def test_gradients_of_slices_are_added_in_order() -> None:
    plan = plan_of(net(8))
    names = [step.name for step in plan.backward]
    at = names.index("backward conv")
    assert names[at + 1 :] == ["add into conv weights diff", "add into conv bias diff"] * 2
    step = plan.backward[at]
    assert isinstance(step, LayerStep)
    adds = [step for step in plan.backward[at + 1 :] if isinstance(step, AddStep)]
    assert [add.part.slot for add in adds[::2]] == [part.parameter_diffs[0].slot for part in step.parts[1:]]


def results(keep_all: bool) -> list[np.ndarray]:
    run = Net(net(8), TRAIN, seed=4, keep_all=keep_all, dtype=np.float64)
    random = np.random.default_rng(1)
    for _ in range(2):
        run.forward(x=random.standard_normal((8, 3, 24, 24)), y=random.integers(0, 5, 8))
        run.gradient(accumulate=True)
    return [np.array(run.loss), *run.parameter_diff_arrays().values()]


@pytest.mark.parametrize("keep_all", [True, False])
def test_cuts_change_nothing_but_rounding(keep_all: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for number in (1, 2, 3, 8):
        monkeypatch.setattr(slices, "processors", lambda number=number: number)
        found.append(results(keep_all))
    for other in found[1:]:
        for one, two in zip(found[0], other, strict=True):
            np.testing.assert_allclose(one, two, rtol=1e-10, atol=1e-14)


SCRIPT = """
import hashlib, sys
import numpy as np
from netcc.plan import slices
slices.processors = lambda: 4
from netcc.runtime.net import Net
run = Net(sys.stdin.read(), 0, seed=4)
random = np.random.default_rng(1)
run.forward(x=random.standard_normal((8, 3, 24, 24)), y=random.integers(0, 5, 8))
run.gradient()
print(hashlib.sha256(b"".join(a.tobytes() for a in run.parameter_diff_arrays().values())).hexdigest())
"""


def test_the_number_of_threads_changes_no_bit() -> None:
    digests = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            input=net(8),
            env={**os.environ, "NETCC_THREADS": threads},
            text=True,
            capture_output=True,
            check=True,
        ).stdout
        for threads in ("1", "2", "4")
    }
    assert len(digests) == 1


def test_a_number_of_threads_that_is_none_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from netcc.runtime.threads import thread_count; thread_count()"],
        env={**os.environ, "NETCC_THREADS": "many"},
        text=True,
        capture_output=True,
        check=False,
    )
    assert "NETCC_THREADS must be a positive number, found 'many'" in done.stderr
