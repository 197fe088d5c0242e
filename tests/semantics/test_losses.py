"""Rules of losses and metrics in a net: weights of tops, labels without gradients, what does not count."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.nets import inner_product, input_layer, layer

import netcc
from netcc.errors import LayerError, NetccError
from netcc.testing import make_layer, run_layer

X = np.array([[1.0, -2.0, 3.0], [0.5, 4.0, -1.0]])


def test_any_top_is_a_loss_of_its_weight_times_the_sum_of_its_numbers() -> None:
    text = "force_backward: true\n" + input_layer("x", 2, 3)
    text += layer("square", "Power", "x", "y", "power_param { power: 2 } loss_weight: 0.5")
    net = netcc.Net(text, netcc.TRAIN)
    net.forward(x=X)
    assert net.loss == pytest.approx(0.5 * (X**2).sum())
    np.testing.assert_allclose(net.backward()["x"], 0.5 * 2 * X)
    np.testing.assert_array_equal(net.blobs["y"].diff, np.full((2, 3), 0.5))


def test_losses_add_up_with_their_weights() -> None:
    text = input_layer("x", 2, 3) + input_layer("t", 2, 3)
    text += layer("one", "EuclideanLoss", "x t", "one") + layer("two", "EuclideanLoss", "x t", "two", "loss_weight: 3")
    net = netcc.Net(text, netcc.TRAIN)
    tops = net.forward(x=X, t=0 * X)
    assert tops["one"] == tops["two"] == pytest.approx((X**2).sum() / 4), "a top is not multiplied by its weight"
    assert net.loss == pytest.approx(4 * float(tops["one"]))


def test_further_tops_of_a_loss_weigh_nothing_unless_told() -> None:
    shapes = input_layer("x", 2, 3) + input_layer("l", 2) + input_layer("h", 1, 1, 3, 3)
    net = netcc.Net(shapes + layer("loss", "InfogainLoss", "x l h", "loss p"), netcc.TRAIN)
    loss = float(net.forward(x=X, l=[0, 1], h=np.eye(3).reshape(1, 1, 3, 3))["loss"])
    assert net.loss == pytest.approx(loss)
    weights = "loss_weight: 2 loss_weight: 10"
    net = netcc.Net(shapes + layer("loss", "InfogainLoss", "x l h", "loss p", weights), netcc.TRAIN)
    net.forward(x=X, l=[0, 1], h=np.eye(3).reshape(1, 1, 3, 3))
    assert net.loss == pytest.approx(2 * loss + 10 * 2, rel=1e-6)  # two rows of probabilities


@pytest.mark.parametrize(
    ("kind", "labels"),
    [
        ("SoftmaxWithLoss", (2,)),
        ("SigmoidCrossEntropyLoss", (2, 3)),
        ("HingeLoss", (2,)),
        ("MultinomialLogisticLoss", (2,)),
    ],
)
def test_a_gradient_asked_for_labels_is_refused(kind: str, labels: tuple[int, ...]) -> None:
    text = input_layer("x", 2, 3) + input_layer("l", *labels)
    text += layer("loss", kind, "x l", "loss", "propagate_down: true propagate_down: true")
    net = netcc.Net(text, netcc.TRAIN)
    net.forward(x=np.abs(X))
    with pytest.raises(LayerError) as caught:
        net.backward()
    assert caught.value.message == f"layer 'loss': {kind} has no gradient for its labels"


def test_marks_of_pairs_and_the_matrix_of_infogain_are_labels_too() -> None:
    pairs = input_layer("a", 2, 3) + input_layer("b", 2, 3) + input_layer("y", 2)
    infogain = input_layer("x", 2, 3) + input_layer("l", 2) + input_layer("h", 3, 3)
    for text, kind, bottoms in ((pairs, "ContrastiveLoss", "a b y"), (infogain, "InfogainLoss", "x l h")):
        net = netcc.Net(text + layer("loss", kind, bottoms, "loss", "propagate_down: true " * 3), netcc.TRAIN)
        net.forward()
        with pytest.raises(LayerError, match=f"layer 'loss': {kind} has no gradient for its"):
            net.backward()


def test_force_backward_reaches_both_bottoms_of_a_euclidean_loss() -> None:
    text = "force_backward: true\n" + input_layer("a", 2, 3) + input_layer("b", 2, 3)
    net = netcc.Net(text + layer("loss", "EuclideanLoss", "a b", "loss"), netcc.TRAIN)
    net.forward(a=X, b=0 * X)
    diffs = net.backward()
    np.testing.assert_allclose(diffs["a"], X / 2)
    np.testing.assert_allclose(diffs["b"], -X / 2)


def test_a_net_that_gives_nan_is_always_right() -> None:
    """A quirk to know: an accuracy of 1 may mean that a net has broken down."""
    text = input_layer("x", 2, 3) + input_layer("l", 2) + inner_product("ip", "x", "y", 4)
    net = netcc.Net(text + layer("acc", "Accuracy", "y l", "acc"), netcc.TEST)
    assert net.forward(x=np.full((2, 3), np.nan), l=[3, 1])["acc"] == 1


def test_infogain_is_given_scores_where_the_multinomial_loss_is_given_probabilities() -> None:
    scores, labels = np.log([[0.1, 0.2, 0.7], [0.3, 0.3, 0.4]]) + 5, [2, 0]
    probabilities = np.exp(scores - 5)
    one = run_layer(make_layer("InfogainLoss", bottoms=3), [scores, labels, np.eye(3)]).tops[0]
    two = run_layer(make_layer("MultinomialLogisticLoss", bottoms=2), [probabilities, labels]).tops[0]
    assert one == two == pytest.approx(-(np.log(0.7) + np.log(0.3)) / 2)


@pytest.mark.parametrize("label", [3, -1, 255])
def test_a_label_that_is_no_class_is_refused_where_caffe_reads_outside_its_memory(label: int) -> None:
    with pytest.raises(NetccError, match=f"label {label} at \\(1,\\) is outside the 3 classes"):
        run_layer(make_layer("SoftmaxWithLoss", bottoms=2), [X, [0, label]])


def test_a_spatial_loss_divides_by_places_or_by_items() -> None:
    x, labels = np.zeros((2, 4, 3, 5)), np.zeros((2, 3, 5))
    for mode, divisor in (("VALID", 30), ("FULL", 30), ("BATCH_SIZE", 2), ("NONE", 1)):
        layer_ = make_layer("SoftmaxWithLoss", f"loss_param {{ normalization: {mode} }}", bottoms=2)
        assert run_layer(layer_, [x, labels]).tops[0] == pytest.approx(30 * np.log(4) / divisor)


def test_items_of_a_softmax_on_a_later_axis_are_all_axes_before_it() -> None:
    x, labels = np.zeros((2, 3, 4)), np.zeros((2, 3))
    fields = "softmax_param { axis: 2 } loss_param { normalization: BATCH_SIZE }"
    assert run_layer(make_layer("SoftmaxWithLoss", fields, bottoms=2), [x, labels]).tops[0] == pytest.approx(np.log(4))
