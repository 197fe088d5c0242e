"""Pieces show every element once, in the order of memory, whatever that is."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from netcc.layers import cutting
from netcc.testing import channels_last, make_layer, run_layer
from netcc.types import Array, Shape

LAID: dict[str, Callable[[Shape], Array]] = {
    "as always": lambda shape: np.zeros(shape),
    "channels last": lambda shape: np.moveaxis(np.zeros((shape[0], *shape[2:], shape[1])), -1, 1),
    "with gaps": lambda shape: channels_last(np.zeros(shape)),
    "every second": lambda shape: np.zeros((*shape[:-1], 2 * shape[-1]))[..., ::2],
    "one number": lambda shape: np.broadcast_to(0.0, shape).copy()[:1, :1, :1, :1],
}


@pytest.mark.parametrize("length", [1, 7, 64, 1000])
@pytest.mark.parametrize("name", LAID)
def test_every_element_is_in_one_piece(name: str, length: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutting, "PIECE", length)
    array, other = LAID[name]((3, 4, 5, 2)), LAID[name]((3, 4, 5, 2))
    sizes = []
    for part, twin in cutting.cut([array, other]):
        part += 1
        twin -= part
        sizes.append(part.size)
    assert (array == 1).all()
    assert (other == -1).all()
    assert max(sizes) <= length


def test_arrays_may_lie_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutting, "PIECE", 6)
    numbers = np.arange(24.0).reshape(2, 3, 4, 1)
    target = channels_last(np.zeros((2, 3, 4, 1)))
    for source, part in cutting.cut([numbers, target]):
        part[...] = source
    np.testing.assert_array_equal(target, numbers)


def test_arrays_without_gaps_come_as_one_line() -> None:
    (part,) = next(iter(cutting.cut([LAID["channels last"]((2, 3, 4, 5))])))
    assert part.shape == (120,)


@pytest.mark.parametrize("kind", ["ReLU", "ELU", "Swish", "Mish", "HSwish", "BNLL"])
def test_pieces_change_no_number(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(0)
    x, dy = random.normal(size=(2, 3, 5, 4)), random.normal(size=(2, 3, 5, 4))
    whole = run_layer(make_layer(kind), [x], top_diffs=[dy])
    monkeypatch.setattr(cutting, "PIECE", 7)
    cut = run_layer(make_layer(kind), [x], top_diffs=[dy])
    np.testing.assert_array_equal(cut.tops[0], whole.tops[0])
    np.testing.assert_array_equal(cut.bottom_diffs[0], whole.bottom_diffs[0])  # type: ignore[arg-type]
