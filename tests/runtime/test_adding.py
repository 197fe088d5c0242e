"""Gradients are added the same whether threads share the work or not."""

from __future__ import annotations

import numpy as np
import pytest

from netcc.runtime.adding import LEAST_PART, adding
from netcc.runtime.threads import run_together
from netcc.targets.share import processors


@pytest.mark.parametrize("shape", [(3, 5), (7, LEAST_PART // 3), (2 * LEAST_PART,), (1, 2 * LEAST_PART)])
def test_a_part_is_added(shape: tuple[int, ...]) -> None:
    random = np.random.default_rng(1)
    target, part = random.standard_normal((2, *shape), np.float32)
    expected = target + part
    function, arguments = adding(target, part)
    function(arguments)
    np.testing.assert_array_equal(target, expected)


def test_only_much_is_shared_out() -> None:
    few, many = np.zeros((4, 100), np.float32), np.zeros((processors(), 2 * LEAST_PART), np.float32)
    assert adding(few, few.copy())[0] is not run_together
    function, calls = adding(many, many.copy())
    assert function is run_together
    assert len(calls) == processors()


def test_channels_innermost() -> None:
    target = np.zeros((8, 60, 60, 32), np.float32).transpose(0, 3, 1, 2)
    function, arguments = adding(target, np.ones_like(target))
    function(arguments)
    assert target.min() == target.max() == 1
