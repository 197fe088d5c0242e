"""Times of layers: which steps they belong to, what is counted for them, what stands in for data."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.nets import inner_product, input_layer, layer

from netcc.compiler import bind_net
from netcc.errors import ShapeError, UsageError
from netcc.plan.plan import AddStep, LayerStep
from netcc.report import timed_net
from netcc.report.limits import Limits, measure_limits
from netcc.report.timing import TimeRow, TimeTable, backward_rows, forward_rows
from netcc.runtime.net import Net
from netcc.runtime.timing import PassTimes, time_passes
from netcc.types import TEST, TRAIN

LIMITS = Limits(flops=100e9, bytes_per_second=10e9, threads=1)
DATA = 'layer { name: "d" type: "Data" top: "x" top: "y" data_param { source: "nowhere" batch_size: 3 } }\n'
LOSS = inner_product("fc", "x", "fc", 5) + layer("loss", "SoftmaxWithLoss", "fc y", "loss")
NET = input_layer("x", 3, 4) + input_layer("y", 3) + LOSS


@pytest.fixture(autouse=True)
def limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timed_net, "measure_limits", lambda: LIMITS)


def timed(net: Net, *, backward: bool = False) -> PassTimes:
    return time_passes(net, 2, backward=backward)


def test_a_timed_pass_computes_what_a_pass_does() -> None:
    plain, clocked = Net(NET, TRAIN, seed=1), Net(NET, TRAIN, seed=1)
    for net in (plain, clocked):
        net.blobs["x"].data[...] = np.arange(12).reshape(3, 4)
    plain.forward()
    plain.gradient()
    timed(clocked, backward=True)
    assert clocked.loss == plain.loss
    for one, other in zip(clocked.params["fc"], plain.params["fc"], strict=True):
        np.testing.assert_array_equal(one.diff, other.diff)


def test_every_step_has_its_time() -> None:
    net = Net(NET, TRAIN, seed=1)
    times = timed(net, backward=True)
    assert [step for step, _ in times.forward] == [step for step in net.plan.forward if isinstance(step, LayerStep)]
    assert [step for step, _ in times.backward] == net.plan.backward
    assert all(seconds > 0 for _, seconds in (*times.forward, *times.backward))


def test_operations_and_bytes_are_counted_directly() -> None:
    times = timed(Net(NET, TRAIN, seed=1), backward=True)
    x, weights, bias, fc, label, loss = 12, 20, 5, 15, 3, 1
    rows = {row.name: row for row in forward_rows(times)}
    assert (rows["fc"].flop, rows["fc"].bytes) == (2 * 3 * 4 * 5, 4 * (x + weights + bias + fc))
    saved = 4 * 15 + 8 * 3 + 3  # probabilities, labels, flags
    assert (rows["loss"].flop, rows["loss"].bytes) == (0, 4 * (fc + label + loss) + saved)
    assert rows["x"].bytes == 0
    back = {row.name: row for row in backward_rows(times)}
    # the gradient of the weights alone: nothing learns below
    assert (back["fc"].flop, back["fc"].bytes) == (2 * 3 * 4 * 5, 4 * (x + 2 * (weights + bias) + fc))


def test_sums_of_gradients_count_to_their_layer() -> None:
    text = input_layer("x", 3, 4) + input_layer("y", 3) + inner_product("a", "x", "a", 5)
    text += (
        layer("one", "ReLU", "a", "one") + layer("two", "TanH", "a", "two") + layer("both", "Concat", "one two", "b")
    )
    text += layer("loss", "SoftmaxWithLoss", "b y", "loss")
    times = timed(Net(text, TRAIN, seed=1), backward=True)
    rows = backward_rows(times)
    assert [row.name for row in rows] == ["loss", "both", "two", "one", "a"]
    assert len(times.backward) > len(rows)
    (one,) = (row for row in rows if row.name == "one")
    steps = [(step, seconds) for step, seconds in times.backward if step.time == 13 - 3]
    assert [type(step) for step, _ in steps] == [LayerStep, AddStep]
    assert one.seconds == pytest.approx(sum(seconds for _, seconds in steps))


@pytest.mark.parametrize(("flop", "size", "bound", "share"), [(50, 1, "compute", 0.5), (50, 8, "memory", 0.8)])
def test_the_nearer_limit_counts(flop: int, size: int, bound: str, share: float) -> None:
    row = TimeRow("a", "T", 1e-9, flop, size)
    assert row.limit_seconds(LIMITS)[1] == bound
    assert row.share_of_limit(LIMITS) == pytest.approx(share)


def test_types_are_summed_the_dearest_first() -> None:
    forward = (TimeRow("a", "A", 1, 0, 0), TimeRow("b", "B", 1, 0, 0), TimeRow("c", "A", 1, 0, 0))
    table = TimeTable("n", "TRAIN", 1, 1, LIMITS, forward, (TimeRow("b", "B", 4, 0, 0),), 0.5)
    assert table.by_type() == [("B", 1, 4), ("A", 2, 0)]
    assert table.seconds == 7.5


def test_inputs_stand_in_for_data() -> None:
    table = timed_net.time_net(bind_net(DATA + LOSS), TRAIN, 1, train=True, inputs={"x": (3, 1, 2, 2)})
    assert [row.type for row in table.forward] == ["Input", "InnerProduct", "SoftmaxWithLoss"]
    assert table.batch == 3
    assert table.update > 0


def test_data_that_are_not_there_are_asked_for() -> None:
    with pytest.raises(ShapeError, match="no data source is at hand"):
        timed_net.time_net(bind_net(DATA + LOSS), TRAIN, 1)


def test_the_batch_of_inputs_and_data_layers_is_replaced() -> None:
    assert timed_net.time_net(bind_net(NET), TEST, 1, batch=7).batch == 7
    data = timed_net.with_batch(bind_net(DATA + LOSS), 7)
    assert data.message.layer[0].data_param.batch_size == 7
    table = timed_net.time_net(bind_net(DATA + LOSS), TRAIN, 1, batch=7, inputs={"x": (3, 1, 2, 2)})
    assert table.batch == 7


def test_labels_are_classes_and_data_are_not_all_the_same() -> None:
    with Net(NET, TRAIN, seed=1) as net:
        timed_net.fill_inputs(net)
        assert not net.blobs["y"].data.any()
        assert len(np.unique(net.blobs["x"].data)) == 12


def test_layers_that_run_together_are_one_row() -> None:
    text = input_layer("x", 2, 3, 8, 8)
    text += layer("conv", "Convolution", "x", "c", "convolution_param { num_output: 4 kernel_size: 3 }")
    table = timed_net.time_net(bind_net(text + layer("relu", "ReLU", "c", "c")), TEST, 1)
    (row,) = (row for row in table.forward if row.flop)
    assert (row.name, row.type, row.layers) == ("conv +1", "Convolution + ReLU", ("conv", "relu"))
    assert row.flop == 2 * 2 * 4 * 36 * 27


def test_numbers_that_a_layer_refuses_are_zeros() -> None:
    words = 'layer { name: "e" type: "Embed" bottom: "x" top: "e" embed_param { num_output: 2 input_dim: 3 } }'
    assert timed_net.time_net(bind_net(input_layer("x", 3, 4) + words), TEST, 1).forward[1].type == "Embed"


def test_a_net_without_layers_is_refused() -> None:
    with pytest.raises(UsageError, match="nothing to time: the net has no layers in phase TEST"):
        timed_net.time_net(bind_net('name: "empty"\n'), TEST, 1)


def test_training_needs_a_loss() -> None:
    with pytest.raises(UsageError, match="nothing to train: the net has no loss in phase TRAIN"):
        timed_net.time_net(bind_net(input_layer("x", 3, 4) + inner_product("fc", "x", "fc", 5)), TRAIN, 1, train=True)


def test_limits_are_those_of_some_machine() -> None:
    found = measure_limits(0.001)
    assert found.threads >= 1
    assert 1e8 < found.flops < 1e15
    assert 1e8 < found.bytes_per_second < 1e13
