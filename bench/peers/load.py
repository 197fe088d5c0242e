"""How much of the machine others had while something was measured: times taken on a busy machine say little."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

STAT = Path("/proc/stat")


class Load:
    """Counts from its making on. `workers` are the processes that are measured."""

    def __init__(self, workers: Sequence[int]) -> None:
        self.workers = workers
        self._busy, self._all, self._own = *_machine(), self._spent()

    def others(self) -> float:
        """The share of all processors' time that went to other programs; 0 where the system does not tell."""
        busy, total = _machine()
        own = self._spent() - self._own
        return max(0.0, (busy - self._busy - own) / (total - self._all)) if total > self._all else 0.0

    def _spent(self) -> int:
        return sum(map(_process, [os.getpid(), *self.workers]))


def _machine() -> tuple[int, int]:
    """Ticks of all processors together: those at work (or taken by other guests of the host), and all."""
    if not STAT.exists():
        return 0, 0
    user, nice, system, idle, waiting, *rest = map(int, STAT.read_text().split("\n", 1)[0].split()[1:9])
    busy = user + nice + system + sum(rest)
    return busy, busy + idle + waiting


def _process(number: int) -> int:
    """Ticks that a process has had; its threads count, its children do not."""
    path = Path(f"/proc/{number}/stat")
    if not path.exists():
        return 0
    fields = path.read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])
