"""The loop: what a solver does, in which order, and how it is stopped."""

import json

import numpy as np
import pytest
from helpers.recorder import Recorder
from helpers.solvers import solver_text

from netcc.errors import NumericsError, OutputError, SolverError
from netcc.schema.bind import load_solver
from netcc.solver.events import Iterated, Listener, NetTestStarted, Started
from netcc.solver.snapshot import snapshot_paths
from netcc.solver.solver import Solver
from netcc.types import TEST, TRAIN


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def kinds(recorder):
    return [(event["event"], event.get("iter")) for event in recorder.events]


def weights(solver):
    return solver.net.params["ip"][0].data


def test_step_and_solve_count_iterations():
    with Solver(solver_text()) as solver:
        solver.step(2)
        assert solver.iter == 2
        solver.solve()
        assert solver.iter == 6


def test_one_seed_gives_one_run():
    runs = []
    for seed in (5, 5, 6):
        with Solver(solver_text("momentum: 0.5"), seed=seed) as solver:
            solver.step(3)
            runs.append(weights(solver).copy())
    assert runs[0].tobytes() == runs[1].tobytes()
    assert runs[0].tobytes() != runs[2].tobytes()


def test_one_seed_gives_the_same_tests():
    told = []
    for seed in (5, 5, 6):
        recorder = Recorder()
        with Solver(solver_text("test_iter: 1 test_interval: 1"), seed=seed, listeners=[recorder]) as solver:
            weights(solver).fill(1)
            weights(solver)[0] = 2
            solver.step(1)
        told.append(recorder.events)
    assert told[0] == told[1] != told[2]


@pytest.mark.parametrize(("field", "given", "used"), [("random_seed: 3", None, 3), ("random_seed: 3", 4, 4)])
def test_the_seed_in_use(field, given, used):
    with Solver(solver_text(field), seed=given) as solver:
        assert solver.seed == used


def test_a_negative_seed_is_drawn_and_can_be_repeated():
    with Solver(solver_text("random_seed: -1")) as first, Solver(solver_text("random_seed: -1")) as other:
        assert first.seed != other.seed
        with Solver(solver_text("random_seed: -1"), seed=first.seed) as again:
            first.step(1)
            again.step(1)
            assert weights(first).tobytes() == weights(again).tobytes()


def test_a_path_a_text_a_message_and_a_bound_solver_are_one(tmp_path):
    (tmp_path / "solver.prototxt").write_text(solver_text())
    bound = load_solver(solver_text())
    runs = []
    for source in (
        str(tmp_path / "solver.prototxt"),
        tmp_path / "solver.prototxt",
        solver_text(),
        bound,
        bound.message,
    ):
        with Solver(source, max_iter=2) as solver:
            solver.step(2)
            runs.append(weights(solver).tobytes())
            assert solver.param.max_iter == 2
    assert len(set(runs)) == 1
    assert bound.message.max_iter == 6


def test_lr_is_that_of_the_coming_update():
    recorder = Recorder()
    with Solver(
        solver_text('lr_policy: "multistep" gamma: 0.5 stepvalue: 2').replace('lr_policy: "fixed"', "")
    ) as solver:
        solver.listeners.append(recorder)
        seen = []
        for _ in range(4):
            seen.append(solver.lr)
            solver.step(1)
    assert recorder.rates == seen
    assert seen == pytest.approx([0.1, 0.1, 0.05, 0.05])


def test_the_raw_loss_is_shown_by_single_steps():
    """The ring of average_loss is emptied at each call."""
    recorder = Recorder()
    with Solver(solver_text("average_loss: 3 display: 1"), listeners=[recorder]) as solver:
        for _ in range(3):
            solver.step(1)
        solver.step(3)
    shown = [event["loss"] for event in recorder.events if event["event"] == "train"]
    raw = recorder.losses
    assert shown == pytest.approx([*raw[:4], sum(raw[3:5]) / 2, sum(raw[3:6]) / 3])


def test_a_test_before_the_first_iteration_and_at_the_end():
    recorder = Recorder()
    with Solver(solver_text("test_iter: 1 test_interval: 3"), listeners=[recorder]) as solver:
        solver.solve()
    assert kinds(recorder) == [("test", 0), ("test", 3), ("snapshot", None), ("snapshot", None), ("test", 6)]


def test_no_test_before_the_first_iteration():
    recorder = Recorder()
    text = solver_text("test_iter: 1 test_interval: 3 test_initialization: false snapshot_after_train: false")
    with Solver(text, listeners=[recorder]) as solver:
        solver.solve()
    assert kinds(recorder) == [("test", 3), ("test", 6)]


def test_a_snapshot_just_made_is_not_made_again(tmp_path):
    recorder = Recorder()
    with Solver(solver_text("snapshot: 3"), listeners=[recorder], out=tmp_path) as solver:
        solver.solve()
    assert [event["file"] for event in recorder.events] == [
        "solver_iter_3.caffemodel",
        "solver_iter_3.solverstate",
        "solver_iter_6.caffemodel",
        "solver_iter_6.solverstate",
    ]


