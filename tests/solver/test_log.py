"""The log, read with the expressions of Caffe's own tools."""

import os
import re
from datetime import datetime
from pathlib import Path

from helpers.solver_story import short_run

from netcc.solver import events
from netcc.solver.events import Score
from netcc.solver.log import CaffeLog

# Those of tools/extra/parse_log.py.
ITERATION = re.compile(r"Iteration (\d+)")
TRAIN_OUTPUT = re.compile(r"Train net output #(\d+): (\S+) = ([\.\deE+-]+)")
TEST_OUTPUT = re.compile(r"Test net output #(\d+): (\S+) = ([\.\deE+-]+)")
LEARNING_RATE = re.compile(r"lr = ([-+]?[0-9]*\.?[0-9]+([eE]?[-+]?[0-9]+)?)")

GLOG = re.compile(r"I\d{4} \d\d:\d\d:\d\d\.\d{6} +\d+ [a-z_]+\.cpp:\d+\] ")


def log_of(run):
    lines = []
    log = CaffeLog(lines.append, lambda: datetime(2024, 11, 22, 10, 22, 58, 70))
    for event in run:
        event.tell(log)
    return lines


def test_the_whole_log():
    head = f"I1122 10:22:58.000070 {os.getpid():5d} "
    assert log_of(short_run()) == [
        f"{head}solver.cpp:272] Solving lenet",
        f"{head}solver.cpp:273] Learning Rate Policy: inv",
        f"{head}solver.cpp:330] Iteration 0, Testing net (#0)",
        f"{head}solver.cpp:397]     Test net output #0: acc = 0.125",
        f"{head}solver.cpp:397]     Test net output #1: loss = 2.5 (* 1 = 2.5 loss)",
        f"{head}solver.cpp:218] Iteration 0 (0 iter/s, 0.5s/0 iters), loss = 2.34568",
        f"{head}solver.cpp:237]     Train net output #0: loss = 2.34568 (* 1 = 2.34568 loss)",
        f"{head}sgd_solver.cpp:105] Iteration 0, lr = 0.01",
        f"{head}solver.cpp:447] Snapshotting to binary proto file {Path('out/lenet_iter_5.caffemodel')}",
        f"{head}sgd_solver.cpp:273] Snapshotting solver state to binary proto file "
        f"{Path('out/lenet_iter_5.solverstate')}",
        f"{head}solver.cpp:218] Iteration 5 (20 iter/s, 0.25s/5 iters), loss = 1e-07",
        f"{head}solver.cpp:237]     Train net output #0: loss = 1e-07 (* 0.5 = 5e-08 loss)",
        f"{head}solver.cpp:237]     Train net output #1: two = 1",
        f"{head}solver.cpp:237]     Train net output #2: two = -2",
        f"{head}sgd_solver.cpp:105] Iteration 5, lr = 0.00875",
        f"{head}solver.cpp:310] Iteration 10, loss = 0.5",
        f"{head}solver.cpp:330] Iteration 10, Testing net (#0)",
        f"{head}solver.cpp:387] Test loss: 0.3",
        f"{head}solver.cpp:397]     Test net output #0: acc = 0.875",
        f"{head}solver.cpp:397]     Test net output #1: loss = 0.25 (* 1 = 0.25 loss)",
        f"{head}solver.cpp:315] Optimization Done.",
    ]


def test_parse_log_finds_all_numbers():
    """Rows as parse_log.py gathers them: the last iteration named belongs to the numbers that follow."""
    rates, train, test, iteration = [], [], [], None
    for line in log_of(short_run()):
        if found := ITERATION.search(line):
            iteration = int(found[1])
        if found := LEARNING_RATE.search(line):
            rates.append((iteration, float(found[1])))
        if found := TRAIN_OUTPUT.search(line):
            train.append((iteration, int(found[1]), found[2], float(found[3])))
        if found := TEST_OUTPUT.search(line):
            test.append((iteration, int(found[1]), found[2], float(found[3])))
    assert rates == [(0, 0.01), (5, 0.00875)]
    assert train == [(0, 0, "loss", 2.34568), (5, 0, "loss", 1e-7), (5, 1, "two", 1), (5, 2, "two", -2)]
    assert test == [(0, 0, "acc", 0.125), (0, 1, "loss", 2.5), (10, 0, "acc", 0.875), (10, 1, "loss", 0.25)]


def test_every_line_has_the_prefix_of_glog():
    lines = log_of(short_run())
    assert all(GLOG.match(line) for line in lines)


def test_the_columns_that_parse_log_sh_prints():
    """It takes the ninth word of rates and losses, the eleventh of test outputs, and times from `] Solving `."""
    lines = log_of(short_run())
    assert [line.split()[8] for line in lines if ", lr = " in line] == ["0.01", "0.00875"]
    assert [line.split()[10] for line in lines if "Test net output #0" in line] == ["0.125", "0.875"]
    assert sum("] Solving " in line for line in lines) == 1


def test_a_loss_that_is_not_finite_is_written_as_c_does():
    lines = log_of([events.NetTested(1, 0, (Score("loss", float("nan")), Score("far", float("inf"))), None, 1.0)])
    assert [line.rpartition("= ")[2] for line in lines] == ["nan", "inf"]


def test_a_stopped_and_a_resumed_run():
    lines = log_of([events.Restored(5, Path("x.solverstate")), events.Finished(7, True)])
    assert [line.partition("] ")[2] for line in lines] == [
        "Restoring previous solver status from x.solverstate",
        "Optimization stopped early.",
    ]
