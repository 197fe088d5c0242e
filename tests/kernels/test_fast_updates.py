"""The twin of an update gives the bytes of its definition, whatever the rule."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.twin_rows import Maker, Row

from netcc.kernels import updates
from netcc.kernels.twins import twins
from netcc.types import Array

pytest.importorskip("numba", reason="twins need numba")

RULES: list[tuple[updates.Update, int, updates.Numbers]] = [
    (updates.momentum, 1, (0.9,)),
    (updates.nesterov, 1, (0.9,)),
    (updates.adagrad, 1, (1e-8,)),
    (updates.rmsprop, 1, (0.98, 1e-8)),
    (updates.adadelta, 2, (0.95, 1e-6)),
    (updates.adam, 2, (0.9, 0.999, 1e-8)),
]
BEFORE = [(1, 0, 0, False), (1, 5e-4, 0, False), (1 / 3, 5e-4, 0, True), (0.3, 0, 0.01, False)]


def step(rule: tuple[updates.Update, int, updates.Numbers], length: int, before: tuple[Any, ...]) -> Row:
    update, number, numbers = rule

    def made(make: Maker) -> list[Array]:
        return [make.array(length), make.array(length), *(make.positive(length) for _ in range(number))]

    def definition(data: Array, gradient: Array, *moments: Array) -> None:
        scratch = np.full((2, length), np.nan, data.dtype)
        updates.step(update, data, gradient, moments, scratch, *before, 0.0123, numbers)

    return Row(definition, made, exact=True)


ROWS = [(rule, length, before) for rule in RULES for length in (1, 16, 1003) for before in BEFORE]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("rule", "length", "before"), ROWS)
def test_a_twin_gives_the_same_bytes(rule: Any, length: int, before: Any, dtype: type) -> None:
    update, _, numbers = rule
    twin = twins()[updates.step]

    def found(data: Array, gradient: Array, *moments: Array) -> None:
        twin(update, data, gradient, moments, (), *before, 0.0123, numbers)

    step(rule, length, before).check(found, dtype)


def test_a_rule_without_a_twin_runs_as_it_is() -> None:
    def halve(gradient: Array, moments: Any, rate: float, numbers: updates.Numbers, scratch: Any) -> None:
        gradient *= numbers[0]

    data, gradient = np.array([2.0]), np.array([8.0])
    twins()[updates.step](halve, data, gradient, (), (), 1, 0, 0, False, 0.1, (0.5,))
    assert (data[0], gradient[0]) == (-2, 4)


def test_an_update_by_hand() -> None:
    data, gradient, velocity, work = (np.array([value], np.float32) for value in (2, 0.5, 1, np.nan))
    updates.step(updates.momentum, data, gradient, [velocity], [work], 2, 0.25, 0, False, 0.125, (0.5,))
    assert velocity[0] == gradient[0] == 0.5 * 1 + 0.125 * (2 * 0.5 + 0.25 * 2)
    assert data[0] == 2 - velocity[0]
