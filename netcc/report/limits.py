"""What this machine can do at its best: multiply-adds of a matrix product, and bytes moved by a copy."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from netcc.runtime.threads import blas_on_one_thread, run_together, thread_count

PRODUCT_SIZE = 1152
"""Rows and columns of the matrices that are multiplied: far more work than the memory traffic that feeds it."""

COPY_BYTES = 1 << 26
"""Bytes that each thread copies at once: more than the caches hold."""


@dataclass(frozen=True)
class Limits:
    """`flops`: floating-point operations a second of float32 products; `bytes_per_second`: read and written by copies;
    both with `threads` threads at once."""

    flops: float
    bytes_per_second: float
    threads: int


def measure_limits(seconds: float = 0.4) -> Limits:
    """Measures for about `seconds` each, on as many threads as netcc uses, and takes the best pass."""
    threads = thread_count()
    random = np.random.default_rng(0)
    sides = [random.random((3, PRODUCT_SIZE, PRODUCT_SIZE), dtype=np.float32) for _ in range(threads)]
    with blas_on_one_thread():
        product = _best(lambda: run_together([(_multiply, arrays) for arrays in sides]), seconds)
    pieces = [np.ones((2, COPY_BYTES // 4), np.float32) for _ in range(threads)]
    copy = _best(lambda: run_together([(_copy, arrays) for arrays in pieces]), seconds)
    return Limits(threads * 2 * PRODUCT_SIZE**3 / product, threads * 2 * COPY_BYTES / copy, threads)


def _best(work: Callable[[], None], seconds: float) -> float:
    """The shortest time of a call, repeated for about `seconds`, after one to warm up."""
    work()
    best, end = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < end:
        begin = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - begin)
    return best


def _multiply(arrays: Any) -> None:
    left, right, product = arrays
    np.matmul(left, right, out=product)


def _copy(arrays: Any) -> None:
    source, target = arrays
    np.copyto(target, source)
