"""Which snapshot a run goes on from, and which ones are kept."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from helpers.solvers import solver_text

from netcc.solver.resume_search import Keeper, newest_good, recorded_seed
from netcc.solver.solver import Solver

PREFIX = Path("solver")


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def snapshots(*iterations, seed=1, listeners=(), **options):
    """A run with snapshots after these iterations."""
    with Solver(solver_text("momentum: 0.5"), seed=seed, listeners=listeners, **options) as solver:
        for iteration in iterations:
            solver.step(iteration - solver.iter)
            solver.snapshot()


def found():
    result = newest_good(PREFIX)
    return result.state and result.state.name, result.skipped


def names():
    return sorted(path.name for path in Path().iterdir())


def test_there_is_none():
    assert found() == (None, ())
    assert newest_good(Path("no/folder/solver")).state is None


def test_the_last_one_not_the_first_by_name():
    snapshots(9, 10)
    assert found() == ("solver_iter_10.solverstate", ())


def test_the_last_one_written_not_that_of_the_latest_iteration():
    """A run that was begun again does not go on from the one before."""
    snapshots(4)
    snapshots(2, seed=2)
    assert found() == ("solver_iter_2.solverstate", ())


def test_only_those_of_the_prefix():
    snapshots(2)
    snapshots(3, out="elsewhere")
    for name in ("solver_iter_9.solverstate.old", "my_solver_iter_9.solverstate", "solver_iter_x.solverstate"):
        Path(name).write_bytes(Path("solver_iter_2.solverstate").read_bytes())
    Path("solver_iter_7.solverstate").mkdir()
    assert found() == ("solver_iter_2.solverstate", ())


def test_a_prefix_with_signs_of_patterns():
    with Solver(solver_text('snapshot_prefix: "a+(b)[1]"')) as solver:
        solver.step(1)
        solver.snapshot()
    assert newest_good(Path("a+(b)[1]")).state == Path("a+(b)[1]_iter_1.solverstate")


def truncate(path):
    data = Path(path).read_bytes()
    Path(path).write_bytes(data[: len(data) // 2])


def test_damaged_ones_are_passed_over():
    snapshots(1, 2, 3, 4, 5)
    truncate("solver_iter_5.solverstate")
    truncate("solver_iter_4.caffemodel")
    Path("solver_iter_3.caffemodel").unlink()
    Path("solver_iter_2.resume.json").write_text("{")
    state, skipped = found()
    assert state == "solver_iter_1.solverstate"
    assert skipped[0].startswith("solver_iter_5.solverstate is passed over: ")
    assert skipped[1].startswith("solver_iter_4.solverstate is passed over: solver_iter_4.caffemodel")
    assert skipped[2:] == (
        "solver_iter_3.solverstate is passed over: the weights that belong to it are missing",
        "solver_iter_2.solverstate is passed over: solver_iter_2.resume.json is damaged, or no file to resume from",
    )


def test_parts_of_different_snapshots_are_passed_over():
    snapshots(1, 2)
    Path("solver_iter_2.caffemodel").write_bytes(Path("solver_iter_1.caffemodel").read_bytes())
    assert found() == (
        "solver_iter_1.solverstate",
        (
            "solver_iter_2.solverstate is passed over: "
            "solver_iter_2.resume.json belongs to other weights or another history",
        ),
    )


def test_a_history_of_another_snapshot_is_found_out():
    snapshots(1, 2)
    text = Path("solver_iter_1.solverstate").read_bytes().replace(b"iter_1.caffe", b"iter_2.caffe")
    Path("solver_iter_2.solverstate").write_bytes(text)
    assert found()[0] == "solver_iter_1.solverstate"


def test_exact_ones_go_before_those_of_caffe():
    snapshots(1, 2, 3)
    Path("solver_iter_3.resume.json").unlink()
    assert found() == ("solver_iter_2.solverstate", ())
    for iteration in (1, 2):
        Path(f"solver_iter_{iteration}.resume.json").unlink()
        os.utime(f"solver_iter_{iteration}.solverstate", (iteration, iteration))
    os.utime("solver_iter_3.solverstate", (3, 3))
    assert found() == ("solver_iter_3.solverstate", ())
    truncate("solver_iter_3.solverstate")
    assert found()[0] == "solver_iter_2.solverstate"


def test_the_seed_is_known():
    snapshots(1, seed=17)
    assert recorded_seed(Path("solver_iter_1.solverstate")) == 17
    Path("solver_iter_1.resume.json").write_text("[]")
    assert recorded_seed(Path("solver_iter_1.solverstate")) is None
    assert recorded_seed(Path("none.solverstate")) is None


def test_the_last_ones_are_kept():
    snapshots(1, 2, 3, 10, listeners=[Keeper(PREFIX, 2)])
    ends = ("caffemodel", "resume.json", "solverstate")
    assert names() == sorted(f"solver_iter_{iteration}.{end}" for iteration in (3, 10) for end in ends)


def test_what_else_lies_there_is_kept():
    others = ["solver_iter_1.caffemodel.bak", "other_iter_1.solverstate", "solver.log", "solver_iter_2.caffemodel"]
    for name in others:
        Path(name).write_text("")
    snapshots(30, seed=2)
    snapshots(3, 4, listeners=[Keeper(PREFIX, 1)])
    kept = [f"solver_iter_{iteration}.{end}" for iteration in (4, 30) for end in ("caffemodel", "resume.json")]
    assert set(names()) > {*others, *kept}, "weights without a state, and a later snapshot, are somebody else's"
    assert not list(Path().glob("solver_iter_3.*"))


def test_a_removal_cut_short_is_finished_later(monkeypatch):
    removed = []
    unlink = Path.unlink

    def counted(path):
        if removed:
            raise KeyboardInterrupt
        removed.append(path.name)
        unlink(path)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", counted)
        with pytest.raises(KeyboardInterrupt):
            snapshots(1, 2, listeners=[Keeper(PREFIX, 1)])
    assert removed == ["solver_iter_1.solverstate"], "what is left is no snapshot any more"
    assert found() == ("solver_iter_2.solverstate", ())
    snapshots(3, listeners=[Keeper(PREFIX, 1)])
    assert names() == ["solver_iter_3.caffemodel", "solver_iter_3.resume.json", "solver_iter_3.solverstate"]


def test_a_file_that_cannot_be_removed_does_not_end_the_run(monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", refuse)
        snapshots(1, 2, listeners=[Keeper(PREFIX, 1)])
    assert len(names()) == 6


def test_shared_parameters_are_no_fault():
    net = """
        layer { name: "data" type: "DummyData" top: "data" dummy_data_param { shape { dim: 2 dim: 3 } } }
        layer { name: "a" type: "InnerProduct" bottom: "data" top: "a"
                inner_product_param { num_output: 3 } param { name: "w" } param { name: "b" } }
        layer { name: "b" type: "InnerProduct" bottom: "a" top: "b"
                inner_product_param { num_output: 3 } param { name: "w" } param { name: "b" } }
        layer { name: "loss" type: "Reduction" bottom: "b" top: "loss" loss_weight: 1 }
    """
    for kind in ("BINARYPROTO", "HDF5"):
        with Solver(solver_text(f"snapshot_format: {kind}", f"net_param {{ {net} }}"), out=kind) as solver:
            solver.step(1)
            _, state = solver.snapshot()
        assert newest_good(Path(kind, "solver")).state == state
        assert sorted(json.loads(Path(kind, "solver_iter_1.resume.json").read_text())["contents"]) == [
            "a/0",
            "a/1",
            "history",
        ]
