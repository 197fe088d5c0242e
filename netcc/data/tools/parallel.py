"""Work on many items at the same time, with the results in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")


@contextmanager
def ordered_map(work: Callable[[ItemT], ResultT], items: Iterable[ItemT], threads: int) -> Iterator[Iterator[ResultT]]:
    """Gives `work(item)` for each of `items`, in their order; at most four results for each thread wait to be taken.

    What `work` raises is raised in the item's turn. Reading and decoding files lets other threads run. The threads end
    with the block: if a generator that was given up ended them, the garbage collector would wait for them, which stops
    for ever if it is a new thread that collects.
    """
    with ThreadPoolExecutor(threads, thread_name_prefix="netcc-tool") as pool:
        try:
            yield _results(pool, work, items, 4 * threads)
        finally:
            pool.shutdown(cancel_futures=True)


def _results(
    pool: ThreadPoolExecutor, work: Callable[[ItemT], ResultT], items: Iterable[ItemT], most: int
) -> Iterator[ResultT]:
    waiting: deque[Future[ResultT]] = deque()
    for item in items:
        waiting.append(pool.submit(work, item))
        if len(waiting) == most:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
