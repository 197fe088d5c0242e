"""`caffe.SGDSolver` and the others: manual loops, callbacks, sharing, snapshots."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from helpers.nets import inner_product, layer

from netcc.errors import SolverError
from netcc.pycaffe.solver import SGDSolver, Solver

DATA = layer(
    "data",
    "DummyData",
    "",
    "x y",
    """dummy_data_param {
      shape { dim: 4 dim: 3 } shape { dim: 4 }
      data_filler { type: "gaussian" std: 1 } data_filler { type: "constant" value: 1 }
    }""",
)
NET = DATA + inner_product("ip", "x", "a", 3) + layer("loss", "SoftmaxWithLoss", "a y", "loss")
SOLVER = """
net: "net.prototxt" test_iter: 2 test_interval: 100 test_initialization: false
base_lr: 0.1 lr_policy: "step" gamma: 0.5 stepsize: 2 momentum: 0.9 max_iter: 6 random_seed: 5 snapshot_prefix: "run"
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.prototxt").write_text(NET)
    (tmp_path / "solver.prototxt").write_text(SOLVER)
    return tmp_path


@pytest.fixture
def make(caffe: ModuleType, place: Path) -> Callable[[], Any]:
    return lambda: caffe.SGDSolver("solver.prototxt")


def weights(solver: Any) -> np.ndarray[Any, Any]:
    return np.array(solver.net.params["ip"][0].data)


def test_a_solver_shows_its_nets_and_fields(make: Callable[[], Any]) -> None:
    solver = make()
    assert (solver.iter, solver.param.max_iter, solver.param.display) == (0, 6, 0)
    assert solver.lr == pytest.approx(0.1)
    assert solver.param.layer_wise_reduce is True
    assert solver.net is solver.net
    assert [net.outputs for net in solver.test_nets] == [["loss"]]
    assert np.shares_memory(solver.test_nets[0].params["ip"][0].data, solver.net.params["ip"][0].data)
    assert repr(solver) == "SGDSolver(SGD, iteration 0, Net('', TRAIN, 3 layers, 12 parameters))"


def test_a_loop_by_hand_is_what_step_does(make: Callable[[], Any]) -> None:
    stepped, manual = make(), make()
    stepped.step(5)
    for _ in range(5):
        manual.net.clear_param_diffs()
        manual.net.forward()
        manual.net.backward()
        manual.apply_update()
    assert manual.iter == stepped.iter == 5
    assert manual.lr == stepped.lr == pytest.approx(0.025)
    assert weights(manual).tobytes() == weights(stepped).tobytes()


def test_gradients_of_several_passes_add_up_until_the_update(make: Callable[[], Any]) -> None:
    solver = make()
    before = weights(solver)
    solver.net.forward()
    for _ in range(2):
        solver.net.backward()
    diff = solver.net.params["ip"][0].diff.copy()
    solver.apply_update()
    np.testing.assert_allclose(weights(solver), before - np.float32(0.1) * diff, rtol=1e-5)