def test_a_run_that_is_done_already_does_nothing(tmp_path):
    with Solver(solver_text(), out=tmp_path) as solver:
        solver.solve()
    recorder = Recorder()
    with Solver(solver_text(), listeners=[recorder], out=tmp_path) as solver:
        solver.solve(resume=tmp_path / "solver_iter_6.solverstate")
        assert solver.iter == 6
    assert recorder.losses == []
    assert recorder.events == []


def test_the_test_objective_is_reported_if_wanted():
    losses = []

    class Losses(Listener):
        def on_test(self, event):
            losses.append((event.loss, {score.name: score.value for score in event.scores}))

    for wanted in ("true", "false"):
        text = solver_text(f"test_iter: 2 test_interval: 1 test_compute_loss: {wanted}")
        with Solver(text, listeners=[Losses()], max_iter=1) as solver:
            solver.step(1)
    assert losses[0][0] == pytest.approx(losses[0][1]["loss"])
    assert losses[1][0] is None


def test_test_nets_follow_the_parameters():
    with Solver(solver_text("test_iter: 1 test_interval: 100")) as solver:
        (tested,) = solver.test_nets
        assert (solver.net.phase, tested.phase) == (TRAIN, TEST)
        before = tested.params["ip"][0].data.copy()
        solver.step(1)
        assert np.shares_memory(tested.params["ip"][0].data, weights(solver))
        assert not np.array_equal(tested.params["ip"][0].data, before)


def test_iter_size_counts_images():
    starts = []

    class Starts(Listener):
        def on_start(self, event: Started):
            starts.append(event)

    with Solver(solver_text("iter_size: 3"), listeners=[Starts()], seed=9) as solver:
        solver.solve()
    assert starts == [Started(0, 6, "small", "fixed", 9, 12)]


class StopAfter(Listener):
    """Asks for something at the end of iteration `at`, or in a test before it."""

    def __init__(self, at, *requests, test=False):
        self.at, self.requests, self.test = at, requests, test

    def on_iteration(self, event: Iterated):
        if event.iteration == self.at and not self.test:
            self.ask()

    def on_test_start(self, event: NetTestStarted):
        if event.iteration == self.at and self.test:
            self.ask()

    def ask(self):
        for request in self.requests:
            request()


def test_a_stop_ends_the_run_with_a_snapshot_and_can_be_resumed(tmp_path):
    recorder = Recorder()
    with Solver(solver_text("momentum: 0.9 display: 2"), listeners=[recorder], out=tmp_path) as solver:
        solver.listeners.append(StopAfter(2, solver.request_stop))
        solver.solve()
        assert solver.iter == 3
        assert [finished.stopped for finished in recorder.finished] == [True]
        assert [event.get("file") for event in recorder.events[-2:]] == [
            "solver_iter_3.caffemodel",
            "solver_iter_3.solverstate",
        ]
        solver.listeners.pop()
        solver.solve()
        assert solver.iter == 6
        assert [finished.stopped for finished in recorder.finished] == [True, False]


def test_a_stop_during_a_test_leaves_it_and_updates_nothing():
    recorder = Recorder()
    text = solver_text("test_iter: 5 test_interval: 2 snapshot_after_train: false")
    with Solver(text, listeners=[recorder]) as solver:
        solver.listeners.append(StopAfter(2, solver.request_stop, test=True))
        solver.solve()
        assert solver.iter == 2
    assert kinds(recorder) == [("test", 0)]
    assert recorder.finished[0].stopped


def test_a_snapshot_on_request_goes_on():
    recorder = Recorder()
    with Solver(solver_text("snapshot_after_train: false"), listeners=[recorder]) as solver:
        solver.listeners.append(StopAfter(2, solver.request_snapshot))
        solver.solve()
        assert solver.iter == 6
    assert [event["file"] for event in recorder.events] == ["solver_iter_3.caffemodel", "solver_iter_3.solverstate"]


def test_a_snapshot_on_request_during_a_test():
    recorder = Recorder()
    text = solver_text("snapshot_after_train: false test_iter: 1 test_interval: 4")
    with Solver(text, listeners=[recorder]) as solver:
        solver.listeners.append(StopAfter(4, solver.request_snapshot, test=True))
        solver.solve()
    assert kinds(recorder) == [("test", 0), ("snapshot", None), ("snapshot", None), ("test", 4)]


DIVERGING = solver_text("weight_decay: 1e25").replace("base_lr: 0.1", "base_lr: 1e13")
"""The second update makes the weights overflow."""


