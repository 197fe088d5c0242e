"""`netcc plot`."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.caffe_logs import EARLY, RELEASE_1
from helpers.commands import Run

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def logs(place: Path) -> Path:
    (place / "one.log").write_text(RELEASE_1)
    (place / "two.log").write_text(EARLY)
    (place / "deep").mkdir()
    (place / "deep" / "one.log").write_text(EARLY)
    return place


@pytest.mark.parametrize(
    ("arguments", "picture"),
    [
        (("one.log",), "one.png"),
        (("one.log", "--lr"), "one.png"),
        (("deep/one.log",), "deep/one.png"),
        (("one.log", "two.log"), "curves.png"),
        (("one.log", "deep/one.log", "--lr"), "curves.png"),
        (("one.log", "one.log"), "curves.png"),
        (("one.log", "two.log", "-o", "a.png"), "a.png"),
    ],
)
def test_a_picture(run: Run, logs: Path, arguments: tuple[str, ...], picture: str) -> None:
    shown = run("plot", *arguments)
    assert (shown.exit_code, shown.output) == (0, f"wrote {picture}\n")
    assert (logs / picture).read_bytes().startswith(PNG)


def test_one_log_with_a_rate_is_another_picture(run: Run, logs: Path) -> None:
    for name, more in (("plain.svg", ()), ("rate.svg", ("--lr",))):
        assert run("plot", "one.log", "-o", name, *more).exit_code == 0
    assert (logs / "rate.svg").stat().st_size > (logs / "plain.svg").stat().st_size


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("none.log",), 1, "error: cannot read none.log: no such file or directory\n"),
        (("one.log", "-o", "one.log"), 2, "error: one.log is a log to read; give the picture another name\n"),
        (("bad.log",), 1, "error: bad.log is not the log of a run\n"),
    ],
)
def test_faults(run: Run, logs: Path, arguments: tuple[str, ...], code: int, message: str) -> None:
    (logs / "bad.log").write_text("nothing")
    before = sorted(logs.iterdir())
    shown = run("plot", *arguments)
    assert shown.exit_code == code
    assert shown.stderr.startswith(message)
    assert sorted(logs.iterdir()) == before
    assert (logs / "one.log").read_text() == RELEASE_1


def test_without_logs(run: Run, place: Path) -> None:
    assert run("plot").exit_code == 2