def test_callbacks_come_before_and_after_the_passes(make: Callable[[], Any]) -> None:
    solver, heard = make(), list[tuple[str, bool]]()
    solver.net.clear_param_diffs()

    def ready() -> None:
        diff = solver.net.params["ip"][0].diff
        heard.append(("ready", bool(diff.any())))
        diff[...] = 0

    before = weights(solver)
    solver.add_callback(lambda: heard.append(("start", solver.iter == len(heard) // 2)), ready)
    solver.step(2)
    assert heard == [("start", True), ("ready", True)] * 2
    np.testing.assert_array_equal(weights(solver)[:, 0] != before[:, 0], False)  # the callback took the gradients away


def test_hooks_of_the_net_run_in_the_loop_and_change_no_numbers(make: Callable[[], Any]) -> None:
    plain, hooked, heard = make(), make(), list[int]()
    hooked.net.after_backward(heard.append)
    for solver in (plain, hooked):
        solver.step(2)
    assert heard == [2, 1, 0] * 2
    assert weights(hooked).tobytes() == weights(plain).tobytes()


@pytest.mark.parametrize(
    ("name", "type_name"),
    [
        ("SGDSolver", "SGD"),
        ("NesterovSolver", "Nesterov"),
        ("AdaGradSolver", "AdaGrad"),
        ("RMSPropSolver", "RMSProp"),
        ("AdaDeltaSolver", "AdaDelta"),
        ("AdamSolver", "Adam"),
    ],
)
def test_the_class_chooses_the_rule(caffe: ModuleType, place: Path, name: str, type_name: str) -> None:
    text = SOLVER.replace("momentum: 0.9", "momentum: 0 delta: 0.1 rms_decay: 0.9")
    (place / "solver.prototxt").write_text(text)
    solver = getattr(caffe, name)("solver.prototxt")
    assert solver.param.type == type_name
    solver.step(1)
    (place / "named.prototxt").write_text(text + f'type: "{type_name}"\n')
    named = caffe.get_solver("named.prototxt")
    assert type(named).__name__ == name
    assert isinstance(named, SGDSolver)
    named.step(1)
    assert weights(named).tobytes() == weights(solver).tobytes()


def test_a_type_of_a_fork_is_a_plain_solver(caffe: ModuleType, place: Path) -> None:
    (place / "solver.prototxt").write_text(SOLVER + 'type: "AdamW"')
    solver = caffe.get_solver("solver.prototxt")
    assert type(solver) is Solver
    assert solver.param.type == "AdamW"


def test_the_base_rate_can_be_set(make: Callable[[], Any]) -> None:
    solver = make()
    solver.step(2)
    solver.param.base_lr = 0.4
    assert solver.lr == pytest.approx(0.2)
    assert solver.param.base_lr == pytest.approx(0.4)
    with pytest.raises(AttributeError):
        solver.param.no_such_field  # noqa: B018


def test_another_net_gets_the_weights_in_training(make: Callable[[], Any], caffe: ModuleType) -> None:
    solver = make()
    net = caffe.Net("net.prototxt", caffe.TEST)
    solver.share_weights(net)
    solver.step(1)
    assert net.params["ip"][0].data.tobytes() == weights(solver).tobytes()


def test_a_training_net_with_the_weights_of_another_trains_those(make: Callable[[], Any], caffe: ModuleType) -> None:
    solver, plain = make(), make()
    solver.step(2)
    plain.step(2)
    net = caffe.Net("net.prototxt", caffe.TRAIN)
    for blob, own in zip(net.params["ip"], solver.net.params["ip"], strict=True):
        blob.data[...] = own.data
    solver.net.share_with(net)
    for each in (solver, plain):
        each.step(2)
    assert net.params["ip"][0].data.tobytes() == weights(plain).tobytes()  # the momentum is kept
    assert np.shares_memory(net.params["ip"][0].data, solver.test_nets[0].params["ip"][0].data)


def test_a_snapshot_goes_on_where_it_was_taken(make: Callable[[], Any], place: Path) -> None:
    solver, other = make(), make()
    solver.step(2)
    solver.snapshot()
    other.restore("run_iter_2.solverstate")
    assert other.iter == 2
    assert weights(other).tobytes() == weights(solver).tobytes()
    solver.solve()
    other.solve("run_iter_2.solverstate")
    assert solver.iter == other.iter == 6
    assert (place / "run_iter_6.caffemodel").exists()
    assert weights(other).tobytes() == weights(solver).tobytes()


def test_seeds_come_from_the_script_where_the_solver_has_none(caffe: ModuleType, place: Path) -> None:
    (place / "solver.prototxt").write_text(SOLVER.replace("random_seed: 5", ""))

    def first_weights(seed: int) -> bytes:
        caffe.set_random_seed(seed)
        return weights(caffe.SGDSolver("solver.prototxt")).tobytes()

    assert first_weights(1) == first_weights(1) != first_weights(2)


def test_the_log_is_that_of_caffe_and_can_be_silenced(
    make: Callable[[], Any], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    solver = make()
    solver.snapshot()
    assert "Snapshotting to binary proto file run_iter_0.caffemodel" in capsys.readouterr().err
    monkeypatch.setenv("GLOG_minloglevel", "2")
    solver.snapshot()
    assert capsys.readouterr().err == ""


def test_a_faulty_solver_is_told_at_its_place(caffe: ModuleType, place: Path) -> None:
    (place / "solver.prototxt").write_text(SOLVER.replace('"step"', '"stepp"'))
    with pytest.raises(SolverError, match="did you mean 'step'"):
        caffe.SGDSolver("solver.prototxt")
