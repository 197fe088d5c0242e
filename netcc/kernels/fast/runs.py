"""Neighbouring elements copied, added, cleared: the inner loops of several twins."""

from __future__ import annotations

from typing import Any

from netcc.kernels.fast.compiled import part
from netcc.kernels.fast.lanes import load, rest, store, whole, width, zeros


@part
def copy_run(source: Any, start: int, target: Any, first: int, length: int) -> None:
    """Copies `length` elements from offset `start` of `source` to offset `first` of `target`."""
    step = width(source)
    full = length // step * step
    for i in range(0, full, step):
        store(target, first + i, load(source, start + i, whole(source)), whole(source))
    if full < length:
        pattern = rest(source, length - full)
        store(target, first + full, load(source, start + full, pattern), pattern)


@part
def spill_run(source: Any, start: int, end: int, target: Any, first: int, last: int, length: int) -> None:
    """Copies like `copy_run`, but may write more: for targets that are filled from front to back.

    Nothing is read from `end` on nor written from `last` on.
    """
    step = width(source)
    reach = (length + step - 1) // step * step
    if start + reach > end or first + reach > last:
        copy_run(source, start, target, first, length)
        return
    for i in range(0, length, step):
        store(target, first + i, load(source, start + i, whole(source)), whole(source))


@part
def clear_run(target: Any, first: int, last: int, length: int) -> None:
    """Zeros from offset `first` on, perhaps more than `length`, but none from `last` on."""
    step = width(target)
    for i in range(0, length, step):
        if first + i + step <= last:
            store(target, first + i, zeros(whole(target)), whole(target))
        else:
            pattern = rest(target, length - i)
            store(target, first + i, zeros(pattern), pattern)


@part
def add_run(source: Any, start: int, target: Any, first: int, length: int) -> None:
    """Adds `length` elements from offset `start` of `source` to those from offset `first` of `target`."""
    step = width(source)
    full = length // step * step
    for i in range(0, full, step):
        _add(source, start + i, target, first + i, whole(source))
    if full < length:
        _add(source, start + full, target, first + full, rest(source, length - full))


@part
def _add(source: Any, start: int, target: Any, first: int, pattern: Any) -> None:
    store(target, first, load(target, first, pattern) + load(source, start, pattern), pattern)
