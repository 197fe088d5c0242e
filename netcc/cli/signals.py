"""What signals mean while a solver runs."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Literal, TypeAlias

Action = Callable[[], None]

Effect: TypeAlias = Literal["stop", "snapshot", "none"]
EFFECTS: tuple[Effect, ...] = ("stop", "snapshot", "none")


@contextmanager
def heeding_signals(
    stop: Action, snapshot: Action, *, sigint: Effect = "stop", sighup: Effect = "snapshot"
) -> Iterator[None]:
    """Within the block, Ctrl-C has the effect `sigint` and SIGHUP the effect `sighup`, as the flags of tools/caffe.cpp.

    SIGTERM stops. What stops calls `stop` once and ends the program when it comes again. The handlers run between two
    bytecodes of the main thread, so the actions should only set flags.
    """
    asked = False

    def on_stop(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True
        stop()

    def on_snapshot(number: int, frame: FrameType | None) -> None:
        snapshot()

    def on_none(number: int, frame: FrameType | None) -> None:
        return

    by_effect = {"stop": on_stop, "snapshot": on_snapshot, "none": on_none}
    handlers = {signal.SIGINT: by_effect[sigint], signal.SIGTERM: on_stop}
    if hasattr(signal, "SIGHUP"):
        handlers[signal.SIGHUP] = by_effect[sighup]
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
