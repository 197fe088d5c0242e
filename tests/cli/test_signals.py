"""What signals do while a net is trained."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.commands import SMALL, SOLVER

from netcc.cli.signals import Effect, heeding_signals
from netcc.cli.training import _stop


@pytest.mark.parametrize(
    ("number", "sigint", "sighup", "expected"),
    [
        (signal.SIGINT, "stop", "snapshot", ["stop"]),
        (signal.SIGINT, "snapshot", "none", ["snapshot"]),
        (signal.SIGINT, "none", "stop", []),
        (signal.SIGHUP, "stop", "snapshot", ["snapshot"]),
        (signal.SIGHUP, "snapshot", "stop", ["stop"]),
        (signal.SIGHUP, "stop", "none", []),
        (signal.SIGTERM, "none", "none", ["stop"]),
    ],
)
def test_effects(number: signal.Signals, sigint: Effect, sighup: Effect, expected: list[str]) -> None:
    before = signal.getsignal(number)
    done: list[str] = []
    with heeding_signals(lambda: done.append("stop"), lambda: done.append("snapshot"), sigint=sigint, sighup=sighup):
        os.kill(os.getpid(), number)
        assert done == expected
    assert signal.getsignal(number) is before


def test_what_stops_ends_the_program_when_it_comes_again() -> None:
    done: list[str] = []
    with heeding_signals(lambda: done.append("stop"), lambda: done.append("snapshot"), sighup="stop"):
        os.kill(os.getpid(), signal.SIGHUP)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert done == ["stop"]


def test_snapshots_as_often_as_one_likes() -> None:
    done: list[str] = []
    with heeding_signals(lambda: done.append("stop"), lambda: done.append("snapshot"), sigint="snapshot"):
        for _ in range(3):
            os.kill(os.getpid(), signal.SIGINT)
    assert done == ["snapshot"] * 3


def test_a_run_that_takes_ctrl_c_for_a_wish_for_snapshots(place: Path) -> None:
    (place / "small.prototxt").write_text(SMALL)
    (place / "solver.prototxt").write_text(SOLVER.replace("max_iter: 10", "max_iter: 100000000"))
    command = ["train", "solver.prototxt", "--sigint-effect", "snapshot", "--sighup-effect", "stop"]
    with subprocess.Popen(
        [sys.executable, "-m", "netcc", *command], cwd=place, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        for wish, answer in ((None, "iteration 5 of"), (signal.SIGINT, "snapshot"), (signal.SIGINT, "snapshot")):
            if wish:
                process.send_signal(wish)
            told = ""
            while answer not in told:
                told = process.stderr.readline()
                assert told, "the process has ended"
        process.send_signal(signal.SIGHUP)
        last = process.stderr.read().splitlines()[-1]
        assert process.wait() == 130
    (newest,) = [path for path in place.glob("*.solverstate") if path.name in last]
    assert last == (
        f"  netcc train solver.prototxt --snapshot {newest.name} --sigint-effect snapshot --sighup-effect stop"
    )
    assert len(list(place.glob("*.solverstate"))) >= 2


def test_a_signal_while_a_line_is_written(capfd: pytest.CaptureFixture[str]) -> None:
    """The stream cannot be entered again then: what is said goes past it."""
    asked = []

    class Asked:
        def request_stop(self) -> None:
            asked.append("stop")

    def say(line: str) -> None:
        raise RuntimeError("reentrant call inside <_io.BufferedWriter name='<stderr>'>")

    _stop(Asked(), say)()  # type: ignore[arg-type]
    assert asked == ["stop"]
    assert capfd.readouterr().err == "stopping after this iteration (once more to stop at once)\n"
