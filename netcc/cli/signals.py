"""What signals mean while a solver runs."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

Handler = Callable[[], None]


@contextmanager
def stopping_gently(stop: Handler, snapshot: Handler) -> Iterator[None]:
    """Within the block, Ctrl-C and SIGTERM call `stop` once and end the program when they come again; SIGHUP calls
    `snapshot`. The handlers run between two bytecodes of the main thread, so they should only set flags."""
    asked = False

    def on_stop(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True
        stop()

    def on_hangup(number: int, frame: FrameType | None) -> None:
        snapshot()

    handlers = {signal.SIGINT: on_stop, signal.SIGTERM: on_stop}
    if hasattr(signal, "SIGHUP"):
        handlers[signal.SIGHUP] = on_hangup
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
