"""Nets for use, made of nets for training."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from helpers.nets import inner_product, input_layer, layer

import netcc
from netcc.deploy.deploy import Deployed, deploy
from netcc.errors import NetccError
from netcc.schema.bind import load_net
from netcc.types import Shape

ROOT = Path(__file__).resolve().parents[2]

TEXT = """\
# A small net.
name: "small"

# Digits.
layer {
  name: "digits" type: "Data" top: "data" top: "label"
  include { phase: TRAIN }
  transform_param { scale: 0.5 mirror: true }
  data_param { source: "train" batch_size: 64 backend: LMDB }
}
layer {
  name: "digits" type: "Data" top: "data" top: "label"
  include { phase: TEST }
  transform_param { scale: 0.5 }
  data_param { source: "test" batch_size: 100 backend: LMDB }
}
# One number for each class.
layer {
  name: "ip" type: "InnerProduct" bottom: "data" top: "ip"
  param { lr_mult: 1 }  # fast
  param { name: "shared" lr_mult: 2 decay_mult: 0 }
  inner_product_param { num_output: 3 weight_filler { type: "xavier" } bias_filler { type: "constant" } }  # three
}
layer { name: "accuracy" type: "Accuracy" bottom: "ip" bottom: "label" top: "accuracy" include { phase: TEST } }
# How far off is it?
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss" }
"""

USED = """\
# A small net.
name: "small"

