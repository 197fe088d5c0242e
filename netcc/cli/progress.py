"""What a user sees while a net is trained: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Self

import click

from netcc.solver.events import Displayed, Iterated, Listener, NetTested, Restored, Score, Snapshotted, Started

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

REFRESH_SECONDS = 0.1


class Pace:
    """Images per second and the time left, over the iterations of the last seconds (tests excluded)."""

    MEMORY = 0.95
    """Weight of the past at each iteration: some 20 iterations count."""

    def __init__(self) -> None:
        self.images = 0
        self.max_iter = 0
        self._seconds = 0.0
        self._weight = 0.0

    def begin(self, event: Started) -> None:
        self.images, self.max_iter = event.images, event.max_iter

    def note(self, event: Iterated) -> None:
        self._seconds = self.MEMORY * self._seconds + event.seconds
        self._weight = self.MEMORY * self._weight + 1

    @property
    def seconds_each(self) -> float:
        """Seconds of one iteration; 0 before the first."""
        return self._seconds / self._weight if self._weight else 0.0

    @property
    def images_per_second(self) -> float:
        return self.images / self.seconds_each if self.seconds_each else 0.0

    def seconds_left(self, iteration: int) -> float:
        """The time that the iterations after `iteration` will take."""
        return self.seconds_each * max(0, self.max_iter - iteration)


class Progress(Listener):
    """The base: keeps pace and says what happens in single lines through `say`."""

    def __init__(self) -> None:
        self.pace = Pace()

    def say(self, line: str) -> None:
        click.echo(line, err=True)

    def on_start(self, event: Started) -> None:
        self.pace.begin(event)

    def on_restore(self, event: Restored) -> None:
        self.say(f"continuing from {event.state} (iteration {event.iteration})")
        for lost in event.lost:
            self.say(f"  {lost}")

    def on_iteration(self, event: Iterated) -> None:
        self.pace.note(event)

    def on_test(self, event: NetTested) -> None:
        which = f" net {event.net}" if event.net else ""
        self.say(f"iteration {event.iteration}, test{which}: {scores_text(event.scores)}")

    def on_snapshot(self, event: Snapshotted) -> None:
        self.say(f"iteration {event.iteration}, snapshot: {event.model}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


class Silent(Progress):
    """Says nothing."""

    def say(self, line: str) -> None:
        return None


class Lines(Progress):
    """A line at each display, for files and pipes."""

    def on_display(self, event: Displayed) -> None:
        rate, left = self.pace.images_per_second, self.pace.seconds_left(event.iteration)
        pace = f", {rate:,.0f} img/s, {duration(left)} left" if rate else ""
        self.say(f"iteration {event.iteration} of {self.pace.max_iter}: loss {event.loss:.6g}, lr {event.lr:.6g}{pace}")


class TerminalBar(Progress):
    """A bar that shows iteration, loss, rate, images per second and the time left; lines stand above it."""

    def __init__(self) -> None:
        super().__init__()
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        self.bar: Bar = Progress(
            TextColumn("{task.completed:.0f} of {task.total:.0f}"),
            BarColumn(),
            TextColumn("{task.fields[numbers]}"),
            console=Console(stderr=True),
            refresh_per_second=1 / REFRESH_SECONDS,
        )
        self.task = self.bar.add_task("", total=1, numbers="", visible=False)
        self._shown = 0.0

    def say(self, line: str) -> None:
        self.bar.console.print(line, highlight=False, markup=False, soft_wrap=True)

    def on_start(self, event: Started) -> None:
        super().on_start(event)
        self.bar.update(self.task, completed=event.iteration, total=event.max_iter, visible=True)

    def on_iteration(self, event: Iterated) -> None:
        super().on_iteration(event)
        done = event.iteration + 1
        now = time.monotonic()
        if now - self._shown < REFRESH_SECONDS and done < self.pace.max_iter:
            return
        self._shown = now
        numbers = (
            f"loss {event.loss:.4g}  lr {event.lr:.4g}  {self.pace.images_per_second:,.0f} img/s  "
            f"{duration(self.pace.seconds_left(done))} left"
        )
        self.bar.update(self.task, completed=done, numbers=numbers)

    def __enter__(self) -> Self:
        self.bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.bar.stop()


def scores_text(scores: Iterable[Score]) -> str:
    """`accuracy 0.978, loss 0.0712`."""
    return ", ".join(f"{score.name} {score.value:.4g}" for score in scores)


def duration(seconds: float) -> str:
    """`0:27`, `12:05` or `3:07:30`."""
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
