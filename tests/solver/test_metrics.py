import itertools
import json

import pytest
from helpers.solver_story import short_run

from netcc.errors import DataError, OutputError
from netcc.solver import events
from netcc.solver.events import Score
from netcc.solver.lines import LineFile
from netcc.solver.metrics import Metrics, read_metrics


def rows_of(run):
    """The rows of `run` by a clock that moves a second whenever it is looked at."""
    lines = []
    metrics = Metrics(lines.append, itertools.count().__next__)
    for event in run:
        event.tell(metrics)
    return [json.loads(line) for line in lines]


def test_the_whole_file():
    assert rows_of(short_run()) == [
        {
            "event": "start",
            "iteration": 0,
            "max_iter": 10,
            "net": "lenet",
            "lr_policy": "inv",
            "seed": 1,
            "images_per_iteration": 64,
            "seconds": 1,
        },
        {
            "event": "test",
            "iteration": 0,
            "net": 0,
            "loss": 2.5,
            "outputs": {"acc": 0.125, "loss": 2.5},
            "losses": ["loss"],
            "seconds": 2,
        },
        {
            "event": "train",
            "iteration": 0,
            "loss": 2.34567891,
            "lr": 0.01,
            "outputs": {"loss": 2.34567891},
            "losses": ["loss"],
            "images_per_second": None,
            "seconds": 3,
        },
        {
            "event": "snapshot",
            "iteration": 5,
            "model": "out/lenet_iter_5.caffemodel",
            "state": "out/lenet_iter_5.solverstate",
            "seconds": 4,
        },
        {
            "event": "train",
            "iteration": 5,
            "loss": 1e-7,
            "lr": 0.00875,
            "outputs": {"loss": 1e-7, "two": [1.0, -2.0]},
            "losses": ["loss"],
            "images_per_second": 2000.0,
            "seconds": 5,
        },
        {"event": "final", "iteration": 10, "loss": 0.5, "seconds": 6},
        {
            "event": "test",
            "iteration": 10,
            "net": 0,
            "loss": 0.3,
            "outputs": {"acc": 0.875, "loss": 0.25},
            "losses": ["loss"],
            "seconds": 7,
        },
        {"event": "finish", "iteration": 10, "stopped": False, "seconds": 8},
    ]


def test_the_speed_is_that_since_the_last_display():
    shown = events.Displayed(0, 1.0, 0.1, (), 1.0, 1)
    slow, fast = events.Iterated(0, 1.0, 0.1, 2.0), events.Iterated(1, 1.0, 0.1, 0.5)
    start = events.Started(0, 9, "net", "fixed", 1, 10)
    rows = rows_of([start, slow, shown, fast, fast, shown])
    assert [row["images_per_second"] for row in rows if row["event"] == "train"] == [5, 20]


def test_a_test_without_a_loss_has_none():
    (row,) = rows_of([events.NetTested(0, 0, (Score("acc", 1.0),), None, 1.0)])
    assert row["loss"] is None
    assert row["losses"] == []


def test_numbers_that_json_lacks_are_null():
    (row,) = rows_of([events.Displayed(1, float("nan"), 0.1, (Score("a", float("inf")), Score("a", 1.0)), 1.0, 1)])
    assert row["loss"] is None
    assert row["outputs"] == {"a": [None, 1.0]}


def test_lines_reach_the_disk_at_once_and_are_read_back(tmp_path):
    path = tmp_path / "metrics.jsonl"
    with LineFile(path) as file:
        metrics = Metrics(file.write)
        for number, event in enumerate(short_run()):
            event.tell(metrics)
            if number == 2:
                assert [row["event"] for row in read_metrics(path)] == ["start", "test"]
    assert len(read_metrics(path)) == 8


def test_a_line_cut_short_at_the_end_is_left_out(tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.write_text('{"event": "final", "iteration": 1}\n{"event": "fi')
    assert read_metrics(path) == [{"event": "final", "iteration": 1}]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"event": "fi\n{"event": "final", "iteration": 1}\n', "error: {path}:1: not a line of JSON"),
        (b'{"event": "final", "iteration": 1}\n[1]\n', "error: {path}:2: not an event of a run"),
        (b"\xff\xfe\n", "error: {path} is not a metrics file\n  it is not text"),
    ],
)
def test_files_of_another_kind(tmp_path, content, message):
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(content)
    with pytest.raises(DataError) as error:
        read_metrics(path)
    assert str(error.value) == message.format(path=path)


def test_a_missing_file(tmp_path):
    with pytest.raises(DataError) as error:
        read_metrics(tmp_path / "none")
    assert str(error.value) == f"error: cannot read {tmp_path / 'none'}: no such file or directory"


def test_appending_keeps_what_is_there(tmp_path):
    path = tmp_path / "log"
    for append in (False, True):
        with LineFile(path, append=append) as file:
            file.write(f"append {append}")
    assert path.read_text() == "append False\nappend True\n"


def test_a_folder_cannot_be_written(tmp_path):
    with pytest.raises(OutputError) as error:
        LineFile(tmp_path)
    assert str(error.value) == f"error: cannot write {tmp_path}: is a directory"


def test_a_full_disk_is_named():
    with pytest.raises(OutputError) as error, LineFile("/dev/full") as file:
        file.write("x" * 100_000)
    assert str(error.value) == "error: cannot write /dev/full: no space left on device"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("one\ntwo\n", "one\ntwo\nnew\n"),
        ("one\ntw", "one\nnew\n"),
        ("tw", "new\n"),
        ("", "new\n"),
        ("x" * 3_000_000, "x" * 3_000_000 + "new\n"),
        ("one\n" + "x" * 1000, "one\nnew\n"),
    ],
)
def test_appending_drops_a_last_line_cut_short(tmp_path, before, after):
    path = tmp_path / "log"
    path.write_text(before)
    with LineFile(path, append=True) as file:
        file.write("new")
    assert path.read_text() == after
