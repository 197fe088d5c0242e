"""The HDF5 form of a solver state: `.solverstate.h5`.

Laid out as `SGDSolver::SnapshotSolverStateToHDF5` of src/caffe/solvers/sgd_solver.cpp does it: datasets `iter`,
`learned_net` and `current_step`, and `history/INDEX` for each array. `minimum_loss` and `iter_last_event` are those of
weiliu89/caffe, branch ssd.
"""

from __future__ import annotations

import math
import os
from typing import Any

import numpy as np

from netcc.errors import WeightsError
from netcc.runtime.hdf5 import is_dataset, read_blob, read_number, reading, require_h5py, write_file
from netcc.runtime.solverstate import SolverState
from netcc.types import Array


def read_hdf5_state(path: str | os.PathLike[str]) -> SolverState:
    """The state in the file. Raises WeightsError if h5py is missing or the file is damaged or something else."""
    name = os.fspath(path)
    with reading(path) as file:
        if "iter" not in file or "history" not in file or is_dataset(file["history"]):
            what = "a weights file" if "data" in file else "some other HDF5 file"
            raise WeightsError(f"{name} is not a solver state but {what}")
        state = SolverState(
            int(read_number(file, "iter", "i", name)),
            _text(file, "learned_net", name) if "learned_net" in file else "",
            _history(file["history"], name),
            int(read_number(file, "current_step", "i", name)),
        )
        if "minimum_loss" in file:
            state.minimum_loss = read_number(file, "minimum_loss", "f", name)
            state.iter_last_event = int(read_number(file, "iter_last_event", "i", name))
        return state


def write_hdf5_state(path: str | os.PathLike[str], state: SolverState) -> None:
    """Writes `state`. Raises WeightsError if h5py is missing, OutputError if the file cannot be written."""

    def build(file: Any) -> None:
        file.create_dataset("iter", data=np.array([state.iter], np.int32))
        _write_text(file, "learned_net", os.fsencode(state.learned_net))
        file.create_dataset("current_step", data=np.array([state.current_step], np.int32))
        if math.isfinite(state.minimum_loss):
            file.create_dataset("iter_last_event", data=np.array([state.iter_last_event], np.int32))
            file.create_dataset("minimum_loss", data=np.array([state.minimum_loss], np.float32))
        history = file.create_group("history")
        for index, array in enumerate(state.history):
            history.create_dataset(str(index), data=array)

    write_file(path, build)


def _history(group: Any, path: str) -> list[Array]:
    names = [str(index) for index in range(len(group))]
    if set(names) != set(group) or not all(map(is_dataset, group.values())):
        raise WeightsError(f"{path}: the arrays of its history do not count from 0 to {len(group) - 1}")
    return [read_blob(group[name], f"{path}: history blob {name}").data for name in names]


def _text(file: Any, name: str, path: str) -> str:
    value = file[name][()] if is_dataset(file[name]) else None
    if not isinstance(value, bytes):
        raise WeightsError(f"{path}: {name} is not a text")
    return os.fsdecode(value.partition(b"\0")[0])


def _write_text(file: Any, name: str, text: bytes) -> None:
    """A text of fixed length that ends with a zero byte, as C writes it; h5py's own have none."""
    h5py = require_h5py("writing text")
    kind = h5py.h5t.C_S1.copy()
    kind.set_size(len(text) + 1)
    kind.set_strpad(h5py.h5t.STR_NULLTERM)
    dataset = h5py.h5d.create(file.id, name.encode(), kind, h5py.h5s.create(h5py.h5s.SCALAR))
    dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, np.array(text, f"S{len(text) + 1}"), mtype=kind)
