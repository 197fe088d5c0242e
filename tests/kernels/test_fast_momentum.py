"""The twin of the usual update gives the bytes of its definition."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.twin_rows import Maker, Row

from netcc.kernels.momentum import momentum_step
from netcc.kernels.twins import twins

pytest.importorskip("numba", reason="twins need numba")


def step(length: int, scale: float, penalty: float) -> Row:
    def arguments(make: Maker) -> Any:
        return *(make.array(length) for _ in range(4)), scale, penalty, 0.9, 0.0123

    return Row(momentum_step, arguments, scratch=(3,), exact=True)


ROWS = [step(length, *numbers) for length in (1, 16, 1003) for numbers in ((1, 0), (1, 5e-4), (0.3, 0), (1 / 3, 5e-4))]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("row", ROWS)
def test_a_twin_gives_the_same_bytes(row: Row, dtype: type) -> None:
    row.check(twins()[row.definition], dtype)


def test_an_update_by_hand() -> None:
    data, gradient, velocity = (np.array([value], np.float32) for value in (2, 0.5, 1))
    momentum_step(data, gradient, velocity, np.empty(1, np.float32), 2, 0.25, 0.5, 0.125)
    assert velocity[0] == gradient[0] == 0.5 * 1 + 0.125 * (2 * 0.5 + 0.25 * 2)
    assert data[0] == 2 - velocity[0]
