"""`.solverstate`: what a resumed run needs besides the weights."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, field

from netcc.schema import caffe_pb2, weights_pb2, wire
from netcc.schema.blobs import decode_blob, encode_blob
from netcc.schema.files import is_hdf5, parse, read_bytes, unlike, write_parts
from netcc.types import Array

HISTORY = caffe_pb2.SolverState.DESCRIPTOR.fields_by_name["history"].number


@dataclass(eq=False)
class SolverState:
    """Iterations done, the path of the weights file, the rule's arrays, and the rate drops so far (step, multistep).

    `history` has the first moments of all parameters in their order, then the second moments where the rule has any.
    `minimum_loss` and `iter_last_event` are those of the policy "plateau"; the loss is infinite for any other.
    """

    iter: int
    learned_net: str
    history: list[Array] = field(default_factory=list)
    current_step: int = 0
    minimum_loss: float = math.inf
    iter_last_event: int = 0


def read_solverstate(path: str | os.PathLike[str]) -> SolverState:
    """The state in the file, in either form: the content tells, not the name.

    Its arrays are read-only, and of four axes if the file is a legacy one.
    Raises WeightsError if the file is missing, empty, truncated or something else.
    """
    if is_hdf5(path):
        from netcc.runtime.hdf5_state import read_hdf5_state

        return read_hdf5_state(path)
    data = read_bytes(path)
    message = parse(path, data, weights_pb2.SolverState, "a solver state")
    if not message.HasField("iter"):
        raise unlike(path, data, "a solver state")
    return SolverState(
        message.iter,
        os.fsdecode(message.learned_net),
        [
            decode_blob(blob, f"{os.fspath(path)}: history blob {index}").data
            for index, blob in enumerate(message.history)
        ],
        message.current_step,
        message.minimum_loss if message.HasField("minimum_loss") else math.inf,
        message.iter_last_event,
    )


def write_solverstate(path: str | os.PathLike[str], state: SolverState) -> None:
    """Writes `state`, byte for byte as `SGDSolver::SnapshotSolverStateToBinaryProto` of src/caffe/solvers would.

    A name that ends with .h5 gets the HDF5 form.
    Raises WeightsError if the file would pass protobuf's 2 GB, OutputError if it cannot be written.
    """
    if os.fspath(path).endswith(".h5"):
        from netcc.runtime.hdf5_state import write_hdf5_state

        write_hdf5_state(path, state)
        return
    begin = caffe_pb2.SolverState(iter=state.iter)
    parts: list[wire.Part] = [begin.SerializeToString(), *wire.field(2, [os.fsencode(state.learned_net)])]
    for array in state.history:
        parts += wire.field(HISTORY, encode_blob(array))
    end = caffe_pb2.SolverState(current_step=state.current_step)
    if math.isfinite(state.minimum_loss):
        end.minimum_loss, end.iter_last_event = state.minimum_loss, state.iter_last_event
    parts.append(end.SerializeToString())
    write_parts(path, parts)