def test_a_diverging_run_names_the_layer_and_keeps_the_last_snapshot(tmp_path):
    with Solver(DIVERGING, out=tmp_path) as solver:
        solver.step(1)
        solver.snapshot()
        before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
        with pytest.raises(NumericsError) as error:
            solver.step(5)
        assert solver.iter == 2
    assert str(error.value) == (
        "error: iteration 2: the loss is nan; first at layer 'ip' (InnerProduct): 6 of 6 values are nan or inf "
        "in its weights\n"
        f"  the last snapshot is {tmp_path / 'solver_iter_1.solverstate'}\n"
        "  a lower base_lr or clip_gradients may keep the net finite"
    )
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_diverging_run_ends_at_its_next_snapshot(tmp_path):
    with Solver(DIVERGING + "snapshot: 1", out=tmp_path) as solver, pytest.raises(NumericsError) as error:
        solver.solve()
    assert error.value.message == (
        "after 2 iterations layer 'ip' (InnerProduct): 6 of 6 values are nan or inf in its weights, "
        "so that no snapshot was written"
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "solver_iter_1.caffemodel",
        "solver_iter_1.resume.json",
        "solver_iter_1.solverstate",
    ]


def test_parameters_that_are_not_finite_are_not_saved(tmp_path):
    with Solver(solver_text(), out=tmp_path) as solver:
        weights(solver)[0, 0] = np.nan
        with pytest.raises(NumericsError) as error:
            solver.snapshot()
        assert str(error.value) == (
            "error: after 0 iterations layer 'ip' (InnerProduct): 1 of 6 values are nan or inf in its weights, "
            "so that no snapshot was written\n"
            "  there is no snapshot yet\n"
            "  a lower base_lr or clip_gradients may keep the net finite"
        )
        with pytest.raises(NumericsError) as error:
            solver.step(1)
        assert error.value.message == (
            "iteration 0: the loss is nan; first at layer 'ip' (InnerProduct): 1 of 6 values are nan or inf "
            "in its weights"
        )
    assert list(tmp_path.iterdir()) == []


def test_data_that_are_not_finite_are_named():
    text = solver_text().replace('type: "gaussian" } data', 'type: "constant" value: inf } data')
    with Solver(text) as solver, pytest.raises(NumericsError) as error:
        solver.step(1)
    assert "first at layer 'data' (DummyData): 12 of 12 values are nan or inf in its top 'data'" in error.value.message


def test_solve_needs_an_end():
    with Solver(solver_text().replace("max_iter: 6", "")) as solver:
        with pytest.raises(SolverError) as error:
            solver.solve()
        assert str(error.value) == "error: max_iter is not given\n  solve runs until iteration max_iter"
        solver.step(1)
        assert solver.iter == 1


def test_a_folder_that_is_missing_is_found_before_training(tmp_path):
    recorder = Recorder()
    with Solver(solver_text('snapshot_prefix: "none/net"'), listeners=[recorder]) as solver:
        with pytest.raises(OutputError) as error:
            solver.solve()
        assert solver.iter == 0
    assert str(error.value) == (
        f"error: cannot write none/net_iter_0.tempfile: the folder {tmp_path / 'none'} does not exist\n"
        "  snapshots are to be written there (snapshot_prefix 'none/net')"
    )


def test_weights_of_the_solver_and_of_the_caller(tmp_path):
    files = []
    for seed in (1, 2):
        with Solver(solver_text(), out=tmp_path / str(seed), seed=seed) as solver:
            files.append(solver.snapshot()[0])
            last = weights(solver).copy()
    listed = solver_text(f'weights: "{files[0]}, {files[1]}"')
    with Solver(listed, seed=3) as solver:
        np.testing.assert_array_equal(weights(solver), last)
    with Solver(solver_text(), seed=3, weights=(f"{files[0]},{files[1]}",)) as solver:
        np.testing.assert_array_equal(weights(solver), last)
    with Solver(listed, seed=3, weights=files[0]) as solver:
        first = weights(solver).copy()
    with Solver(listed, seed=3, weights=()) as solver:
        filled = weights(solver).copy()
    assert len({array.tobytes() for array in (first, last, filled)}) == 3


def test_events_can_be_told_as_json_lines(tmp_path):
    from netcc.solver.lines import LineFile
    from netcc.solver.metrics import Metrics

    with LineFile(tmp_path / "metrics.jsonl") as file:
        text = solver_text("display: 2 test_iter: 1 test_interval: 3")
        with Solver(text, listeners=[Metrics(file.write)], out=tmp_path) as solver:
            solver.solve()
    rows = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    told = [(row["event"], row["iteration"]) for row in rows]
    assert told == [
        ("start", 0),
        ("test", 0),
        ("train", 0),
        ("train", 2),
        ("test", 3),
        ("train", 4),
        ("snapshot", 6),
        ("final", 6),
        ("test", 6),
        ("finish", 6),
    ]
    assert rows[3]["images_per_second"] > 0


def test_names_of_snapshots(tmp_path):
    (tmp_path / "dir").mkdir()
    (tmp_path / "my.solver.prototxt").write_text(solver_text())
    with Solver(tmp_path / "my.solver.prototxt") as solver:
        assert solver.snapshot() == snapshot_paths(tmp_path / "my.solver", 0)
