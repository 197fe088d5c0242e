"""Layers of type Python: what the user's class is given, when it is called, and what is said when it fails."""

from __future__ import annotations

import traceback
from pathlib import Path

import helpers.python_layers as classes
import numpy as np
import pytest

import netcc
from netcc.errors import LayerError
from netcc.layers.python_objects import allow_python
from netcc.testing import make_layer, run_layer
from netcc.types import Phase

X = np.array([[1.0, 2, 3], [-1, 5, 6], [2, 8, 9]], np.float32)


def python(kind: str, bottom: str = "x", top: str = "y", text: str = "", more: str = "") -> str:
    blobs = " ".join([*(f'bottom: "{name}"' for name in bottom.split()), *(f'top: "{name}"' for name in top.split())])
    fields = f'module: "helpers.python_layers" layer: "{kind}" param_str: "{text}"'
    return f'layer {{ name: "p" type: "Python" {blobs} {more}\n  python_param {{ {fields} }} }}\n'


def data(name: str = "x") -> str:
    return f'layer {{ name: "{name}" type: "Input" top: "{name}" input_param {{ shape {{ dim: 3 dim: 3 }} }} }}\n'


def make_net(text: str, phase: Phase = netcc.TRAIN, **options: object) -> netcc.Net:
    return netcc.Net(text, phase, allow_python=True, **options)  # type: ignore[arg-type]  # options of Net


def test_forward_and_backward_of_a_chain() -> None:
    text = data() + python("Scaled", text="10") + python("Scaled", "y", "z", text="-2").replace('"p"', '"q"')
    net = make_net("force_backward: true\n" + text)
    np.testing.assert_array_equal(net.forward(x=X)["z"], -20 * X)
    np.testing.assert_array_equal(net.backward(z=X)["x"], -20 * X)


@pytest.mark.parametrize("phase", Phase)
def test_a_class_knows_its_phase_and_keeps_its_state_through_passes(phase: Phase) -> None:
    net = make_net(python("Counter", "", "count phase"), phase)
    assert (net.blobs["count"].shape, net.blobs["phase"].shape) == ((2, 3), ())
    for step in (1, 2, 3):
        tops = net.forward()
        np.testing.assert_array_equal(tops["count"], np.full((2, 3), step))
        assert tops["phase"] == int(phase)


def test_reshape_follows_the_input() -> None:
    net = make_net(data() + python("Scaled", text="3"))
    wide = np.ones((2, 4, 5))
    np.testing.assert_array_equal(net.forward(x=wide)["y"], 3 * wide)


def test_forward_may_reshape_the_tops_and_runs_once_a_pass() -> None:
    net = make_net("force_backward: true\n" + data() + python("Positive", "x", "y calls"))
    assert net.blobs["y"].shape == (3, 3)
    for calls, kept in ((1, [0, 2]), (2, [1]), (3, [0, 1, 2])):
        x = -np.abs(X)
        x[kept] = np.abs(X[kept])
        tops = net.forward(x=x)
        np.testing.assert_array_equal(tops["y"], x[kept])
        assert tops["calls"] == calls
        expected = np.zeros_like(X)
        expected[kept] = 7
        np.testing.assert_array_equal(net.backward(y=7)["x"], expected)


def test_arrays_made_in_reshape_last_until_backward_although_a_later_layer_changes_shape() -> None:
    net = make_net(
        "force_backward: true\n" + data() + data("z")
        + python("Distance", "x z", "d", more="loss_weight: 1")
        + python("Positive").replace('"p"', '"q"')
    )  # fmt: skip
    net.forward(x=X, z=np.zeros_like(X))
    assert net.blobs["y"].shape == (2, 3)
    assert net.loss == pytest.approx(np.sum(X**2) / 6)
    np.testing.assert_allclose(net.backward()["x"], X / 3, rtol=1e-6)