# Digits.
# The data were transformed: scale: 0.5
layer {
  name: "data"
  type: "Input"
  top: "data"
  input_param {
    shape { dim: 1 dim: 1 dim: 4 dim: 4 }
  }
}
# One number for each class.
layer {
  name: "ip"
  type: "InnerProduct"
  bottom: "data"
  top: "ip"
  param {}  # fast
  param { name: "shared" }
  inner_product_param { num_output: 3 }  # three
}
# How far off is it?
layer {
  name: "prob"
  type: "Softmax"
  bottom: "ip"
  top: "prob"
}
"""

DATA = {"data": (64, 1, 4, 4)}


def made(text: str, inputs: dict[str, Shape] | None = None, **options: object) -> Deployed:
    return deploy(load_net(text), inputs=inputs, **options)  # type: ignore[arg-type]  # options of deploy


def refused(text: str, **options: object) -> str:
    with pytest.raises(NetccError) as caught:
        made(text, **options)  # type: ignore[arg-type]
    return str(caught.value)


def test_data_losses_and_metrics_go_and_comments_stay() -> None:
    done = made(TEXT, DATA)
    assert done.text == USED
    assert done.lines() == [
        "removed: 1 data layer, 1 loss, 1 metric",
        "input: data 1 x 1 x 4 x 4",
        "added: Softmax 'prob' of 'ip'",
        "output: prob 1 x 3",
    ]


def test_the_net_for_training_stays_as_it_was() -> None:
    bound = load_net("force_backward: true\n\n" + TEXT.partition("\n")[2])
    before = str(bound.document), bound.message.SerializeToString(deterministic=True)
    assert not deploy(bound, inputs=DATA).text.startswith("\n")
    assert (str(bound.document), bound.message.SerializeToString(deterministic=True)) == before


def test_what_is_made_needs_nothing_more() -> None:
    done = made(USED)
    assert done.text == USED
    assert done.lines() == ["removed: nothing", "input: data 1 x 1 x 4 x 4", "output: prob 1 x 3"]


def test_it_computes_what_the_net_in_training_computes(tmp_path: Path) -> None:
    data = np.random.default_rng(0).random((100, 1, 4, 4)).astype(np.float32)
    trained = netcc.Net(TEXT, netcc.TEST, sources={"digits": [(data, np.zeros(100))]}, seed=1)
    trained.save(tmp_path / "w.caffemodel")
    scores = trained.forward(end="ip")["ip"]
    used = netcc.Net(made(TEXT, DATA).text, netcc.TEST, tmp_path / "w.caffemodel")
    expected = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(used.forward(data=0.5 * data)["prob"], expected, rtol=1e-5)


def test_many_at_once_and_scores_as_they_are() -> None:
    done = made(TEXT, DATA, batch=10, activations=False)
    assert (done.inputs, done.outputs, done.added) == ({"data": (10, 1, 4, 4)}, {"ip": (10, 3)}, [])


def test_old_spellings_are_read() -> None:
    old = (
        'name: "v1" input: "data" input_dim: 7 input_dim: 1 input_dim: 2 input_dim: 2\n'
        'layers { name: "ip" type: INNER_PRODUCT bottom: "data" top: "ip" blobs_lr: 1 blobs_lr: 2\n'
        "inner_product_param { num_output: 2 } }"
    )
    done = made(old)
    assert done.outputs == {"ip": (7, 2)}  # the caller of an Input layer knows how many come at once
    assert "param" not in done.text.replace("_param", "")


def dummy(tops: str, *shapes: Shape) -> str:
    """A data layer that needs no data."""
    fields = " ".join(f"shape {{ {' '.join(f'dim: {size}' for size in shape)} }}" for shape in shapes)
    return layer("d", "DummyData", "", tops, f"dummy_data_param {{ {fields} }}")


SIDES = (
    dummy("data label other", (8, 6), (8,), (8,))
    + inner_product("trunk", "data", "trunk", 5)
    + inner_product("side", "trunk", "side", 3)
    + layer("side_loss", "SoftmaxWithLoss", "side label", "side_loss", "loss_weight: 0.3")
    + inner_product("main", "trunk", "main", 3)
    + layer("main_loss", "SoftmaxWithLoss", "main label", "main_loss")
)


def test_helpers_of_training_go_with_their_branch() -> None:
    done = made(SIDES)
    assert list(done.outputs) == ["prob"]
    assert "side" not in done.text
    assert done.lines()[0] == "removed: 1 data layer, 2 losses, 1 layer that only these need"


def test_tasks_with_labels_of_their_own_stay_whatever_they_weigh() -> None:
    done = made(SIDES.replace('"side" bottom: "label"', '"side" bottom: "other"'))
    assert done.outputs == {"side_prob": (1, 3), "main_prob": (1, 3)}


def test_a_net_that_has_the_probabilities_gets_no_others() -> None:
    text = SIDES + layer("p", "Softmax", "main", "p", "include { phase: TEST }")
    assert list(made(text).outputs) == ["p"]


def test_a_name_that_is_taken_is_not_given_again() -> None:
    text = SIDES.replace('"main"', '"prob"').replace('"trunk"', '"prob_"')
    assert list(made(text).outputs) == ["prob__"]


@pytest.mark.parametrize(
    ("loss", "fields", "output", "kind"),
    [
        ("SigmoidCrossEntropyLoss", "", "prob", "Sigmoid"),
        ("EuclideanLoss", "", "y", None),
        ("HingeLoss", "", "y", None),
    ],
)
def test_what_a_loss_makes_of_scores(loss: str, fields: str, output: str, kind: str | None) -> None:
    text = (
        dummy("x t", (8, 6), (8,) if loss == "HingeLoss" else (8, 3))
        + inner_product("ip", "x", "y", 3)
        + layer("loss", loss, "y t", "loss", fields)
    )
    done = made(text)
    assert list(done.outputs) == [output]
    assert (f'type: "{kind}"' in done.text) == (kind is not None)


def test_the_axis_of_the_softmax_is_kept() -> None:
    text = (
        dummy("x t", (4, 2, 6), (4, 2))
        + layer("ip", "InnerProduct", "x", "y", "inner_product_param { num_output: 3 axis: 2 }")
        + layer("loss", "SoftmaxWithLoss", "y t", "loss", "softmax_param { axis: 2 }")
    )
    assert "softmax_param { axis: 2 }" in made(text).text
    assert made(text).outputs == {"prob": (1, 2, 3)}


def test_streams_lie_along_the_second_axis_of_a_net_through_time() -> None:
    text = (
        dummy("x cont t", (7, 4, 2), (7, 4), (7, 4))
        + layer("lstm", "LSTM", "x cont", "h", "recurrent_param { num_output: 3 }")
        + layer("loss", "SoftmaxWithLoss", "h t", "loss", "softmax_param { axis: 2 }")
    )
    assert made(text).inputs == {"x": (7, 1, 2), "cont": (7, 1)}


def test_wanted_blobs_can_be_named() -> None:
    done = made(SIDES, outputs=["trunk"])
    assert done.outputs == {"trunk": (1, 5)}
    assert 'name: "main"' not in done.text
    assert refused(SIDES, outputs=["trunc"]) == "error: the net has no blob 'trunc'\n  did you mean 'trunk'?"


def test_data_that_only_the_training_phase_has_are_taken_from_there() -> None:
    only = TEXT.replace("include { phase: TEST }\n  transform_param", 'include { stage: "x" }\n  transform_param')
    assert made(only, DATA).inputs == {"data": (1, 1, 4, 4)}


def test_what_cannot_be_told_is_refused() -> None:
    unknown = refused(TEXT).splitlines()
    assert unknown[0] == "<text>:15:16: error: the shape of the batches is not known: no data source is at hand"
    assert unknown[3] == "  give `--input data=64,3,227,227` (with your sizes)"
    nothing = layer("d", "DummyData", "", "x", "dummy_data_param { shape { dim: 8 } }")
    assert refused(nothing) == "error: the net predicts nothing\n  --output BLOB names a blob that is wanted"


def test_a_loss_that_says_nothing_of_its_predictions_is_refused() -> None:
    text = dummy("loc conf prior boxes", (1, 8), (1, 4), (1, 2, 8), (1, 1, 1, 8)) + layer(
        "box_loss", "MultiBoxLoss", "loc conf prior boxes", "l", "multibox_loss_param { num_classes: 2 }"
    )
    assert refused(text).splitlines()[0] == (
        "<text>:2:1: error: what the net predicts cannot be told from its loss 'box_loss' (MultiBoxLoss)"
    )


def test_layers_that_do_not_fit_the_new_batch_are_refused_with_advice() -> None:
    text = SIDES + layer("r", "Reshape", "trunk", "r", "reshape_param { shape { dim: 4 dim: 10 } }")
    said = refused(text)
    assert said.startswith("the net for use:")
    assert "--batch N gives another number of items at once, --input NAME=N,C,H,W other shapes" in said
    assert made(text, batch=8).outputs == {"prob": (8, 3), "r": (4, 10)}


def test_inputs_of_other_kinds_stay() -> None:
    text = input_layer("x", 3, 2) + inner_product("ip", "x", "y", 2)
    assert made(text).inputs == {"x": (3, 2)}


def test_the_shape_that_is_asked_for_is_that_of_a_blob_that_is_needed() -> None:
    text = (
        layer("d", "HDF5Data", "", "label x", 'hdf5_data_param { source: "s" batch_size: 4 }')
        + inner_product("ip", "x", "y", 3)
        + layer("loss", "SoftmaxWithLoss", "y label", "loss")
    )
    lines = refused(text).splitlines()
    assert lines[0].endswith("error: the shape of top 'x' is not known: no data source is at hand")
    assert made(text, {"x": (4, 2)}).inputs == {"x": (1, 2)}


def test_data_that_python_brings_are_told_by_shape() -> None:
    text = layer("d", "Python", "", "data label", 'python_param { module: "none" layer: "None" }') + inner_product(
        "ip", "data", "y", 3
    )
    done = made(text + layer("loss", "SoftmaxWithLoss", "y label", "loss"), {"data": (7, 6)})
    assert (done.inputs, done.outputs) == ({"data": (1, 6)}, {"prob": (1, 3)})
    assert refused(text).splitlines()[-2] == ("  netcc deploy and compile need but its shapes (--input BLOB=N,C,H,W)")


def test_what_a_layer_learns_is_no_data() -> None:
    text = input_layer("x", 3, 2) + layer("w", "Parameter", "", "w", "parameter_param { shape { dim: 3 dim: 2 } }")
    done = made(text + layer("sum", "Eltwise", "x w", "y"))
    assert done.inputs == {"x": (3, 2)}
    assert 'type: "Parameter"' in done.text
