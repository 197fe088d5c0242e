"""What is left of a net that is compiled for inference."""

from __future__ import annotations

import numpy as np
import pytest

import netcc
from netcc.errors import GraphError, ShapeError, UsageError

DATA = 'layer { name: "d" type: "Data" top: "data" top: "label" data_param { source: "none" batch_size: 2 } }\n'
FC = 'layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc" inner_product_param { num_output: 3 } }\n'
RELU = 'layer { name: "relu" type: "ReLU" bottom: "fc" top: "fc" }\n'
LAST = 'layer { name: "last" type: "InnerProduct" bottom: "fc" top: "last" inner_product_param { num_output: 4 } }\n'
LOSS = 'layer { name: "loss" type: "SoftmaxWithLoss" bottom: "last" bottom: "label" top: "loss" }\n'
ACCURACY = 'layer { name: "accuracy" type: "Accuracy" bottom: "last" bottom: "label" top: "accuracy" }\n'
TRAIN_VAL = DATA + FC + RELU + LAST + LOSS + ACCURACY
SHAPES = {"data": (2, 5)}


def layers(net: netcc.Net | str, **options: object) -> tuple[list[str], list[str], list[str]]:
    """Names of the layers, inputs and outputs."""
    made = netcc.compile(net, shapes=SHAPES, **options)  # type: ignore[arg-type]
    return made.layers, list(made.inputs), list(made.outputs)


def test_losses_metrics_and_labels_go() -> None:
    assert layers(TRAIN_VAL) == (["d", "fc", "relu", "last", "prob"], ["data"], ["prob"])


def test_all_blobs_can_be_kept() -> None:
    everything = ["d", "fc", "relu", "last", "loss", "accuracy"]
    assert layers(TRAIN_VAL, keep="all") == (everything, ["data", "label"], ["fc", "last", "loss", "accuracy"])


def test_an_input_can_be_kept() -> None:
    assert layers(TRAIN_VAL, keep=["data", "fc"]) == (["d", "fc", "relu"], ["data"], ["data", "fc"])
    x = np.ones((2, 5))
    np.testing.assert_array_equal(netcc.compile(TRAIN_VAL, shapes=SHAPES, keep=["data", "fc"])(x)["data"], x)


def test_what_lies_behind_the_kept_blobs_goes() -> None:
    assert layers(TRAIN_VAL, keep=["fc"]) == (["d", "fc", "relu"], ["data"], ["fc"])
    assert layers(TRAIN_VAL, keep=["last", "fc"])[2] == ["last", "fc"]


def test_a_metric_can_be_kept_by_name() -> None:
    kept, inputs, outputs = layers(TRAIN_VAL, keep=["accuracy"])
    assert (kept[-1], inputs, outputs) == ("accuracy", ["data", "label"], ["accuracy"])


def test_what_a_loss_compares_with_is_no_output() -> None:
    target = 'layer { name: "target" type: "Power" bottom: "label" top: "target" power_param { scale: 2 } }\n'
    euclidean = 'layer { name: "loss" type: "EuclideanLoss" bottom: "last" bottom: "target" top: "loss" }\n'
    assert layers(DATA + target + FC + LAST.replace("4", "1") + euclidean)[2] == ["last"]


def test_a_layer_with_a_loss_weight_is_a_loss() -> None:
    sums = 'layer { name: "sum" type: "Reduction" bottom: "last" top: "sum" loss_weight: 2 }\n'
    assert layers(DATA + FC + LAST + sums)[2] == ["last"]
    assert layers(DATA + FC + LAST + sums.replace("loss_weight: 2", ""))[2] == ["sum"]


def test_silenced_blobs_go() -> None:
    silence = 'layer { name: "quiet" type: "Silence" bottom: "label" }\n'
    assert layers(DATA + FC + silence) == (["d", "fc"], ["data"], ["fc"])


def test_a_layer_that_makes_its_data_stays() -> None:
    dummy = (
        'layer { name: "two" type: "DummyData" top: "two" dummy_data_param { shape { dim: 2 dim: 3 } '
        'data_filler { type: "constant" value: 2 } } }\n'
        'layer { name: "sum" type: "Eltwise" bottom: "fc" bottom: "two" top: "sum" }\n'
    )
    net = netcc.compile(DATA + FC + dummy, shapes=SHAPES, seed=1)
    assert list(net.inputs) == ["data"]
    np.testing.assert_array_equal(net(np.ones((2, 5))), np.full((2, 3), 2))


def test_a_layer_that_makes_all_data_stands_for_data() -> None:
    dummy = 'layer { name: "d" type: "DummyData" top: "data" dummy_data_param { shape { dim: 2 dim: 5 } } }\n'
    assert layers(dummy + FC) == (["d", "fc"], ["data"], ["fc"])


PYTHON = 'layer { name: "d" type: "Python" top: "data" top: "label" python_param { module: "m" layer: "Voc" } }\n'


def test_data_that_python_brings_are_given_by_shape() -> None:
    """The module is not there, and does not run."""
    assert layers(PYTHON + FC + LAST + LOSS)[1:] == (["data"], ["prob"])
    assert layers(PYTHON.replace("Python", "DenseImageData") + FC)[1:] == (["data"], ["fc"])


def test_only_what_is_needed_must_have_a_shape() -> None:
    label = 'layer { name: "l" type: "Data" top: "label" data_param { source: "none" batch_size: 2 } }\n'
    net = DATA.replace('top: "label" ', "") + label + FC + LAST + LOSS
    assert layers(net)[1:] == (["data"], ["prob"])
    with pytest.raises(ShapeError) as caught:
        netcc.compile(net, shapes=SHAPES, keep=["loss"])
    assert "give `--input label=" in str(caught.value)
    assert str(caught.value).splitlines()[-1] == "  its data could not be asked: database none does not exist"


def test_nothing_is_left() -> None:
    with pytest.raises(GraphError) as caught:
        netcc.compile(DATA + 'layer { name: "quiet" type: "Silence" bottom: "data" }', shapes=SHAPES)
    assert str(caught.value) == (
        "error: the net predicts nothing\n  name the blobs that are to come out: --keep, or keep=[...] in Python"
    )


@pytest.mark.parametrize(
    ("keep", "message"),
    [
        (["lasst"], "error: the net has no blob 'lasst' to keep\n  did you mean 'last'?"),
        (
            ["x"],
            "error: the net has no blob 'x' to keep\n  its blobs: data, label, fc, last, loss, accuracy",
        ),
        ([], "error: keep names no blob\n  leave it out, or name the blobs that are to come out"),
        ("last", "error: keep is 'last'; expected a list of names of blobs, or 'all'"),
    ],
)
def test_names_that_are_not_there(keep: list[str], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        netcc.compile(TRAIN_VAL, shapes=SHAPES, keep=keep)
    assert str(caught.value) == message