def test_parameters_begin_as_setup_filled_them_and_learn() -> None:
    weights = [1.0, 2.0, 3.0]
    net = make_net("force_backward: true\n" + data() + python("Weighted"))
    (parameter,) = net.params["p"]
    np.testing.assert_array_equal(parameter.data, weights)
    parameter.data[...] = weights[::-1]
    np.testing.assert_array_equal(net.forward(x=X)["y"], X * weights[::-1])
    for passes in (1, 2):
        net.backward(y=1)
        np.testing.assert_array_equal(parameter.diff, passes * X.sum(axis=0))


def test_parameters_are_saved_and_loaded(tmp_path: Path) -> None:
    text = data() + python("Weighted")
    net = make_net(text)
    net.params["p"][0].data[...] = 7
    net.save(tmp_path / "w.caffemodel")
    again = make_net(text, weights=tmp_path / "w.caffemodel")
    np.testing.assert_array_equal(again.forward(x=X)["y"], 7 * X)


def test_a_solver_trains_them() -> None:
    net = data() + python("Weighted") + 'layer { name: "l" type: "Reduction" bottom: "y" top: "l" loss_weight: 1 }\n'
    solver = netcc.Solver('base_lr: 0.5 lr_policy: "fixed"\n', net, allow_python=True)
    solver.net.blobs["x"].data[...] = X
    solver.step(1)
    np.testing.assert_allclose(solver.net.params["p"][0].data, [1, 2, 3] - 0.5 * X.sum(axis=0))


def test_in_place_bottom_and_top_are_one_blob() -> None:
    net = make_net(
        "force_backward: true\n"
        + data()
        + python("Scaled", text="2")
        + python("Looking", "y", "y").replace('"p"', '"q"')
    )
    np.testing.assert_array_equal(net.forward(x=X)["y"], 2 * X)
    np.testing.assert_array_equal(net.backward(y=X)["x"], 2 * X)


def test_propagate_down_tells_which_gradients_are_wanted() -> None:
    with allow_python():
        layer = make_layer("Python", python_fields("Distance"), bottoms=2)
    result = run_layer(layer, [X, 2 * X], top_diffs=[[3.0]], wanted=[False, True])
    assert result.bottom_diffs[0] is None
    np.testing.assert_allclose(result.bottom_diffs[1], X)


def python_fields(kind: str) -> str:
    return f'python_param {{ module: "helpers.python_layers" layer: "{kind}" }}'


