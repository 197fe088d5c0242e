"""`.solverstate.h5`: as real Caffe lays it out, and what is no such file."""

import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
from helpers.hdf5_layout import layout

from netcc.errors import OutputError, WeightsError
from netcc.runtime.solverstate import SolverState, read_solverstate, write_solverstate

GOLDEN = Path(__file__).parents[1] / "golden/solvers"
STATES = sorted(path.name for path in GOLDEN.glob("*.solverstate.h5"))


def test_there_are_states_of_real_caffe():
    assert len(STATES) == 4


@pytest.mark.parametrize("name", STATES)
def test_both_forms_of_a_state_say_the_same(name):
    hdf5, binary = (read_solverstate(GOLDEN / path) for path in (name, name.removesuffix(".h5")))
    assert hdf5.learned_net == binary.learned_net + ".h5"
    assert (hdf5.iter, hdf5.current_step) == (binary.iter, binary.current_step) == (5, binary.current_step)
    for one, other in zip(hdf5.history, binary.history, strict=True):
        np.testing.assert_array_equal(one, other, strict=True)


@pytest.mark.parametrize("name", STATES)
def test_a_state_is_laid_out_as_real_caffe_does(name, tmp_path):
    write_solverstate(tmp_path / name, read_solverstate(GOLDEN / name))
    assert layout(tmp_path / name) == layout(GOLDEN / name)


def test_the_plateau_policy_has_the_datasets_of_ssd(tmp_path):
    path = tmp_path / "state.h5"
    history = [np.ones((2, 3), np.float32), np.zeros((), np.float32), np.ones(2)]
    write_solverstate(path, SolverState(9, "földer/net.caffemodel.h5", history, 1, 0.5, 7))
    assert [layout(path)[name][1:3] for name in ("iter_last_event", "minimum_loss")] == [((1,), "<i4"), ((1,), "<f4")]
    state = read_solverstate(path)
    assert (state.iter, state.learned_net, state.current_step) == (9, "földer/net.caffemodel.h5", 1)
    assert (state.minimum_loss, state.iter_last_event) == (0.5, 7)
    for read, written in zip(state.history, history, strict=True):
        np.testing.assert_array_equal(read, written, strict=True)


def changed(tmp_path, change):
    """A state of real Caffe that `change` was done to."""
    path = tmp_path / "state.h5"
    path.write_bytes((GOLDEN / STATES[0]).read_bytes())
    with h5py.File(path, "r+") as file:
        change(file)
    return path


def delete(name):
    return lambda file: file.__delitem__(name)


def replace(name, value):
    def change(file):
        del file[name]
        file[name] = value

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (delete("iter"), "{} is not a solver state but some other HDF5 file"),
        (delete("current_step"), "{}: there is no current_step in it"),
        (replace("current_step", [1, 2]), "{}: current_step has 2 numbers; expected 1"),
        (replace("iter", 5.0), "{}: iter: values of type float64, not whole numbers"),
        (replace("learned_net", 5), "{}: learned_net is not a text"),
        (delete("history/1"), "{}: the arrays of its history do not count from 0 to 6"),
        (replace("history/1", [1]), "{}: history blob 1: values of type int64, not floats"),
        (replace("history", 0), "{} is not a solver state but some other HDF5 file"),
    ],
)
def test_files_of_another_layout(change, message, tmp_path):
    path = changed(tmp_path, change)
    with pytest.raises(WeightsError) as caught:
        read_solverstate(path)
    assert str(caught.value) == "error: " + message.format(path)


def test_weights_are_no_state():
    path = GOLDEN / STATES[0].replace("solverstate", "caffemodel")
    with pytest.raises(WeightsError) as caught:
        read_solverstate(path)
    assert caught.value.message == f"{path} is not a solver state but a weights file"


def test_a_file_that_is_cut_off(tmp_path):
    path = tmp_path / "state.h5"
    path.write_bytes((GOLDEN / STATES[0]).read_bytes()[:1500])
    with pytest.raises(WeightsError) as caught:
        read_solverstate(path)
    assert caught.value.message == f"{path} is a damaged HDF5 file"


def test_without_h5py_the_extra_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "h5py", None)
    path = tmp_path / "state.h5"
    with pytest.raises(WeightsError) as caught:
        write_solverstate(path, SolverState(1, "net"))
    assert str(caught.value) == f"error: writing {path} needs h5py\n  install it with: pip install 'netcc[data]'"
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_missing(tmp_path):
    path = tmp_path / "none/state.h5"
    with pytest.raises(OutputError) as caught:
        write_solverstate(path, SolverState(1, "net"))
    assert caught.value.message == f"cannot write {path}: the folder {path.parent} does not exist"
