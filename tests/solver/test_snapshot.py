"""Names, contents and restoring of snapshots."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from helpers.solvers import NET, solver_text

from netcc.errors import OutputError, WeightsError
from netcc.runtime.solverstate import read_solverstate
from netcc.runtime.weights import read_caffemodel
from netcc.solver.snapshot import snapshot_paths, snapshot_prefix
from netcc.solver.solver import Solver


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "solver.v2.prototxt").write_text("")


@pytest.mark.parametrize(
    ("field", "solver", "out", "expected"),
    [
        ("net", "solver.v2.prototxt", None, "net"),
        ("some/net", "solver.v2.prototxt", None, "some/net"),
        ("", "solver.v2.prototxt", None, "solver.v2"),
        ("", "<text>", None, "solver"),
        ("folder", "solver.v2.prototxt", None, "folder/solver.v2"),
        ("folder", "<text>", None, "folder/solver"),
        ("some/net", "solver.v2.prototxt", "out", "out/net"),
        ("folder", "solver.v2.prototxt", "out", "out/solver.v2"),
        ("", "solver.v2.prototxt", "out", "out/solver.v2"),
    ],
)
def test_prefixes(field, solver, out, expected):
    assert snapshot_prefix(field, solver, Path(out) if out else None) == Path(expected)


def test_names_keep_the_dots_of_the_prefix():
    assert snapshot_paths(Path("a/lenet.v2"), 100) == (
        Path("a/lenet.v2_iter_100.caffemodel"),
        Path("a/lenet.v2_iter_100.solverstate"),
    )


def make_snapshot(text, iterations=2, **options):
    with Solver(text, **options) as solver:
        solver.step(iterations)
        return solver.snapshot()


def restored(text, state):
    """What a fresh solver looks like that `state` was restored into."""
    with Solver(text, seed=77) as solver:
        solver.restore(state)
        return solver.iter, [array.copy() for array in (*solver.net.parameter_arrays().values(), *solver.history)]


def refusal(text, state):
    """The message, having seen that nothing was changed."""
    with Solver(text, seed=77) as solver:
        arrays = (*solver.net.parameter_arrays().values(), *solver.history)
        before = [array.copy() for array in arrays]
        with pytest.raises(WeightsError) as error:
            solver.restore(state)
        assert solver.iter == 0
        assert all(map(np.array_equal, arrays, before))
    return str(error.value)


ADAM = solver_text('type: "Adam" momentum: 0.9')


def test_a_snapshot_brings_all_back():
    with Solver(ADAM) as solver:
        solver.step(3)
        _, state = solver.snapshot()
        expected = [array.copy() for array in (*solver.net.parameter_arrays().values(), *solver.history)]
    iteration, found = restored(ADAM, state)
    assert iteration == 3
    assert len(found) == 6
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_state_of_a_schedule_is_kept():
    text = solver_text().replace('"fixed"', '"multistep" gamma: 0.5 stepvalue: 1 stepvalue: 2')
    with Solver(text) as solver:
        solver.step(3)
        _, state = solver.snapshot()
    assert read_solverstate(state).current_step == 2
    with Solver(text) as solver:
        solver.restore(state)
        assert solver.lr == pytest.approx(0.025)


def test_weights_are_found_beside_the_state_as_well():
    model, state = make_snapshot(ADAM)
    for path in (model, state):
        shutil.move(path, Path("folder") / path.name)
    assert restored(ADAM, Path("folder") / state.name)[0] == 2


def test_missing_weights():
    model, state = make_snapshot(ADAM)
    model.unlink()
    shutil.move(state, Path("folder") / state.name)
    assert refusal(ADAM, Path("folder") / state.name) == (
        "error: folder/solver_iter_2.solverstate: the weights that belong to it are missing\n"
        "  looked for: solver_iter_2.caffemodel and folder/solver_iter_2.caffemodel"
    )


def test_a_snapshot_of_another_net_names_the_layer_and_both_shapes():
    _, state = make_snapshot(ADAM)
    other = ADAM.replace("num_output: 2", "num_output: 5")
    message = refusal(other, state)
    first = "error: solver_iter_2.solverstate: layer 'ip', history of its weights: 2 x 3 in the file, 5 x 3 in the net"
    assert first in message
    assert "layer 'ip', history of its bias: 2 in the file, 5 in the net" in message


def test_weights_of_another_net_change_nothing():
    """The state fits, the weights that it names do not."""
    _, state = make_snapshot(ADAM)
    make_snapshot(ADAM.replace("num_output: 2", "num_output: 5"))
    bad = Path("solver_iter_2.caffemodel").read_bytes()
    make_snapshot(ADAM)
    Path("solver_iter_2.caffemodel").write_bytes(bad)
    assert "layer 'ip', weights: 5 x 3 in the file, 2 x 3 in the net" in refusal(ADAM, state)


def test_weights_of_a_layer_of_another_name():
    _, state = make_snapshot(ADAM)
    message = refusal(ADAM.replace('name: "ip" type', 'name: "other" type'), state)
    assert "error: solver_iter_2.caffemodel: there are no weights of layer 'other' in it" in message


def test_a_snapshot_of_another_rule():
    _, state = make_snapshot(ADAM)
    assert refusal(solver_text(), state) == (
        "error: solver_iter_2.solverstate holds 4 history arrays; SGD needs 2 for this net\n"
        "  SGD keeps 1 for each of 2 parameters; the snapshot is of another net or another solver type"
    )


def test_weights_given_as_a_state():
    model, _ = make_snapshot(ADAM)
    assert refusal(ADAM, model).startswith("error: solver_iter_2.caffemodel is not a solver state but a weights file")


def test_out_is_made_and_holds_the_snapshots():
    assert make_snapshot(solver_text('snapshot_prefix: "elsewhere/lenet"'), out="new/folder") == (
        Path("new/folder/lenet_iter_2.caffemodel"),
        Path("new/folder/lenet_iter_2.solverstate"),
    )
    assert sorted(path.name for path in Path("new/folder").iterdir()) == [
        "lenet_iter_2.caffemodel",
        "lenet_iter_2.resume.json",
        "lenet_iter_2.solverstate",
    ]


def test_out_that_is_a_file():
    Path("file").write_text("")
    with pytest.raises(OutputError) as error:
        Solver(solver_text(), out="file")
    assert str(error.value) == "error: cannot make the folder file: file exists"


def test_a_prefix_that_cannot_be_written_is_found_when_the_solver_is_made(tmp_path):
    with pytest.raises(OutputError) as error:
        Solver(solver_text('snapshot: 1 snapshot_prefix: "none/net"'))
    assert error.value.message == (
        f"cannot write none/net_iter_0.tempfile: the folder {tmp_path / 'none'} does not exist"
    )


def test_probing_leaves_nothing():
    with Solver(solver_text('snapshot: 5 snapshot_prefix: "folder/net"')):
        assert list(Path("folder").iterdir()) == []


def test_learning_goes_on_as_if_nothing_had_happened():
    """Constant data: a resumed run is the same run."""
    constant = NET.replace('"gaussian" } data', '"constant" value: 0.5 } data')
    text = solver_text('type: "Adam" momentum: 0.9', f"net_param {{ {constant} }}")
    with Solver(text) as solver:
        solver.step(6)
        expected = solver.net.params["ip"][0].data.copy()
    _, state = make_snapshot(text, 3)
    with Solver(text) as solver:
        solver.restore(state)
        solver.step(3)
        np.testing.assert_array_equal(solver.net.params["ip"][0].data, expected)


def test_gradients_are_written_if_wanted():
    for wanted in ("true", "false"):
        with Solver(solver_text(f"snapshot_diff: {wanted}")) as solver:
            before = solver.net.params["ip"][0].data.copy()
            solver.step(1)
            model, _ = solver.snapshot()
            step = before - solver.net.params["ip"][0].data
        blobs = {layer.name: layer.blobs for layer in read_caffemodel(model)}["ip"]
        if wanted == "true":
            np.testing.assert_allclose(blobs[0].diff, step, rtol=1e-4, atol=1e-7)
        else:
            assert blobs[0].diff is None
