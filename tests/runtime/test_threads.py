"""Calls shared among threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from netcc.runtime import threads
from netcc.runtime.threads import Call, run_together


@pytest.fixture(params=[1, 2, 4], autouse=True)
def count(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setenv(threads.VARIABLE, str(request.param))
    for made in (threads.thread_count, threads._errands):
        made.cache_clear()
    yield request.param
    for made in (threads.thread_count, threads._errands):
        made.cache_clear()


def test_every_call_is_made_once_before_it_returns() -> None:
    for _ in range(200):
        done: list[int] = []
        run_together([(done.append, number) for number in range(5)])
        assert sorted(done) == [0, 1, 2, 3, 4]


def test_calls_are_made_at_the_same_time(count: int) -> None:
    barrier = threading.Barrier(count, timeout=10)
    run_together([(lambda _: barrier.wait(), None)] * count)


def test_a_late_helper_is_waited_for() -> None:
    done: list[str] = []

    def late(name: str) -> None:
        if threading.current_thread() is not threading.main_thread():
            time.sleep(0.05)
        done.append(name)

    run_together([(late, "a"), (late, "b"), (late, "c")])
    assert sorted(done) == ["a", "b", "c"]


def test_the_first_fault_in_the_order_of_the_calls_is_raised() -> None:
    made: list[int] = []

    def fail(number: int) -> None:
        time.sleep(0.01 * (3 - number))
        made.append(number)
        if number:
            raise ValueError(number)

    with pytest.raises(ValueError, match=r"^1$"):
        run_together([(fail, number) for number in range(3)])
    if threads.thread_count() > 1:
        assert sorted(made) == [0, 1, 2]


def test_what_a_call_shares_out_it_does_alone() -> None:
    seen: list[set[str]] = []

    def outer(_: Any) -> None:
        own: set[str] = set()
        inner: list[Call] = [(lambda _: own.add(threading.current_thread().name), None)] * 3
        run_together(inner)
        seen.append(own ^ {threading.current_thread().name})

    run_together([(outer, None)] * 2)
    assert seen == [set(), set()]
