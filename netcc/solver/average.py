"""The loss averaged over the last iterations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class AverageLoss:
    """A ring of the last `size` losses, as `Solver::UpdateSmoothedLoss` of src/caffe/solver.cpp keeps it."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._losses: list[float] = []
        self._next = 0

    def clear(self) -> None:
        """Forgets all losses."""
        self._losses.clear()
        self._next = 0

    def add(self, loss: float) -> None:
        if len(self._losses) < self._size:
            self._losses.append(loss)
        else:
            self._losses[self._next] = loss
            self._next = (self._next + 1) % self._size

    @property
    def value(self) -> float:
        """The mean of the losses in the ring, which must not be empty."""
        return sum(self._losses) / len(self._losses)

    def state(self) -> dict[str, Any]:
        """The ring as it is, fit for JSON: the order of its losses decides how their sum is rounded."""
        return {"size": self._size, "losses": list(self._losses), "next": self._next}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Takes over a ring; of one of another size, its latest losses. Raises ValueError if it makes no sense."""
        losses, first = [float(loss) for loss in state["losses"]], int(state["next"])
        if len(losses) > state["size"] or not 0 <= first <= max(0, len(losses) - 1):
            raise ValueError("no ring of losses")
        if state["size"] != self._size:
            losses, first = [*losses[first:], *losses[:first]][-self._size :], 0
        self._losses, self._next = losses, first
