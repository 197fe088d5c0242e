"""The comparison with other frameworks: its nets, the translation that both peers stand on, its arithmetic."""

from __future__ import annotations

import numpy as np
import pytest

from bench.peers.measure import Measurement, PeerTimes, relative_error, relative_norm
from bench.peers.nets import CASES, inference_net, operations, shaped, training_net
from bench.peers.numbers import fill, parameters, sample
from bench.peers.operators import Program, translate
from bench.peers.table import aligned, geometric_mean, memory_table, ratio, speed_table
from netcc.report.limits import Limits


def program(net: str, *, training: bool) -> Program:
    case = CASES[net]
    return translate(shaped(training_net(case) if training else inference_net(case), case, training=training))


@pytest.mark.parametrize("training", [False, True], ids=["infer", "train"])
@pytest.mark.parametrize("net", CASES)
def test_every_net_is_translated(net: str, training: bool) -> None:
    found = program(net, training=training)
    known = set(found.inputs)
    for step in found.operators:
        assert set(step.inputs) <= known, step.name
        known = (known | {step.output}) - set(step.frees)
    assert {*found.outputs} <= known
    assert len(found.losses) == (0 if not training else 3 if net == "googlenet" else 1)


def test_batch_norm_and_scale_are_one() -> None:
    kinds = [step.kind for step in program("resnet50", training=True).operators]
    assert kinds.count("batch norm") == 53
    (first,) = (step for step in program("resnet50", training=True).operators if step.name == "bn_conv1")
    assert [name.rpartition("/")[0] for name in first.parameters] == ["bn_conv1"] * 3 + ["scale_conv1"] * 2


def test_far_padding_gives_the_sizes_of_caffe() -> None:
    (pool,) = (step for step in program("googlenet", training=False).operators if step.name == "pool1/3x3_s2")
    assert pool.attributes["result"] == (56, 56)
    assert (pool.attributes["pad"], pool.attributes["far_pad"], pool.attributes["ceil"]) == ((0, 0), (1, 1), True)


def test_labels_and_batch_are_inputs_in_training() -> None:
    case = CASES["alexnet"]
    graph = shaped(training_net(case), case, training=True)
    assert {value.name: value.shape for value in graph.inputs()} == {"data": (16, 3, 227, 227), "label": (16,)}
    without = training_net(case, dropout=False)
    assert not any(layer.type in ("Dropout", "Data") for layer in without.layer)


def test_operations_of_a_step_count_gradients_that_are_wanted() -> None:
    case = CASES["lenet"]
    forward = {"conv1": 288_000, "conv2": 1_600_000, "ip1": 400_000, "ip2": 5_000}
    assert operations(shaped(inference_net(case), case, training=False), training=False) == 128 * sum(forward.values())
    wanted = 128 * (3 * sum(forward.values()) - forward["conv1"])  # nobody wants the gradient of the images
    assert operations(shaped(training_net(case), case, training=True), training=True) == wanted


def test_weights_are_the_same_for_all_who_ask() -> None:
    case = CASES["lenet"]
    graph = shaped(inference_net(case), case, training=False)
    parameter = parameters(graph)["conv2/0"]
    one, other = np.empty(parameter.shape, np.float32), np.zeros(parameter.shape, np.float32)
    fill(parameter, one, {})
    fill(parameter, other, {})
    np.testing.assert_array_equal(one, other)
    assert one.std() == pytest.approx(np.sqrt(2 / (20 * 25)), rel=0.05)


def test_errors_are_parts_of_what_was_expected() -> None:
    assert relative_error([1.0, 4.5], [1.0, 5.0]) == pytest.approx(0.1)
    assert relative_norm([3.0, 3.0], [3.0, 4.0]) == pytest.approx(0.2)
    assert sample(np.arange(10), most=4) == [0, 3, 6, 9]


def test_tables_hold_multiples_of_the_best_peer() -> None:
    def peer(seconds: float, mebibytes: int) -> PeerTimes:
        return PeerTimes([seconds] * 3, {"peak": mebibytes * 2**20}, 0.0)

    peers = {"netcc": peer(0.03, 30), "torch": peer(0.04, 50), "onnxruntime": peer(0.02, 80)}
    found = Measurement("lenet", False, 10**9, 10 * 2**20, peers, 50, 0.0)
    assert ratio(found, "netcc") == pytest.approx(1.5)
    assert ratio(found, "torch") == pytest.approx(2)
    speed = speed_table([found], list(peers), Limits(100e9, 10e9, 2))
    assert speed.splitlines()[3].split() == ["LeNet", "(64)", "20.0", "1.50", "2.00", "1.00", "30.0", "50", "33"]
    memory = memory_table([found], list(peers))
    assert memory.splitlines()[3].split() == ["LeNet", "(64)", "10.0", "30.0", "50.0", "80.0", "0.60", "0.50"]


def test_means_pass_over_what_is_missing() -> None:
    assert geometric_mean([2.0, None, 8.0]) == pytest.approx(4)
    assert geometric_mean([None]) is None
    assert aligned([["a", "1"], ["bcd", "10"]]) == "a     1\nbcd  10"
