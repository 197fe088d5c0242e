"""Pieces of memory find places: never two at once in one, never less than what is alive, near it where it counts."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netcc.plan import packing
from netcc.plan.packing import TRIES, Piece, alive, most_alive, pack


@st.composite
def pieces(draw: st.DrawFn) -> list[Piece]:
    found = []
    for _ in range(draw(st.integers(0, 12))):
        first = draw(st.integers(0, 9))
        found.append(Piece(draw(st.integers(0, 40)), first, draw(st.integers(first, 9))))
    return found


@given(pieces())
def test_what_lives_at_once_lies_apart(found: list[Piece]) -> None:
    packed = pack(found)
    for (one, start), (other, beginning) in combinations(zip(found, packed.offsets, strict=True), 2):
        meet = one.first <= other.last and other.first <= one.last
        apart = start + one.size <= beginning or beginning + other.size <= start
        assert apart or not meet or not one.size or not other.size
    assert packed.used == max((start + one.size for one, start in zip(found, packed.offsets, strict=True)), default=0)
    assert packed.used >= most_alive(found)
    assert pack(found) == packed


def test_alive_counts_both_ends() -> None:
    assert alive([Piece(3, 0, 1), Piece(5, 1, 3)]) == [3, 8, 5, 5]
    assert alive([]) == []
    assert most_alive([]) == 0


def test_lives_that_follow_one_another_share() -> None:
    assert pack([Piece(7, 0, 0), Piece(7, 1, 1), Piece(7, 2, 2)]).offsets == [0, 0, 0]


SKIPS = [
    (2079, 1, 3), (744, 1, 1), (2079, 2, 2), (520, 2, 2), (2065, 3, 53), (2065, 4, 4), (516, 4, 4), (516, 5, 6),
    (1018, 6, 8), (1018, 7, 7), (1004, 8, 45), (1004, 9, 9), (944, 24, 24), (554, 38, 39), (512, 43, 46),
    (1024, 46, 47), (983, 51, 54), (983, 52, 52), (983, 53, 54), (1967, 54, 55), (973, 55, 57), (973, 56, 56),
]  # fmt: skip
"""The largest buffers of a U-Net, (size, first, last): two of them live from the way down to the way up."""


def test_a_second_try_beats_largest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [Piece(*numbers) for numbers in SKIPS]
    assert pack(found).used <= 1.01 * most_alive(found)
    monkeypatch.setattr(packing, "TRIES", 0)
    assert pack(found).used > 1.1 * most_alive(found)


@pytest.mark.parametrize(("placements", "tries"), [(10**6, TRIES), (3 * len(SKIPS), 3)])
def test_tries_end(monkeypatch: pytest.MonkeyPatch, placements: int, tries: int) -> None:
    """Where the bound is out of reach, so many tries follow the first as the size of the net allows."""
    orders = []
    place = packing._place
    monkeypatch.setattr(packing, "GOOD_ENOUGH", 0)
    monkeypatch.setattr(packing, "PLACEMENTS", placements)
    monkeypatch.setattr(packing, "_place", lambda pieces, order: orders.append(order) or place(pieces, order))
    pack([Piece(*numbers) for numbers in SKIPS])
    assert len(orders) == 1 + tries
