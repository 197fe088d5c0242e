"""What a solver reports while it runs, and the form of those who listen.

A log file, a metrics file and a progress bar are listeners; a test can be one too.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class Score:
    """One element of an output blob. `loss_weight` is 0 where the blob is no loss."""

    name: str
    value: float
    loss_weight: float = 0.0


class Event(ABC):
    """The base of all events."""

    __slots__ = ()

    @abstractmethod
    def tell(self, listener: Listener) -> None:
        """Calls the method of `listener` for this kind of event."""


@dataclass(frozen=True, slots=True)
class Started(Event):
    """A call of `solve` begins at `iteration`. `images` is how many one iteration sees, over all its passes."""

    iteration: int
    max_iter: int
    net: str
    lr_policy: str
    seed: int
    images: int

    def tell(self, listener: Listener) -> None:
        listener.on_start(self)


@dataclass(frozen=True, slots=True)
class Restored(Event):
    """The solver continues from a snapshot; `lost` says in words what is not as it was when that was taken."""

    iteration: int
    state: Path
    lost: tuple[str, ...] = ()

    def tell(self, listener: Listener) -> None:
        listener.on_restore(self)


@dataclass(frozen=True, slots=True)
class NetTestStarted(Event):
    """Test net `net` (counted from 0) is about to see `batches` batches, before the update of `iteration`."""

    iteration: int
    net: int
    batches: int

    def tell(self, listener: Listener) -> None:
        listener.on_test_start(self)


@dataclass(frozen=True, slots=True)
class NetTested(Event):
    """Scores of test net `net`, averaged over its batches. `loss` is the objective if test_compute_loss is set."""

    iteration: int
    net: int
    scores: tuple[Score, ...]
    loss: float | None
    seconds: float

    def tell(self, listener: Listener) -> None:
        listener.on_test(self)


@dataclass(frozen=True, slots=True)
class Displayed(Event):
    """What `display` asks for: the loss averaged over `average_loss` iterations, the outputs of the last pass.

    `lr` is the rate about to be applied. `seconds` and `iterations` are those since the last display, tests included.
    """

    iteration: int
    loss: float
    lr: float
    scores: tuple[Score, ...]
    seconds: float
    iterations: int

    def tell(self, listener: Listener) -> None:
        listener.on_display(self)


@dataclass(frozen=True, slots=True)
class Iterated(Event):
    """One update is done. `iteration` is its number, from 0; `loss` the raw loss before it; `seconds` without tests."""

    iteration: int
    loss: float
    lr: float
    seconds: float

    def tell(self, listener: Listener) -> None:
        listener.on_iteration(self)


@dataclass(frozen=True, slots=True)
class Inspected(Event):
    """With debug_info: mean absolute values of one blob of `layer`, in a pass ("Forward", "Backward") or at the
    "Update". `what` says which blob it is, in Caffe's words."""

    stage: Literal["Forward", "Backward", "Update"]
    layer: str
    what: str
    data: float | None = None
    diff: float | None = None

    def tell(self, listener: Listener) -> None:
        listener.on_inspect(self)


@dataclass(frozen=True, slots=True)
class Normed(Event):
    """With debug_info: L1 and L2 norms of all parameters after a backward pass, of numbers and gradients."""

    first: tuple[float, float]
    second: tuple[float, float]

    def tell(self, listener: Listener) -> None:
        listener.on_norms(self)


@dataclass(frozen=True, slots=True)
class Snapshotted(Event):
    """Two files were written: weights and solver state after `iteration` updates."""

    iteration: int
    model: Path
    state: Path

    def tell(self, listener: Listener) -> None:
        listener.on_snapshot(self)


@dataclass(frozen=True, slots=True)
class FinalLoss(Event):
    """The averaged loss after the last update, from one more forward pass."""

    iteration: int
    loss: float

    def tell(self, listener: Listener) -> None:
        listener.on_final(self)


@dataclass(frozen=True, slots=True)
class Finished(Event):
    """A call of `solve` ends; `stopped` if that was asked for before max_iter."""

    iteration: int
    stopped: bool

    def tell(self, listener: Listener) -> None:
        listener.on_finish(self)


class Listener:
    """Hears every event and does nothing; subclasses overwrite what they care for."""

    def on_start(self, event: Started) -> None: ...

    def on_restore(self, event: Restored) -> None: ...

    def on_test_start(self, event: NetTestStarted) -> None: ...

    def on_test(self, event: NetTested) -> None: ...

    def on_display(self, event: Displayed) -> None: ...

    def on_iteration(self, event: Iterated) -> None: ...

    def on_inspect(self, event: Inspected) -> None: ...

    def on_norms(self, event: Normed) -> None: ...

    def on_snapshot(self, event: Snapshotted) -> None: ...

    def on_final(self, event: FinalLoss) -> None: ...

    def on_finish(self, event: Finished) -> None: ...
