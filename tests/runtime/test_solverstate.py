from pathlib import Path

import numpy as np
import pytest

from netcc.errors import WeightsError
from netcc.runtime.solverstate import SolverState, read_solverstate, write_solverstate

GOLDEN = Path(__file__).parents[1] / "golden" / "weights"
STATES = ["nofirst_iter_4", "interop_adadelta_mlp_iter_5", "interop_nesterov_bn_iter_5"]


def test_a_state_is_read():
    state = read_solverstate(GOLDEN / "interop_adadelta_mlp_iter_5.solverstate")
    assert (state.iter, state.learned_net, state.current_step) == (5, "interop_adadelta_mlp_iter_5.caffemodel", 0)
    shapes = [(5, 4), (5,), (3, 5), (3,)]
    assert [array.shape for array in state.history] == shapes * 2
    assert state.history[0][0, 0] == np.float32(0.0042791865)


@pytest.mark.parametrize("name", STATES)
def test_a_state_is_written_byte_for_byte(name, tmp_path):
    source = GOLDEN / f"{name}.solverstate"
    write_solverstate(tmp_path / "state", read_solverstate(source))
    assert (tmp_path / "state").read_bytes() == source.read_bytes()


def test_a_state_survives_the_file(tmp_path):
    history = [np.ones((2, 3), np.float32), np.zeros((), np.float32), np.ones(2)]
    write_solverstate(tmp_path / "state", SolverState(0, "f\u00f6lder/net.caffemodel", history, 7))
    state = read_solverstate(tmp_path / "state")
    assert (state.iter, state.learned_net, state.current_step) == (0, "f\u00f6lder/net.caffemodel", 7)
    for read, written in zip(state.history, history, strict=True):
        np.testing.assert_array_equal(read, written, strict=True)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "{} is empty"),
        (b"net: 'a.prototxt'", "{} is not a solver state but text"),
        (b"\x20\x01", "{} is not a solver state, or is damaged"),
        ((GOLDEN / "oldweights_v1.caffemodel").read_bytes(), "{} is not a solver state but a weights file"),
        ((GOLDEN / f"{STATES[0]}.solverstate").read_bytes()[:200], "{} is truncated or damaged"),
        (
            b"\x08\x05\x1a\x08\x2a\x00\x3a\x04\x0a\x02\x02\x03",
            "{}: history blob 0: 0 numbers, but its shape 2 x 3 needs 6",
        ),
    ],
)
def test_other_files_are_refused(content, message, tmp_path):
    path = tmp_path / "state"
    path.write_bytes(content)
    with pytest.raises(WeightsError) as caught:
        read_solverstate(path)
    assert caught.value.message == message.format(path)


def test_what_the_plateau_policy_remembers_is_kept_under_the_numbers_of_ssd(tmp_path):
    write_solverstate(tmp_path / "state", SolverState(9, "net", [], 1, 0.5, 7))
    assert (tmp_path / "state").read_bytes().endswith(b"\x20\x01\x2d\x00\x00\x00\x3f\x30\x07")  # 4: 1  5: 0.5  6: 7
    state = read_solverstate(tmp_path / "state")
    assert (state.current_step, state.minimum_loss, state.iter_last_event) == (1, 0.5, 7)
