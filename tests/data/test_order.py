"""The order of lists: wrap-around, shuffling by epoch, positions."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netcc.data.order import Order
from netcc.errors import DataError


def order(count: int = 5, shuffle: bool = False, skip: int = 0, seed: int = 0) -> Order:
    return Order(count, shuffle, np.random.default_rng(seed), skip)


def test_from_the_first_again_after_the_last() -> None:
    places = order(3)
    assert places.peek() == 0
    assert places.take(7) == [0, 1, 2, 0, 1, 2, 0]
    assert places.peek() == 1


def test_every_epoch_has_all_places_in_an_order_of_its_own() -> None:
    places = order(50, shuffle=True)
    epochs = [places.take(50) for _ in range(3)]
    assert all(sorted(epoch) == list(range(50)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in [*epochs, range(50)]}) == 4


def test_the_generator_decides_the_order() -> None:
    assert order(20, shuffle=True, seed=1).take(20) == order(20, shuffle=True, seed=1).take(20)
    assert order(20, shuffle=True, seed=1).take(20) != order(20, shuffle=True, seed=2).take(20)


def test_nothing_is_drawn_without_shuffling() -> None:
    random = np.random.default_rng(0)
    Order(5, False, random)
    assert random.integers(1 << 40) == np.random.default_rng(0).integers(1 << 40)


@given(st.integers(1, 9), st.booleans(), st.integers(0, 40), st.integers(1, 9))
def test_a_position_leads_back(count: int, shuffle: bool, before: int, after: int) -> None:
    places = order(count, shuffle)
    places.take(before)
    position = json.loads(json.dumps(places.position()))
    expected = places.take(after)
    other = order(count, shuffle, seed=9)
    other.restore(position)
    assert other.peek() == expected[0]
    assert other.take(after) == expected


def test_skipping() -> None:
    assert order(5, skip=3).take(4) == [3, 4, 0, 1]
    with pytest.raises(DataError) as caught:
        order(5, skip=5)
    assert caught.value.message == "rand_skip came to 5, but there are only 5 records"


@pytest.mark.parametrize(
    ("position", "message"),
    [
        ({"epoch": 0, "record": 5, "seed": None}, "there is no record 5"),
        ({}, "there is no record -1"),
        ({"epoch": -1, "record": 0, "seed": None}, "there is no record 0"),
        ({"epoch": 0, "record": 0, "seed": 3}, "it was shuffled there, or is here, but not both"),
    ],
)
def test_no_such_place(position: dict, message: str) -> None:
    places = order(5)
    with pytest.raises(DataError) as caught:
        places.restore(position)
    assert caught.value.message == message
    assert places.take(1) == [0]
