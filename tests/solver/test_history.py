"""What a run said: from its metrics file or its log, and as tables."""

from __future__ import annotations

import json

import pytest
from helpers.caffe_logs import EARLY, RELEASE_1, RESUMED
from helpers.solver_story import short_run

from netcc.errors import DataError
from netcc.solver.history import read_history, test_table, train_table, without_repeats
from netcc.solver.log import CaffeLog
from netcc.solver.metrics import Metrics

test_table.__test__ = False


def tables(path):
    rows = read_history(path)
    return train_table(rows), test_table(rows)


def write(path, text):
    path.write_text(text)
    return path


def test_tables_of_a_log_of_caffe(tmp_path):
    train, test = tables(write(tmp_path / "caffe.INFO", RELEASE_1))
    assert train.columns == ("NumIters", "Seconds", "LearningRate", "loss")
    assert train.rows == ((0, 1.1, 0.01, 2.25), (100, 10.0, 0.00992565, None))
    assert test.columns == ("NumIters", "Seconds", "LearningRate", "accuracy", "loss")
    assert test.rows == ((0, 1.0, 0.01, 0.0625, 2.5), (200, 21.0, 0.00992565, 0.875, 0.5))
    assert test.as_json()[0] == {
        "NumIters": 0,
        "Seconds": 1.0,
        "LearningRate": 0.01,
        "accuracy": 0.0625,
        "loss": 2.5,
    }


def test_several_test_nets_and_outputs_of_several_numbers(tmp_path):
    train, test = tables(write(tmp_path / "log", EARLY))
    assert test.columns == (
        "NumIters",
        "Seconds",
        "LearningRate",
        "accuracy",
        "probability[0]",
        "probability[1]",
        "accuracy#1",
    )
    assert test.rows == ((0, 2.0, 0.001, 0.1, 0.25, 0.75, 0.2),)
    assert train.rows == ((0, 4.0, 0.001), (100, 5.0, 0.0005))


def test_log_and_metrics_of_a_run_give_the_same_tables(tmp_path):
    with (tmp_path / "log").open("w") as log, (tmp_path / "metrics").open("w") as metrics:
        listeners = (
            CaffeLog(lambda line: print(line, file=log)),
            Metrics(lambda line: print(line, file=metrics), lambda: 0.0),
        )
        for event in short_run():
            for listener in listeners:
                event.tell(listener)
    for one, other in zip(tables(tmp_path / "log"), tables(tmp_path / "metrics"), strict=True):
        assert one.columns == other.columns
        assert [row[0] for row in one.rows] == [row[0] for row in other.rows] != []
        for row, expected in zip(one.rows, other.rows, strict=True):
            assert [*row[2:]] == [None if value is None else float(f"{value:g}") for value in expected[2:]]


def test_what_a_resumed_run_did_again_is_left_out(tmp_path):
    train, _ = tables(write(tmp_path / "log", RESUMED))
    assert train.rows == ((0, 1.0, 0.1), (10, 61.0, 0.05))


def row(event, iteration, seconds, **more):
    facts = {"train": {"loss": 1.0, "lr": 0.1, "outputs": {}, "losses": []}}.get(event, {})
    return {"event": event, "iteration": iteration, "seconds": seconds, **facts, **more}


def told(rows):
    return [(item["event"], item["iteration"], item["seconds"]) for item in without_repeats(rows)]


def test_seconds_go_on_where_the_kept_part_ends():
    first = [row("start", 0, 0.0), row("train", 0, 1.0), row("train", 10, 2.0), row("train", 20, 3.0)]
    again = [row("restore", 20, 0.5), row("start", 20, 0.5), row("train", 20, 1.5), row("train", 30, 2.5)]
    assert told([*first, *again]) == [
        ("start", 0, 0.0),
        ("train", 0, 1.0),
        ("train", 10, 2.0),
        ("restore", 20, 2.5),
        ("start", 20, 2.5),
        ("train", 20, 3.5),
        ("train", 30, 4.5),
    ]


def test_resumed_twice():
    rows = [row("start", 0, 0.0), row("train", 0, 1.0), row("train", 5, 2.0), row("final", 10, 3.0)]
    rows += [row("restore", 5, 0.0), row("start", 5, 0.0), row("train", 5, 1.0)]
    rows += [row("restore", 0, 0.0), row("start", 0, 0.0), row("train", 0, 7.0)]
    assert [item for item in told(rows) if item[0] == "train"] == [("train", 0, 7.0)]


def test_a_run_begun_again_replaces_the_one_before():
    rows = [row("start", 0, 0.0), row("train", 0, 1.0), row("train", 5, 2.0)]
    rows += [row("start", 0, 0.0), row("train", 0, 3.0)]
    assert [item for item in told(rows) if item[0] == "train"] == [("train", 0, 3.0)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "hello\n",
            "error: {path} is not the log of a run\n"
            "  expected a log of Caffe or netcc (PREFIX.log), or a metrics file (PREFIX.metrics.jsonl)",
        ),
        (
            "",
            "error: {path} is not the log of a run\n"
            "  expected a log of Caffe or netcc (PREFIX.log), or a metrics file (PREFIX.metrics.jsonl)",
        ),
        (
            RELEASE_1[: RELEASE_1.index("Iteration 0")],
            "error: {path} tells of no training\n  no iteration was displayed, no test made",
        ),
        ('{"layer": 1}\n', "error: {path}:1: not an event of a run"),
    ],
)
def test_files_of_another_kind(tmp_path, text, message):
    path = write(tmp_path / "file", text)
    with pytest.raises(DataError) as error:
        read_history(path)
    assert str(error.value) == message.format(path=path)


def test_a_missing_file(tmp_path):
    with pytest.raises(DataError) as error:
        read_history(tmp_path / "none")
    assert error.value.message == f"cannot read {tmp_path / 'none'}: no such file or directory"


def test_a_binary_file(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(bytes(range(256)) * 10)
    with pytest.raises(DataError, match="is not the log of a run"):
        read_history(path)


def test_a_long_log_is_read_quickly(tmp_path):
    """Twenty thousand displays: nothing looks through all rows for each row."""
    rows = [row("start", 0, 0.0)] + [
        row("train", index, float(index), outputs={"loss": 1.0}) for index in range(20_000)
    ]
    path = write(tmp_path / "metrics", "".join(json.dumps(item) + "\n" for item in rows))
    train, _ = tables(path)
    assert len(train.rows) == 20_000
    assert train.rows[-1] == (19_999, 19_999.0, 0.1, 1.0)
