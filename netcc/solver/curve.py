"""The losses of a run as it goes, kept for whoever looks at a solver in a notebook."""

from __future__ import annotations

from netcc.solver.events import Iterated, Listener

MOST = 512
"""Points at which every second one goes (an even number); those that stay are means."""
WIDTH, HEIGHT = 480, 160


class LossCurve(Listener):
    """Iterations and losses, thinned out evenly so that a run of any length has a few hundred points."""

    def __init__(self) -> None:
        self.points: list[tuple[int, float]] = []
        self._every = 1
        self._waiting: list[float] = []

    def on_iteration(self, event: Iterated) -> None:
        self._waiting.append(event.loss)
        if len(self._waiting) < self._every:
            return
        self.points.append((event.iteration, sum(self._waiting) / len(self._waiting)))
        self._waiting = []
        if len(self.points) == MOST:
            pairs = zip(self.points[0::2], self.points[1::2], strict=True)
            self.points = [(later[0], (earlier[1] + later[1]) / 2) for earlier, later in pairs]
            self._every *= 2

    def as_svg(self) -> str:
        """The curve as a picture within HTML; empty before the second point."""
        if len(self.points) < 2:
            return ""
        (first, _), (last, latest) = self.points[0], self.points[-1]
        losses = [loss for _, loss in self.points]
        least, most = min(losses), max(losses)
        across, down = WIDTH / ((last - first) or 1), HEIGHT / ((most - least) or 1)
        places = " ".join(f"{(at - first) * across:.1f},{(most - loss) * down:.1f}" for at, loss in self.points)
        line = f'<polyline points="{places}" fill="none" stroke="#2874A6" stroke-width="1.5"/>'
        frame = f'<rect width="{WIDTH}" height="{HEIGHT}" fill="none" stroke="#D5D8DC"/>'
        size = f'width="{WIDTH}" height="{HEIGHT}" viewBox="-2 -2 {WIDTH + 4} {HEIGHT + 4}"'
        told = f"loss of iterations {first} to {last}: {losses[0]:.4g} at first, {latest:.4g} now, {least:.4g} at best"
        return f'<figure style="margin: 0"><svg {size}>{frame}{line}</svg><figcaption>{told}</figcaption></figure>'
