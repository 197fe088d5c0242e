"""The two files of a snapshot: their names, what they hold, and the way back.

Names and contents are those of `Solver::SnapshotFilename` (src/caffe/solver.cpp) and
`SGDSolver::SnapshotSolverState` (src/caffe/solvers/sgd_solver.cpp), in both forms.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from netcc.atomic import atomic_write
from netcc.errors import Diagnostic, OutputError, WeightsError
from netcc.runtime.export import write_net
from netcc.runtime.net import Net
from netcc.runtime.solverstate import SolverState, read_solverstate, write_solverstate
from netcc.runtime.weights import read_caffemodel
from netcc.solver.optimizer import Optimizer
from netcc.solver.policies import Progress
from netcc.types import Array, Shape, format_shape


def snapshot_prefix(field: str, solver: str, out: Path | None = None) -> Path:
    """What the names of snapshots begin with.

    `field` is the solver's snapshot_prefix, `solver` the name of the solver's file. Without `field`, the prefix is the
    solver's path less its extension; where `field` is a folder, it is the solver's stem in it. With `out` snapshots go
    to that folder, whatever folder `field` names. As UpgradeSnapshotPrefixProperty of src/caffe/util/upgrade_proto.cpp.
    """
    path = Path(solver)
    stem = path.with_suffix("") if path.is_file() else Path("solver")
    prefix = stem
    if field:
        prefix = Path(field) / stem.name if Path(field).is_dir() else Path(field)
    return out / prefix.name if out is not None else prefix


def snapshot_paths(prefix: Path, iteration: int, *, hdf5: bool = False) -> tuple[Path, Path]:
    """The weights file and the solver state of a snapshot after `iteration` updates."""
    name, end = f"{prefix.name}_iter_{iteration}", ".h5" if hdf5 else ""
    return prefix.with_name(f"{name}.caffemodel{end}"), prefix.with_name(f"{name}.solverstate{end}")


def check_writable(prefix: Path) -> None:
    """Writes a file beside the snapshots to come and removes it. Raises OutputError naming the reason if it cannot."""
    probe = prefix.with_name(f"{prefix.name}_iter_0.tempfile")
    try:
        with atomic_write(probe):
            pass
        probe.unlink()
    except OutputError as error:
        raise error.located(None, f"snapshots are to be written there (snapshot_prefix {str(prefix)!r})") from None
    except OSError as error:
        raise OutputError(f"cannot remove {probe}: {(error.strerror or str(error)).lower()}") from error


def write_snapshot(
    prefix: Path,
    iteration: int,
    progress: Progress,
    net: Net,
    history: Sequence[Array],
    *,
    diffs: bool = False,
    hdf5: bool = False,
) -> tuple[Path, Path]:
    """Writes weights, then the state that names them; each appears whole or not at all. Returns both paths.

    With `diffs` the weights file has the gradients too, which after an update are the steps last taken.
    Raises OutputError if one cannot be written, WeightsError for `hdf5` without h5py or a binary file past 2 GB.
    """
    model, state = snapshot_paths(prefix, iteration, hdf5=hdf5)
    gradients = {node: [blob.diff for blob in net.params.get(node.name, ())] for node in net.graph.nodes}
    write_net(model, net.graph, net.node_arrays(), gradients if diffs else None)
    write_solverstate(
        state,
        SolverState(iteration, str(model), list(history), progress.step, progress.minimum_loss, progress.last_event),
    )
    return model, state


def progress_of(state: SolverState) -> Progress:
    """How far the schedule was."""
    return Progress(state.current_step, state.minimum_loss, state.iter_last_event)


def restore_snapshot(path: Path, net: Net, optimizer: Optimizer) -> SolverState:
    """Copies weights and history from the snapshot whose state is at `path`.

    Raises WeightsError where the snapshot is of another net, naming the layer and both shapes; then nothing is changed.
    """
    state = read_solverstate(path)
    _check_history(path, state.history, optimizer)
    if state.learned_net:
        model = find_learned_net(path, state.learned_net)
        _check_layers(model, net)
        net.copy_from(model)
    for array, saved in zip(optimizer.history, state.history, strict=True):
        np.copyto(array, saved.reshape(array.shape))
    return state


def find_learned_net(state: Path, learned_net: str) -> Path:
    """The weights that a state names: relative to the working directory, as in Caffe, else beside the state.

    Raises WeightsError if there are none.
    """
    named, beside = Path(learned_net), state.parent / Path(learned_net).name
    if named.is_file():
        return named
    if beside.is_file():
        return beside
    places = dict.fromkeys((str(named), str(beside)))
    raise WeightsError(
        f"{state}: the weights that belong to it are missing", notes=[f"looked for: {' and '.join(places)}"]
    )


def _check_layers(model: Path, net: Net) -> None:
    """Refuses weights that would leave a layer with numbers that do not go with its history."""
    saved = {layer.name for layer in read_caffemodel(model)}
    lacking = [node for node in net.graph.nodes if node.parameters and node.name not in saved]
    if lacking:
        raise WeightsError(
            [Diagnostic(f"{model}: there are no weights of layer {node.name!r} in it", node.span()) for node in lacking]
        )


def _check_history(path: Path, history: Sequence[Array], optimizer: Optimizer) -> None:
    wanted, rule = len(optimizer.history), optimizer.rule
    if len(history) != wanted:
        raise WeightsError(
            f"{path} holds {len(history)} history arrays; {rule.name} needs {wanted} for this net",
            notes=[
                f"{rule.name} keeps {rule.moments} for each of {len(optimizer.parameters)} parameters; "
                "the snapshot is of another net or another solver type"
            ],
        )
    faults = [
        Diagnostic(
            f"{path}: layer {parameter.owner.name!r}, history of its {parameter.name}: {format_shape(saved.shape)} "
            f"in the file, {format_shape(parameter.shape)} in the net",
            parameter.owner.span(),
        )
        for parameter, saved in zip(optimizer.parameters * rule.moments, history, strict=True)
        if not _same(saved.shape, parameter.shape)
    ]
    if faults:
        raise WeightsError(faults)


def _same(saved: Shape, shape: Shape) -> bool:
    """Equal, or the four axes of old files with ones before the shape."""
    return saved == shape or (len(saved) == 4 and saved == (1,) * (4 - len(shape)) + shape)
