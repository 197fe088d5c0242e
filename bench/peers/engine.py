"""What every peer offers: one step, and numbers to compare by."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from bench.peers.nets import CASES, Case

MOMENTUM, DECAY = 0.9, 0.0005


@dataclass(frozen=True)
class Job:
    """What a worker is to run. `statistics` is a file with running means and variances; `check` asks for one
    comparable step in training: nothing is dropped then, and the rate is large enough for an update to show. Where
    `sleep`, threads that wait for others sleep at once; else they spin as long as each library thinks good."""

    net: str
    training: bool
    peer: str
    threads: int
    statistics: str = ""
    check: bool = False
    sleep: bool = False

    @property
    def case(self) -> Case:
        return CASES[self.net]

    @property
    def rate(self) -> float:
        return 1e-2 if self.check else 1e-5

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass
class Result:
    """Samples of numbers to compare: outputs in inference, the loss in training, and the first update of parameters."""

    outputs: dict[str, list[float]]
    updates: dict[str, list[float]] = field(default_factory=dict)

    def as_json(self) -> dict[str, dict[str, list[float]]]:
        return {"outputs": self.outputs, "updates": self.updates}


class Engine(Protocol):
    def step(self) -> None:
        """One pass forward, or one whole training step."""

    def result(self) -> Result:
        """In inference the outputs of a pass; in training, on a fresh engine, loss and updates of the first step."""


class NotAvailable(Exception):  # noqa: N818  # no error: the peer is left out
    """The peer cannot run here; the text says why."""
