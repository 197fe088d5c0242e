"""Work on several threads, results in order."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from netcc.data.tools.parallel import ordered_map


@pytest.mark.parametrize("threads", [1, 4])
def test_results_are_in_order(threads: int) -> None:
    with ordered_map(lambda number: number * number, range(100), threads) as results:
        assert list(results) == [n * n for n in range(100)]


def test_work_is_done_at_the_same_time() -> None:
    both = threading.Barrier(2, timeout=10)
    with ordered_map(lambda number: both.wait() >= 0 and number, range(4), 2) as results:
        assert sorted(results) == [0, 1, 2, 3]


def test_only_so_many_items_are_taken_ahead() -> None:
    taken = []

    def items() -> Iterator[int]:
        for number in range(1000):
            taken.append(number)
            yield number

    with ordered_map(str, items(), 2) as results:
        assert next(results) == "0"
        assert len(taken) == 8


def test_an_exception_comes_in_its_turn() -> None:
    def work(number: int) -> float:
        return 1 / (3 - number)

    with ordered_map(work, range(10), 2) as results:
        assert [next(results) for _ in range(3)] == [1 / 3, 1 / 2, 1]
        with pytest.raises(ZeroDivisionError):
            next(results)


def test_threads_end_with_the_block_whoever_holds_the_results() -> None:
    def workers() -> list[str]:
        return [thread.name for thread in threading.enumerate() if thread.name.startswith("netcc-tool")]

    held = []
    with ordered_map(str, range(100), 3) as results:
        held.append(results)
        next(results)
        assert len(workers()) == 3
    assert not workers()