def test_blobs_have_the_attributes_of_pycaffe(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []

    def forward(self: object, bottom: list[netcc.Net], top: list[netcc.Net]) -> None:
        blob = bottom[0]
        seen.extend([blob.num, blob.channels, blob.height, blob.width, blob.count, list(blob.shape)])
        seen.append(bottom[0].diff.shape)

    monkeypatch.setattr(classes.Scaled, "forward", forward)
    make_net(data() + python("Scaled", text="1")).forward(x=X)
    assert seen == [3, 3, 1, 1, 9, [3, 3], (3, 3)]


def test_nets_made_in_one_block_have_objects_of_their_own() -> None:
    with allow_python():
        one, other = (netcc.Net(python("Counter", "", "count phase"), netcc.TRAIN) for _ in range(2))
    one.forward()
    assert one.forward()["count"][0, 0] == 2
    assert other.forward()["count"][0, 0] == 1


def test_a_net_may_be_shaped_again_after_the_block() -> None:
    with allow_python():
        net = netcc.Net(data() + python("Scaled", text="3"), netcc.TEST)
    assert net.forward(x=X[:2])["y"].shape == (2, 3)


def test_shapes_without_a_net() -> None:
    table = netcc.shapes(data() + python("Distance", "x x", "d"), allow_python=True)
    assert table.layers[-1].tops == (("d", (1,)),)


def test_nothing_is_imported_unless_allowed() -> None:
    with pytest.raises(netcc.NetccError) as caught:
        netcc.Net(data() + python("Scaled").replace("helpers.python_layers", "antigravity"), netcc.TRAIN)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.message == "a Python layer runs code of module 'antigravity', which is not allowed here"
    assert diagnostic.notes == (
        "if you trust it: --allow-python on the command line, allow_python=True in Python",
        "in layer 'p'",
    )
    assert diagnostic.span is not None
    assert diagnostic.span.line == 3


def build_fault(text: str) -> tuple[str, tuple[str, ...], str | None]:
    with pytest.raises(netcc.NetccError) as caught:
        make_net(text)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.span is not None
    assert diagnostic.span.line == 3
    return diagnostic.message, diagnostic.notes, diagnostic.suggestion


def test_module_and_class_must_exist() -> None:
    text = data() + python("Scalde")
    assert build_fault(text) == ("module 'helpers.python_layers' has no class 'Scalde'", ("in layer 'p'",), "Scaled")
    assert build_fault(text.replace("helpers.", "helper.")) == (
        "module 'helper.python_layers' cannot be imported: ModuleNotFoundError: No module named 'helper'",
        ("PYTHONPATH must have the folder of the module", "in layer 'p'"),
        None,
    )
    message = "helpers.python_layers.Unmakable cannot be made: OSError: nothing to read"
    assert build_fault(data() + python("Unmakable"))[0] == message
    assert build_fault(text.replace(' layer: "Scalde"', ""))[0] == "a Python layer needs layer"


@pytest.mark.parametrize("method", ["setup", "reshape", "forward", "backward"])
def test_a_failure_is_told_with_its_place_in_the_class_and_in_the_net(method: str) -> None:
    def run() -> None:
        net = make_net("force_backward: true\n" + data() + python("Failing", text=method))
        net.forward()
        net.backward()

    with pytest.raises(LayerError) as caught:
        run()
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.message == f"helpers.python_layers.Failing.{method} failed: RuntimeError: no luck"
    assert diagnostic.notes[0].startswith(f"at {classes.__file__}:")
    assert diagnostic.notes[0].endswith(" in _fail_in")
    assert diagnostic.notes[1].startswith("in layer 'p' (Python)")
    assert diagnostic.span is not None
    assert diagnostic.span.line == 3
    assert isinstance(caught.value.__cause__, RuntimeError)


class OddError(Exception):
    """It can be made from two arguments alone."""

    def __init__(self, one: int, two: int) -> None:
        super().__init__(one, two)


@pytest.mark.parametrize(
    "raised",
    [
        StopIteration(), KeyError("a"), OSError(2, "no such thing"), OddError(1, 2), AssertionError("b"),
        UnicodeDecodeError("ascii", b"x", 0, 1, "odd"), netcc.NetccError("ours"), ExceptionGroup("group", [OSError()]),
    ],
    ids=lambda error: type(error).__name__,
)  # fmt: skip
def test_a_failure_is_a_layer_error_and_what_the_class_raised(
    raised: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forward(self: object, bottom: object, top: object) -> None:
        raise raised

    net = make_net(data() + python("Scaled", text="3"))
    with monkeypatch.context() as patch:
        patch.setattr(classes.Scaled, "forward", forward)
        with pytest.raises(LayerError, match=r"Scaled\.forward failed: ") as caught:
            net.forward()
    assert isinstance(caught.value, type(raised)) != isinstance(raised, ExceptionGroup)
    assert caught.value.__cause__ is raised
    frames = traceback.extract_tb(raised.__traceback__)
    assert (frames[-1].filename, frames[-1].name) == (__file__, "forward")
    assert type(caught.value).__name__ == "LayerError"
    np.testing.assert_array_equal(net.forward(x=X)["y"], 3 * X)


def test_a_class_may_lack_backward_until_it_is_wanted() -> None:
    net = make_net("force_backward: true\n" + data() + python("WithoutBackward"))
    net.forward()
    with pytest.raises(LayerError) as caught:
        net.backward()
    assert caught.value.message == "helpers.python_layers.WithoutBackward has no method backward"
