"""Logs of real Caffe, of all times."""

from __future__ import annotations

import json

import pytest
from helpers.caffe_logs import EARLY, FORK, RELEASE_1, RESUMED
from helpers.solver_story import short_run

from netcc.solver.caffe_log import read_caffe_log
from netcc.solver.log import CaffeLog
from netcc.solver.metrics import Metrics


def test_release_1():
    assert read_caffe_log(RELEASE_1.splitlines()) == [
        {"event": "start", "iteration": 0, "net": "LeNet", "seconds": 0.0},
        {
            "event": "test",
            "iteration": 0,
            "net": 0,
            "loss": 2.5,
            "outputs": {"accuracy": 0.0625, "loss": 2.5},
            "losses": ["loss"],
            "seconds": 1.0,
        },
        {
            "event": "train",
            "iteration": 0,
            "loss": 2.375,
            "lr": 0.01,
            "outputs": {"loss": 2.25},
            "losses": ["loss"],
            "seconds": 1.1,
        },
        {
            "event": "train",
            "iteration": 100,
            "loss": None,
            "lr": 0.00992565,
            "outputs": {"loss": None},
            "losses": ["loss"],
            "seconds": 10.0,
        },
        {"event": "final", "iteration": 200, "loss": 0.125, "seconds": 20.1},
        {
            "event": "test",
            "iteration": 200,
            "net": 0,
            "loss": 0.75,
            "outputs": {"accuracy": 0.875, "loss": 0.5},
            "losses": ["loss"],
            "seconds": 21.0,
        },
    ]


def test_an_early_release_with_two_test_nets():
    rows = read_caffe_log(EARLY.splitlines())
    assert [(row["event"], row["iteration"]) for row in rows] == [
        ("start", 0),
        ("test", 0),
        ("test", 0),
        ("train", 0),
        ("train", 100),
    ]
    assert [row["net"] for row in rows[1:3]] == [0, 1]
    assert rows[1]["outputs"] == {"accuracy": 0.1, "probability": [0.25, 0.75]}
    assert [row["lr"] for row in rows[3:]] == [0.001, 0.0005]
    assert [row["loss"] for row in rows[3:]] == [2.3, 1.5]


def test_a_fork_that_writes_the_year():
    _, row = read_caffe_log(FORK.splitlines())
    assert (row["iteration"], row["loss"], row["lr"], row["seconds"]) == (20, 0.5, 0.25, 1.0)


def test_a_resumed_run():
    rows = read_caffe_log(RESUMED.splitlines())
    assert [(row["event"], row["iteration"]) for row in rows] == [
        ("start", 0),
        ("train", 0),
        ("train", 10),
        ("train", 20),
        ("start", 0),
        ("restore", 10),
        ("train", 10),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Iteration 5, loss = 3",
        "I0603 10:00:00.000000 77 solver.cpp:66] no event",
        "I0603 10:00:00.000000 77 solver.cpp:114]     Test net output #0: accuracy = 0.1",
        "I0603 10:00:00.000000 77 sgd_solver.cpp:105] Iteration 10, lr = 0.1",
    ],
)
def test_other_lines_are_no_events(text):
    assert read_caffe_log(text.splitlines()) == []


def test_an_end_that_is_cut_off():
    """Every beginning of a log can be read."""
    for end in range(0, len(RELEASE_1), 7):
        read_caffe_log(RELEASE_1[:end].splitlines())


def six_digits(value):
    """`value` with the numbers in it as a log prints them."""
    if isinstance(value, dict):
        return {name: six_digits(item) for name, item in value.items()}
    if isinstance(value, list):
        return [six_digits(item) for item in value]
    return float(f"{value:g}") if isinstance(value, float) else value


def numbers_of(rows):
    """What both log and metrics tell."""
    unknown = ("seconds", "images_per_second")
    return [
        {name: value for name, value in row.items() if name not in unknown}
        for row in rows
        if row["event"] in ("train", "test", "final")
    ]


def test_our_own_log_says_what_our_metrics_say():
    lines, metrics = [], []
    listeners = (CaffeLog(lines.append), Metrics(metrics.append))
    for event in short_run():
        for listener in listeners:
            event.tell(listener)
    expected = numbers_of(map(json.loads, metrics))
    assert len(expected) == 5
    assert numbers_of(read_caffe_log(lines)) == six_digits(expected)
