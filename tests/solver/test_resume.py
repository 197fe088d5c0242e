"""A run that was stopped and resumed is the run that was never stopped."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from helpers.recorder import Recorder
from helpers.resuming import NET, SOLVER, prepare

from netcc.errors import OutputError
from netcc.solver.early_stop import EarlyStop
from netcc.solver.events import Listener, Restored
from netcc.solver.policies import Progress
from netcc.solver.resume import BEGUN_ANEW
from netcc.solver.resume_file import resume_path
from netcc.solver.resume_search import newest_good
from netcc.solver.solver import Solver

LAST = 12


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    prepare(tmp_path)


class Told(Listener):
    def __init__(self):
        self.lost = None

    def on_restore(self, event: Restored) -> None:
        self.lost = event.lost


def bytes_of(solver):
    arrays = (*solver.net.parameter_arrays().values(), *solver.history)
    return [array.tobytes() for array in arrays]


def whole_run():
    recorder = Recorder()
    with Solver(Path("solver.prototxt"), listeners=[recorder], out="whole") as solver:
        solver.solve()
        return bytes_of(solver), without_snapshots(recorder)


def without_snapshots(recorder):
    return [event for event in recorder.events if event["event"] != "snapshot"]


def stopped_at(iteration):
    """The state of a run of which `iteration` iterations were made."""
    with Solver(Path("solver.prototxt"), out="part") as solver:
        solver.step(iteration)
        return solver.snapshot()[1]


def test_the_run_is_restless():
    """Every source of chance counts: without it the run is another one."""
    expected, _ = whole_run()
    for line in ("mirror: true", "pool: STOCHASTIC", 'name: "drop" type: "Dropout"', 'type: "gaussian"'):
        quiet = {
            "mirror: true": "",
            "pool: STOCHASTIC": "pool: AVE",
            'name: "drop" type: "Dropout"': 'name: "drop" type: "Power"',
            'type: "gaussian"': 'type: "constant"',
        }[line]
        assert line in NET
        Path("net.prototxt").write_text(NET.replace(line, quiet))
        assert whole_run()[0] != expected


@pytest.mark.parametrize("iteration", [1, 2, 3, 4, 5, 7, 8, 11])
def test_weights_history_and_all_that_is_told_are_those_of_the_run_that_was_never_stopped(iteration):
    expected, story = whole_run()
    state = stopped_at(iteration)
    recorder, told = Recorder(), Told()
    with Solver(Path("solver.prototxt"), listeners=[recorder, told], out="part", seed=99) as solver:
        solver.solve(state)
        assert solver.seed == 5, "the seed of the run, not one given later"
        assert bytes_of(solver) == expected
    assert told.lost == ()
    assert without_snapshots(recorder) == [event for event in story if event["iter"] >= iteration]


def test_the_written_files_are_the_same_bytes():
    with Solver(Path("solver.prototxt")) as solver:
        solver.solve()
    expected = {name: Path(name).read_bytes() for name in ("run_iter_12.caffemodel", "run_iter_12.solverstate")}
    state = stopped_at(6)
    with Solver(Path("solver.prototxt")) as solver:
        solver.solve(state)
    assert {name: Path(name).read_bytes() for name in expected} == expected


def test_resuming_again_and_again():
    with Solver(Path("solver.prototxt"), out="whole") as solver:
        solver.step(LAST)
        expected = bytes_of(solver)
    state = stopped_at(1)
    for _ in range(LAST - 1):
        with Solver(Path("solver.prototxt"), out="part") as solver:
            solver.restore(state)
            solver.step(1)
            _, state = solver.snapshot()
            found = bytes_of(solver)
    assert found == expected


def test_hdf5_snapshots_are_as_exact():
    expected, _ = whole_run()
    Path("solver.prototxt").write_text(SOLVER + "snapshot_format: HDF5")
    state = stopped_at(5)
    assert state.name == "run_iter_5.solverstate.h5"
    with Solver(Path("solver.prototxt"), out="part") as solver:
        solver.solve(state)
        assert bytes_of(solver) == expected


class StopInTest(Listener):
    """Asks for a stop when the test of `iteration` has begun, or after its first net."""

    def __init__(self, solver, iteration, *, after_first):
        self.solver, self.iteration, self.after_first = solver, iteration, after_first

    def on_test_start(self, event):
        if event.iteration == self.iteration and event.net == int(self.after_first):
            self.solver.request_stop()


@pytest.mark.parametrize("after_first", [False, True])
@pytest.mark.parametrize("iteration", [0, 4, 8, 12])
def test_a_run_stopped_within_its_tests_makes_them_again(iteration, after_first):
    expected, story = whole_run()
    with Solver(Path("solver.prototxt"), out="part") as solver:
        solver.listeners.append(StopInTest(solver, iteration, after_first=after_first))
        solver.solve()
        assert solver.iter == iteration
    state = Path(f"part/run_iter_{iteration}.solverstate")
    recorder = Recorder()
    with Solver(Path("solver.prototxt"), listeners=[recorder], out="part") as solver:
        solver.solve(state)
        assert bytes_of(solver) == expected
    assert without_snapshots(recorder) == [event for event in story if event["iter"] >= iteration]


class SnapshotInLastTest(Listener):
    def __init__(self, solver):
        self.solver = solver

    def on_test_start(self, event):
        if event.iteration == LAST:
            self.solver.request_snapshot()


def test_a_snapshot_within_the_last_tests_leads_to_the_same_end():
    """The pass that displays the last loss, and the tests, are made again with the same data."""
    begin, end = NET.index('layer { name: "norm"'), NET.index('layer {\n  name: "pool"')
    Path("net.prototxt").write_text((NET[:begin] + NET[end:]).replace('bottom: "norm"', 'bottom: "conv"'))
    recorder, again = Recorder(), Recorder()
    with Solver(Path("solver.prototxt"), listeners=[recorder]) as solver:
        solver.listeners.append(SnapshotInLastTest(solver))
        solver.solve()
    with Solver(Path("solver.prototxt"), listeners=[again]) as solver:
        solver.solve("run_iter_12.solverstate")
    expected = [event for event in without_snapshots(recorder) if event["iter"] == LAST]
    assert [event["event"] for event in expected] == ["final", "test", "test"]
    assert without_snapshots(again) == expected


def test_the_loss_that_a_schedule_waits_for_is_kept_to_the_last_bit():
    state = stopped_at(6)
    with Solver(Path("solver.prototxt"), out="part") as solver:
        solver.restore(state)
        solver.progress = progress = Progress(2, 1 / 3, 5)
        state = solver.snapshot()[1]
        solver.progress = Progress()
        solver.restore(state)
        assert solver.progress == progress
        resume_path(state).unlink()
        solver.restore(state)
        assert solver.progress == Progress(2, float(np.float32(1 / 3)), 5), "Caffe keeps it in float32"


def test_more_iterations_after_a_finished_run():
    Path("solver.prototxt").write_text(SOLVER.replace("max_iter: 12", "max_iter: 17"))
    expected, _ = whole_run()
    with Solver(Path("solver.prototxt"), max_iter=LAST, out="part") as solver:
        solver.solve()
    with Solver(Path("solver.prototxt"), out="part") as solver:
        solver.solve("part/run_iter_12.solverstate")
        assert bytes_of(solver) == expected


def lost_when(change):
    """What the resumed run says that it lost after `change` of the folder, and whether it is another run."""
    expected, _ = whole_run()
    state = stopped_at(6)
    change(resume_path(state))
    told = Told()
    with Solver(Path("solver.prototxt"), listeners=[told], out="part") as solver:
        solver.solve(state)
        assert solver.iter == LAST
        return told.lost, bytes_of(solver) != expected


def test_without_the_file_a_run_resumes_as_caffe_does_and_says_so():
    assert lost_when(Path.unlink) == (("there is no run_iter_6.resume.json beside it", BEGUN_ANEW), True)


def test_a_damaged_file_is_not_used():
    reason = "part/run_iter_6.resume.json is damaged, or no file to resume from"
    assert lost_when(lambda path: path.write_text("{")) == ((reason, BEGUN_ANEW), True)


def test_a_file_of_another_run_is_not_used():
    def change(path):
        with Solver(Path("solver.prototxt"), seed=6, out="other") as solver:
            solver.step(6)
            solver.snapshot()
        shutil.copy("other/run_iter_6.resume.json", path)

    reason = "run_iter_6.resume.json belongs to other weights or another history"
    assert lost_when(change) == ((reason, BEGUN_ANEW), True)


def edited(path, edit):
    content = json.loads(path.read_text())
    edit(content)
    path.write_text(json.dumps(content))


def test_a_file_of_a_later_version_is_not_used():
    reason = "part/run_iter_6.resume.json is of version 2, which this netcc does not read"
    lost = lost_when(lambda path: edited(path, lambda content: content.update(version=2)))
    assert lost == ((reason, BEGUN_ANEW), True)


def test_a_database_that_shrank():
    def edit(content):
        content["nets"][0]["sources"]["data"]["source"]["record"] = 11

    lost = ("training net: data layer 'data' begins at its first record: database train_lmdb has no record 11",)
    assert lost_when(lambda path: edited(path, edit)) == (lost, True)


def test_a_data_layer_of_another_name():
    def edit(content):
        sources = content["nets"][0]["sources"]
        sources["other"] = sources.pop("data")

    lost = ("training net: data layer 'data' begins at its first record: its place is not known",)
    assert lost_when(lambda path: edited(path, edit)) == (lost, True)


def test_another_generator():
    def edit(content):
        content["nets"][0]["random"]["bit_generator"] = "MT19937"

    lost = ("training net: random numbers are drawn anew: the generator is another one",)
    assert lost_when(lambda path: edited(path, edit)) == (lost, True)


def test_a_memory_of_another_shape():
    def edit(content):
        content["nets"][0]["layers"]["memory"][0]["shape"] = [2, 4]

    lost = ("training net: layer 'memory' begins without a memory: what it remembers has another shape",)
    assert lost_when(lambda path: edited(path, edit)) == (lost, True)


def test_other_test_nets():
    def edit(content):
        del content["nets"][-1]

    lost = ("the solver has 2 test nets, the snapshot was taken with 1",)
    assert lost_when(lambda path: edited(path, edit)) == (lost, False)


def test_a_memory_that_makes_no_sense():
    def edit(content):
        content["memories"]["loss_average"]["next"] = 7

    lost = ("loss average: begins anew, as what was kept does not fit",)
    assert lost_when(lambda path: edited(path, edit))[0] == lost


def first_display_after(before, state):
    """What is displayed, and the loss of that iteration alone, by a solver that made `before` iterations first."""
    recorder = Recorder()
    with Solver(Path("solver.prototxt"), out="part") as solver:
        solver.step(before)
        solver.restore(state)
        solver.listeners.append(recorder)
        solver.step(1)
    (shown,) = [event["loss"] for event in recorder.events if event["event"] == "train"]
    return shown, recorder.losses[0]


def test_a_solver_that_ran_before_is_restored_as_a_fresh_one():
    state = stopped_at(6)
    assert first_display_after(0, state) == first_display_after(3, state)


def test_without_the_file_the_average_begins_anew():
    state = stopped_at(6)
    shown, raw = first_display_after(3, state)
    assert shown != raw
    resume_path(state).unlink()
    shown, raw = first_display_after(3, state)
    assert shown == raw


def test_patience_goes_on_as_well():
    def early_stop(solver):
        early = EarlyStop(solver.test_nets, 100, "loss", solver.request_stop)
        solver.listeners.append(early)
        solver.remember("early_stop", early)
        return early

    with Solver(Path("solver.prototxt"), out="whole") as solver:
        whole = early_stop(solver)
        solver.solve()
    with Solver(Path("solver.prototxt"), out="part") as solver:
        early_stop(solver)
        solver.step(9)
        state = solver.snapshot()[1]
    with Solver(Path("solver.prototxt"), out="part") as solver:
        part = early_stop(solver)
        solver.solve(state)
    assert part.state() == whole.state()
    assert part.state()["best"] is not None


class Killed(BaseException):
    """As if the process had ended here."""


@pytest.mark.parametrize("survived", range(4))
@pytest.mark.parametrize("replaced", [False, True])
def test_a_run_killed_between_the_files_of_a_snapshot_resumes_from_a_whole_one(survived, replaced, monkeypatch):
    """`replaced`: the snapshot is written over one of an earlier run."""
    expected, _ = whole_run()
    if replaced:
        with Solver(Path("solver.prototxt"), seed=6, out="part") as solver:
            solver.step(6)
            solver.snapshot()
    stopped_at(4)
    replace, count = os.replace, []

    def counted(source, target):
        count.append(target)
        if len(count) > survived:
            raise Killed
        replace(source, target)

    with Solver(Path("solver.prototxt"), out="part") as solver:
        solver.step(6)
        with monkeypatch.context() as patch:
            patch.setattr(os, "replace", counted)
            if survived < 3:
                with pytest.raises(Killed):
                    solver.snapshot()
            else:
                solver.snapshot()
    found = newest_good(Path("part/run"))
    assert found.state == Path(f"part/run_iter_{6 if survived == 3 else 4}.solverstate")
    with Solver(Path("solver.prototxt"), out="part") as solver:
        solver.solve(found.state)
        assert bytes_of(solver) == expected


def test_a_full_disk_leaves_the_snapshot_before(monkeypatch):
    expected, _ = whole_run()
    stopped_at(4)

    def full(descriptor):
        raise OSError(28, "No space left on device")

    with Solver(Path("solver.prototxt"), out="part") as solver:
        solver.step(6)
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", full)
            with pytest.raises(OutputError) as error:
                solver.snapshot()
    assert error.value.message == "cannot write part/run_iter_6.resume.json: the disk is full"
    found = newest_good(Path("part/run"))
    assert (found.state, found.skipped) == (Path("part/run_iter_4.solverstate"), ())
    with Solver(Path("solver.prototxt"), out="part") as solver:
        solver.solve(found.state)
        assert bytes_of(solver) == expected


def test_what_layers_remember_is_a_copy():
    with Solver(Path("solver.prototxt")) as solver:
        solver.step(1)
        state = solver.net.run_state()
        before = [array.copy() for array in state.layers["memory"]]
        solver.step(1)
        assert all(map(np.array_equal, state.layers["memory"], before))
        assert any(array.any() for array in before)
