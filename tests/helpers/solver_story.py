"""The events of a short run, for those who listen to them."""

from pathlib import Path

from netcc.solver import events
from netcc.solver.events import Score


def short_run() -> list[events.Event]:
    """Start, a test, two displays with a snapshot between, final loss, a last test, the end."""
    first = (Score("acc", 0.125), Score("loss", 2.5, 1.0))
    last = (Score("acc", 0.875), Score("loss", 0.25, 1.0))
    return [
        events.Started(0, 10, "lenet", "inv", 1, 64),
        events.NetTestStarted(0, 0, 2),
        events.NetTested(0, 0, first, None, 0.5),
        events.Displayed(0, 2.34567891, 0.01, (Score("loss", 2.34567891, 1.0),), 0.5, 0),
        *(events.Iterated(iteration, 1.0, 0.01, 0.032) for iteration in range(5)),
        events.Snapshotted(5, Path("out/lenet_iter_5.caffemodel"), Path("out/lenet_iter_5.solverstate")),
        events.Displayed(5, 1e-7, 0.00875, (Score("loss", 1e-7, 0.5), Score("two", 1.0), Score("two", -2.0)), 0.25, 5),
        events.FinalLoss(10, 0.5),
        events.NetTestStarted(10, 0, 2),
        events.NetTested(10, 0, last, 0.3, 0.5),
        events.Finished(10, False),
    ]
