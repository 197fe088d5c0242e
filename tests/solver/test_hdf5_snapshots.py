"""Snapshots in HDF5 against those of real Caffe, both ways."""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from helpers.hdf5_layout import layout
from helpers.solvers import solver_text

from netcc.errors import SolverError
from netcc.runtime.solverstate import read_solverstate
from netcc.solver.solver import Solver

GOLDEN = Path(__file__).parents[1] / "golden/solvers"
META = json.loads((GOLDEN / "meta.json").read_text())
RELATIVE, ABSOLUTE = META["tolerance"]["after10"]
CASES = [case["name"] for case in META["cases"] if case["interop"]]


@pytest.fixture(autouse=True)
def in_a_copy_of_the_golden_folder(tmp_path, monkeypatch):
    shutil.copytree(GOLDEN, tmp_path / "solvers")
    monkeypatch.chdir(tmp_path / "solvers")


def hdf5_solver(name):
    """The solver of the case, writing HDF5 under the names of real Caffe's files."""
    text = Path(f"{name}.solver.prototxt").read_text()
    return Solver(f'{text}\nsnapshot_format: HDF5\nsnapshot_prefix: "{name}"')


def check_parameters(net, expected, prefix, tolerance):
    names = [name for name in expected.files if name.startswith(f"{prefix}:")]
    assert len(names) == sum(map(len, net.params.values()))
    relative, absolute = tolerance
    for name in names:
        _, layer, index = name.split(":")
        wanted = expected[name]
        limit = absolute * max(1.0, float(np.abs(wanted).max()))
        np.testing.assert_allclose(net.params[layer][int(index)].data, wanted, relative, limit, err_msg=name)


@pytest.mark.parametrize("name", CASES)
def test_a_snapshot_of_real_caffe_is_continued(name):
    expected = np.load(f"{name}.npz")
    with hdf5_solver(name) as solver:
        solver.restore(f"{name}_iter_5.solverstate.h5")
        assert solver.iter == 5
        check_parameters(solver.net, expected, "after5", (0, 0))
        solver.step(5)
        check_parameters(solver.net, expected, "resumed10", (RELATIVE, ABSOLUTE))


@pytest.mark.parametrize("name", CASES)
def test_a_restored_snapshot_is_written_as_real_caffe_does(name, tmp_path):
    """Both files: the same groups, datasets, shapes, types and links, and the same numbers."""
    theirs = [f"{name}_iter_5.caffemodel.h5", f"{name}_iter_5.solverstate.h5"]
    for path in theirs:
        shutil.copy(path, tmp_path / path)
    with hdf5_solver(name) as solver:
        solver.restore(f"{name}_iter_5.solverstate.h5")
        numbers = [array.copy() for array in (*solver.net.parameter_arrays().values(), *solver.history)]
        model, state = solver.snapshot()
    assert [path.name for path in (model, state)] == theirs
    for path in (model, state):
        assert layout(path) == layout(tmp_path / path.name)
    assert read_solverstate(state).learned_net == theirs[0]
    with hdf5_solver(name) as solver:
        solver.restore(state)
        for found, expected in zip((*solver.net.parameter_arrays().values(), *solver.history), numbers, strict=True):
            np.testing.assert_array_equal(found, expected)


def test_a_run_may_go_on_in_the_other_form():
    name = "interop_sgd_mlp"
    expected = np.load(f"{name}.npz")
    with hdf5_solver(name) as solver:
        solver.restore(f"{name}_iter_5.solverstate")
        model, state = solver.snapshot()
    assert model.name.endswith(".caffemodel.h5")
    with Solver(f"{name}.solver.prototxt") as solver:
        solver.restore(state)
        check_parameters(solver.net, expected, "after5", (0, 0))


def test_shared_parameters_come_back(tmp_path):
    text = Path("shared_sgd.solver.prototxt").read_text() + f'\nsnapshot_format: HDF5\nsnapshot_prefix: "{tmp_path}/s"'
    with Solver(text, weights="shared.init.caffemodel") as solver:
        solver.step(3)
        model, state = solver.snapshot()
        expected = {name: [blob.data.copy() for blob in blobs] for name, blobs in solver.net.params.items()}
    assert {name for name in layout(model) if name.startswith("data/f")} == {
        *("data/f1", "data/f1/0", "data/f1/1", "data/f2", "data/f3", "data/f3/0", "data/f3/1")
    }
    with Solver(text) as solver:
        solver.restore(state)
        for name, arrays in expected.items():
            for blob, array in zip(solver.net.params[name], arrays, strict=True):
                np.testing.assert_array_equal(blob.data, array)


def test_gradients_are_written_if_wanted(tmp_path):
    text = solver_text(f'snapshot_diff: true snapshot_format: HDF5 snapshot_prefix: "{tmp_path}/net"')
    with Solver(text) as solver:
        solver.step(1)
        model, _ = solver.snapshot()
    assert layout(model)["diff/ip/0"][:3] == ("dataset", (2, 3), "<f4")


def test_without_h5py_it_is_said_before_training(monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(SolverError) as error:
        Solver(solver_text("snapshot_format: HDF5"))
    assert [error.value.message, *error.value.diagnostics[0].notes] == [
        "snapshot_format: HDF5 needs h5py",
        "install it with: pip install 'netcc[data]'",
    ]
