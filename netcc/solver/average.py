"""The loss averaged over the last iterations."""

from __future__ import annotations


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
