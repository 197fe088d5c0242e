"""One slice of the batch runs through many layers before the next: the same outputs, in less memory."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from helpers.nets import input_layer, layer, plan_of

from netcc.errors import UsageError
from netcc.plan import slices, streams
from netcc.plan.plan import LayerStep, Plan
from netcc.runtime.net import Net
from netcc.runtime.timing import time_passes
from netcc.targets.options import Options
from netcc.types import TEST

FILLER = 'weight_filler { type: "gaussian" std: 0.3 } bias_filler { type: "gaussian" std: 0.3 }'


def conv(name: str, bottom: str, outputs: int, kernel: int = 3, more: str = "pad: 1") -> str:
    fields = f"convolution_param {{ num_output: {outputs} kernel_size: {kernel} {more} {FILLER} }}"
    return layer(name, "Convolution", bottom, name, fields)


def pool(name: str, bottom: str, fields: str) -> str:
    return layer(name, "Pooling", bottom, name, f"pooling_param {{ {fields} }}")


def product(bottom: str) -> str:
    return layer("ip", "InnerProduct", bottom, "ip", f"inner_product_param {{ num_output: 3 {FILLER} }}")


START = input_layer("data", 7, 3, 14, 14)
NETS: Mapping[str, str] = {
    "line": START
    + conv("a", "data", 8)
    + layer("act", "Sigmoid", "a", "act")
    + conv("b", "act", 8)
    + layer("norm", "LRN", "b", "norm", "lrn_param { local_size: 3 alpha: 0.1 }")
    + pool("mean", "norm", "pool: AVE kernel_size: 3 stride: 2")
    + conv("c", "mean", 6)
    + product("c"),
    "two joins": START
    + conv("a", "data", 8)
    + layer("a_relu", "ReLU", "a", "a")
    + conv("b1", "a", 4, 1, "")
    + conv("b3", "a", 4)
    + layer("joined", "Concat", "b1 b3", "joined")
    + layer("act", "TanH", "joined", "act")
    + layer("second", "Concat", "act a", "second")
    + conv("c", "second", 16)
    + layer("act2", "Sigmoid", "c", "act2")
    + product("act2"),
    "branches": START
    + conv("a", "data", 8)
    + layer("a_relu", "ReLU", "a", "a")
    + conv("b1", "a", 4, 1, "")
    + conv("b3", "a", 4)
    + pool("b_pool", "a", "pool: MAX kernel_size: 3 stride: 1 pad: 1")
    + layer("joined", "Concat", "b1 b3 b_pool", "joined")
    + conv("c", "joined", 16)
    + layer("sum", "Eltwise", "c joined", "sum")
    + pool("mean", "sum", "pool: AVE kernel_size: 2 stride: 2")
    + product("mean"),
}


@pytest.fixture(autouse=True)
def _small_and_two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "LEAST_UNITS", 1 << 9)
    monkeypatch.setattr(streams, "SLICE_UNITS", 1)
    for module in (streams, slices):
        monkeypatch.setattr(module, "processors", lambda: 2)


def made(name: str) -> Net:
    return Net(NETS[name], TEST, keep_all=False, gradients=False, seed=1)


def inference(name: str) -> Plan:
    return plan_of(NETS[name], TEST, keep_all=False, gradients=False)


def data() -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.random.default_rng(0).standard_normal((7, 3, 14, 14)).astype(np.float32)


@pytest.mark.parametrize("name", NETS)
def test_outputs_are_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    net = made(name)
    assert net.plan.streams
    found = [net.forward(data=data())["ip"].copy() for _ in range(2)]
    monkeypatch.setattr(Options, "streams", False)
    whole = made(name)
    assert not whole.plan.streams
    expected = whole.forward(data=data())["ip"]
    np.testing.assert_array_equal(*found)
    np.testing.assert_allclose(found[0], expected, rtol=1e-5, atol=1e-5 * np.abs(expected).max())
    assert np.unique(expected).size == expected.size


@pytest.mark.parametrize("name", NETS)
def test_less_memory_is_needed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    large = NETS[name].replace("dim: 7 dim: 3 dim: 14 dim: 14", "dim: 16 dim: 3 dim: 112 dim: 112")
    sizes = []
    for wanted in (True, False):
        monkeypatch.setattr(Options, "streams", wanted)
        plan = plan_of(large, TEST, keep_all=False, gradients=False)
        sizes.append(plan.memory.arenas["buffers"] - 2 * plan.graph.inputs()[0].shape[0] * 3 * 112 * 112)
    assert sizes[0] < 0.6 * sizes[1]


def test_a_lane_takes_its_slices_in_rounds() -> None:
    plan = inference("line")
    ((first, last),) = plan.streams
    steps = [step for step in plan.forward if isinstance(step, LayerStep) and first <= step.time <= last]
    assert [step.node.name for step in steps if step.node.message.name] == ["a", "act", "b", "norm", "mean"]
    for step in steps:
        assert step.rounds == 3
        assert [part.tops[0].shape[0] for part in step.parts] == [1, 1, 1, 1, 1, 2]
    blocks = [{part.tops[0].slot for part in step.parts} for step in steps[:-1]]
    assert all(len(slots) == 2 and slots == blocks[0] for slots in blocks)
    assert {plan.spans[step.time] for step in steps} == {(first, last)}


def test_blobs_within_are_not_to_be_looked_at() -> None:
    net = made("line")
    with pytest.raises(UsageError, match=r"blob 'b' is not there: its layer is computed together with the next"):
        net.blobs["b"].data  # noqa: B018
    assert net.blobs["data"].data.shape == (7, 3, 14, 14)


@pytest.mark.parametrize("name", NETS)
def test_passes_in_parts(name: str) -> None:
    net = made(name)
    expected = net.forward(data=data())["ip"].copy()
    net.forward(data=data(), end="a")
    np.testing.assert_array_equal(net.blobs["data"].data, data())
    found = net.forward(start="act" if name == "line" else "a_relu")["ip"]
    assert not net.plan.streams
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5 * np.abs(expected).max())


@pytest.mark.parametrize("name", NETS)
def test_timing_runs_round_by_round(name: str) -> None:
    net = made(name)
    expected = net.forward(data=data())["ip"].copy()
    net.blobs["ip"].data[...] = 0
    times = time_passes(net, 2)
    np.testing.assert_array_equal(net.blobs["ip"].data, expected)
    assert [step for step, _ in times.forward if isinstance(step, LayerStep)] == net.plan.forward
    assert all(seconds > 0 for _, seconds in times.forward)


def test_a_net_that_measures_has_no_streams() -> None:
    text = NETS["line"] + input_layer("keep", 7)
    text += layer("filter", "Filter", "ip keep", "kept")
    net = Net(text, TEST, keep_all=False, gradients=False, seed=1)
    assert not net.plan.streams
    assert net.forward(data=data(), keep=[1, 0, 1, 0, 0, 0, 1])["kept"].shape == (3, 3)


@pytest.mark.parametrize(("keep_all", "gradients"), [(True, False), (False, True)])
def test_only_inference_that_keeps_outputs_alone_has_streams(keep_all: bool, gradients: bool) -> None:
    assert not plan_of(NETS["line"], TEST, keep_all=keep_all, gradients=gradients).streams


def test_derived_weights_are_made_before_the_stream() -> None:
    low = Net(NETS["line"], TEST, keep_all=False, gradients=False, seed=1, memory="low")
    assert low.plan.streams
    expected = made("line").forward(data=data())["ip"]
    for _ in range(2):
        np.testing.assert_allclose(low.forward(data=data())["ip"], expected, rtol=1e-4, atol=1e-5)
