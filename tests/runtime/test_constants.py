"""What looks at no data is computed once, and again when somebody may have changed what it is computed from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.nets import input_layer, layer

from netcc.layers.activation import TanH
from netcc.layers.base import Layer, Operands
from netcc.layers.parameter import Parameter
from netcc.runtime.net import Net
from netcc.types import TEST, TRAIN

SHAPE = "shape { dim: 2 dim: 3 }"
TEXT = (
    input_layer("x", 2, 3)
    + layer("p", "Parameter", "", "p", f'parameter_param {{ {SHAPE} blob_filler {{ type: "gaussian" std: 1 }} }}')
    + layer("d", "DummyData", "", "d", f'dummy_data_param {{ {SHAPE} data_filler {{ type: "constant" value: 2 }} }}')
    + layer("sum", "Eltwise", "p d", "sum")
    + layer("bent", "TanH", "sum", "sum")
    + layer("y", "Eltwise", "x sum", "y", "eltwise_param { operation: PROD }")
    + layer("r", "ReLU", "sum", "r")
)
X = np.random.default_rng(0).standard_normal((2, 3)).astype(np.float32)


def folded(text: str = TEXT, **options: bool) -> Net:
    return Net(text, TEST, keep_all=False, gradients=False, seed=4, **options)


def agree(net: Net) -> None:
    p, d = net.params["p"][0].data, net.blobs["d"].data
    np.testing.assert_allclose(net.forward(x=X)["y"], X * np.tanh(p + d), rtol=1e-6)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The constant layers, in the order in which they run."""
    seen: list[str] = []
    for kind in (Parameter, TanH):

        def forward(self: Layer, operands: Operands, original: Any = kind.forward) -> None:
            seen.append(self.type)
            original(self, operands)

        monkeypatch.setattr(kind, "forward", forward)
    return seen


def test_only_what_looks_at_data_runs_in_every_pass() -> None:
    plan = folded().plan
    assert [step.node.name for step in plan.constant] == ["p", "sum", "bent"]
    assert [step.node.name for step in plan.forward] == ["x", "d", "y", "r"]


def test_it_runs_once(calls: list[str]) -> None:
    net = folded()
    first = net.forward(x=X)["y"].copy()
    assert calls == ["Parameter", "TanH"]
    np.testing.assert_array_equal(net.forward(x=X)["y"], first)
    assert calls == ["Parameter", "TanH"]


def test_a_changed_parameter_is_seen(calls: list[str]) -> None:
    net = folded()
    agree(net)
    net.forward(x=X)  # settles what `agree` held
    del calls[:]
    net.forward(x=X)
    assert not calls
    net.params["p"][0].data[...] *= 3
    agree(net)
    assert calls


def test_a_constant_that_the_user_sets_stays_and_is_seen() -> None:
    net = folded()
    net.forward(x=X)
    net.blobs["d"].data[...] = -1
    agree(net)
    assert (net.blobs["d"].data == -1).all()


def test_loaded_weights_are_seen(tmp_path: Path) -> None:
    net, other = folded(), folded()
    net.forward(x=X)
    other.params["p"][0].data[...] = 0.25
    other.save(str(tmp_path / "p.caffemodel"))
    net.copy_from(str(tmp_path / "p.caffemodel"))
    agree(net)


@pytest.mark.parametrize("options", [{"keep_all": True}, {"gradients": True}, {"optimize": False}])
def test_nothing_is_folded_where_it_might_be_seen_or_changed(options: dict[str, bool]) -> None:
    net = Net(TEXT, TEST, **{"keep_all": False, "gradients": False, **options})
    assert not net.plan.constant


def test_random_numbers_are_not_constant() -> None:
    drawn = TEXT.replace('type: "constant" value: 2', 'type: "uniform"')
    net = folded(drawn)
    assert [step.node.name for step in net.plan.constant] == ["p"]
    first = net.forward(x=X)["y"].copy()
    assert (net.forward(x=X)["y"] != first).any()
    dropped = TEXT + layer("drop", "Dropout", "r", "dropped")
    plan = Net(dropped, TRAIN, keep_all=False, gradients=False).plan
    assert "drop" not in [step.node.name for step in plan.constant]


def test_shapes_alone_make_boxes_constant() -> None:
    text = input_layer("data", 1, 3, 30, 30)
    text += layer("map", "Pooling", "data", "map", "pooling_param { pool: MAX kernel_size: 10 stride: 10 }")
    text += layer("boxes", "PriorBox", "map data", "boxes", "prior_box_param { min_size: 4 max_size: 9 }")
    text += layer("again", "PriorBox", "map data", "again", "prior_box_param { min_size: 5 }")
    text += layer("all", "Concat", "boxes again", "all", "concat_param { axis: 2 }")
    text += layer("y", "Power", "all", "y")
    net = folded(text)
    assert [step.node.name for step in net.plan.constant] == ["boxes", "again", "all"]
    expected = Net(text, TEST, optimize=False).forward(data=np.zeros((1, 3, 30, 30)))["y"]
    for _ in range(2):
        np.testing.assert_array_equal(net.forward(data=np.ones((1, 3, 30, 30)))["y"], expected)
    larger = net.forward(data=np.ones((1, 3, 40, 30)))["y"]
    np.testing.assert_array_equal(larger, Net(text, TEST, optimize=False).forward(data=np.zeros((1, 3, 40, 30)))["y"])


def test_what_is_constant_is_not_written_over_nor_moved() -> None:
    """A channels-last constant that is joined with data stays by itself."""
    text = (
        input_layer("x", 2, 4, 5, 5)
        + layer("p", "Parameter", "", "p", "parameter_param { shape { dim: 2 dim: 4 dim: 5 dim: 5 } }")
        + layer(
            "a",
            "Convolution",
            "p",
            "a",
            'convolution_param { num_output: 3 kernel_size: 1 bias_filler { type: "constant" value: 1 } }',
        )
        + layer(
            "b",
            "Convolution",
            "x",
            "b",
            'convolution_param { num_output: 3 kernel_size: 1 bias_filler { type: "constant" value: 2 } }',
        )
        + layer("both", "Concat", "a b", "both")
        + layer("turn", "Power", "both", "both", "power_param { scale: -1 }")
        + layer("over", "ReLU", "a", "o", "relu_param { negative_slope: 5 }")
        + layer("sum", "Eltwise", "o b", "sum")
    )
    net = folded(text)
    plain = Net(text, TEST, optimize=False, seed=4)
    x = np.random.default_rng(1).standard_normal((2, 4, 5, 5))
    for _ in range(3):
        found, expected = net.forward(x=x), plain.forward(x=x)
        for name in expected:
            np.testing.assert_allclose(found[name], expected[name], rtol=1e-6)
