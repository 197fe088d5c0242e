"""What real Caffe refuses is refused here too, with a message that names the layer and the reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netcc
from netcc.errors import NetccWarning

FILE = Path(__file__).resolve().parents[1] / "golden" / "refused" / "cases.json"
CASES: dict[str, dict[str, Any]] = {case["name"]: case for case in json.loads(FILE.read_text(encoding="utf-8"))}

REASONS = {
    "absval_inplace": "AbsVal cannot run in place",
    "batchnorm_1d": "BatchNorm needs a bottom of 2 axes or more (N x C ...), not 5",
    "conv_no_kernel": "kernel_size is missing",
    "conv_two_kernels": "kernel_size and kernel_h/kernel_w exclude each other",
    "conv_half_kernel": "kernel_w must be given and positive",
    "conv_three_kernels": "kernel_size is given 3 times: it must be once, or once for each of the 2 spatial axes",
    "conv_group_channels": "4 channels cannot be split into 3 groups",
    "conv_group_outputs": "num_output 3 is not a multiple of group 2",
    "conv_no_output": "Convolution needs num_output",
    "conv_kernel_too_big": "the kernel reaches over 7 x 7 but the padded input is 6 x 6",
    "conv_zero_stride": "stride must be positive",
    "pool_pad_kernel": "pad 2 must be smaller than the kernel 2",
    "pool_global_kernel": "global_pooling and kernel_size exclude each other",
    "pool_global_stride": "global_pooling goes with pad 0 and stride 1 only",
    "pool_none": "give kernel_size, or both kernel_h and kernel_w",
    "pool_3d": "Pooling needs a bottom of at least 4 axes (N x C x H x W), not 2 x 4 x 6",
    "lrn_even": "local_size of LRN must be odd, not 4",
    "ip_no_output": "InnerProduct needs num_output",
    "reshape_two_infer": "the new shape may have one -1 and no other negative size, not -1 x -1",
    "reshape_not_divisible": "-1 cannot be worked out: 288 numbers do not divide by 5",
    "reshape_count": "2 x 4 x 6 x 6 cannot become 2 x 4: 288 and 8 numbers",
    "reshape_inplace": "Reshape cannot run in place",
    "tile_zero": "Tile needs a positive number of tiles",
    "exp_base": "base must be above 0, or -1 for e, not -2",
    "log_base": "base must be above 0, or -1 for e, not 0",
    "argmax_top": "top_k is 4, but there are 3 numbers",
    "unknown_type": "unknown layer type 'NoSuchLayer'",
    "unknown_enum": "'pool' cannot be SUM",
    "required_missing": "'clip_param' lacks its field 'max'",
    "include_and_exclude": "layer 'op' has both include and exclude rules; give one kind",
    "repeated_scalar": "'relu_param' is given twice, and may be given once",
    "spp_none": "SPP needs a pyramid_height of at least 1",
    "spp_too_deep": "a plane of 6 x 6 is too small for 8 x 8 bins",
    "propagate_size": "layer 'op': propagate_down is given 2 times for 1 bottoms",
    "loss_weight_size": "layer 'op': loss_weight is given 2 times for 1 tops",
    "params_too_many": "layer 'op' has 3 param blocks, but InnerProduct has 2 parameters here",
    "axis_out": "axis 4 is outside a blob of 4 axes (allowed: -4 to 3)",
    "missing_bottom": "unknown bottom blob 'nothing' (layer 'y', bottom index 0)",
    "top_twice": "top blob 'y' is produced by two layers, 'a' and 'b'",
    "eltwise_shapes": (
        "the bottoms of Eltwise must have one shape: bottom 1 is 2 x 4 x 6 x 5, bottom 0 is 2 x 4 x 6 x 6"
    ),
    "eltwise_coeffs": "1 values of coeff for 2 bottoms: give one for each, or none",
    "eltwise_prod_coeffs": "coeff goes with operation SUM only",
    "eltwise_one": "layer 'y': Eltwise takes at least 2 bottom blobs, found 1",
    "concat_shapes": (
        "bottoms to join on axis 1 must agree on all others: bottom 1 is 2 x 4 x 6 x 5, bottom 0 is 2 x 4 x 6 x 6"
    ),
    "concat_both": "axis and concat_dim exclude each other",
    "slice_points": "3 tops need 2 slice_points, not 1",
    "slice_uneven": "4 cannot be cut into 3 equal parts",
    "slice_order": "slice_points must rise from above 0 to below 4, not 3, 1",
    "crop_too_big": "on axis 2 a part of 5 at offset 0 does not fit into 4",
    "crop_offsets": "2 offsets for the 3 axes from axis 1 on: give one for each, one for all, or none",
    "softmax_two_tops": "layer 'a': SoftmaxWithLoss takes 1 top blob, found 2",
    "softmax_two_tops_weights": "layer 'a': SoftmaxWithLoss takes 1 top blob, found 2",
    "softmax_labels": "3 x 4 scores with classes on axis 1 need 3 labels, not 3 x 2",
    "softmax_batch": "3 x 4 scores with classes on axis 1 need 3 labels, not 4",
    "euclid_shapes": "3 x 4 and 3 x 5 cannot be compared: 12 and 15 numbers",
    "accuracy_top": "top_k 5 is more than the 4 classes",
    "accuracy_backward": "layer 'a': Accuracy has no gradient for its bottom 'x'",
    "embed_force_backward": "layer 'y': Embed has no gradient for its bottom 'x'",
    "share_strict": "parameter 'w' is shared by layers 'a' and 'b' with different shapes: 5 x 4 and 4 x 5",
    "share_lr": "parameter 'w' is shared by layers 'a' and 'b' with different lr_mult: 1 and 2",
    "scale_shapes": "bottom 1 (3) does not fit on bottom 0 (3 x 4) from axis 1 on",
    "input_two_shapes": "2 shapes for 3 tops: give one for all, or one for each",
    "dummy_fillers": "2 fillers for 3 tops: give one for all, or one for each",
    "zero_dim": "every axis needs a size of at least 1",
    "in_place_after_reader": "layer 'r' overwrites blob 'a' in place, but layer 'b' reads it too",
}
"""The first fault of each net."""

TAKEN_HERE = {
    "unknown_field": "a field that does not exist is a warning; `strict` refuses it",
}
"""Refused by Caffe, and taken here on purpose."""

NAMELESS = {"unknown_enum", "required_missing", "repeated_scalar"}
"""Faults of the text itself: they have a place, which is all that is known so early."""


def run(case: dict[str, Any], *, strict: bool = False) -> None:
    net = netcc.Net(case["text"], netcc.TEST, strict=strict)
    assert case.get("stage") not in ("parse", "setup"), "the net was built"
    net.forward()
    net.backward()


def test_every_case_is_looked_at() -> None:
    assert {name for name, case in CASES.items() if case["refused"]} == REASONS.keys() | TAKEN_HERE.keys()
    assert len(CASES) == 76


@pytest.mark.parametrize("name", REASONS)
def test_refused_as_by_caffe(name: str) -> None:
    with pytest.raises(netcc.NetccError) as caught:
        run(CASES[name])
    assert caught.value.message == REASONS[name]
    span = caught.value.diagnostics[0].span
    assert span is not None
    assert span.line > 1, "the message points at the layer or its field"
    if name not in NAMELESS:
        layers = [line.split('"')[1] for line in CASES[name]["text"].splitlines() if line.startswith("  name:")]
        assert any(f"'{layer}'" in str(caught.value) for layer in layers), "the message names the layer"


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if not case["refused"]])
def test_taken_as_by_caffe(name: str) -> None:
    net = netcc.Net(CASES[name]["text"], netcc.TEST)
    assert {blob: list(value.shape) for blob, value in net.blobs.items()} == CASES[name]["shapes"]


def test_an_unknown_field_is_warned_of_and_refused_if_strict() -> None:
    text = CASES["unknown_field"]["text"]
    with pytest.warns(NetccWarning, match="'relu_param' has no field 'slope'"):
        netcc.Net(text, netcc.TEST)
    with pytest.raises(netcc.NetccError) as caught:
        netcc.Net(text, netcc.TEST, strict=True)
    assert caught.value.message == "'relu_param' has no field 'slope'"


def test_a_batch_of_nothing_gives_nothing() -> None:
    """Only a text cannot ask for it; Caffe stumbles over its own memory there, in the forward pass."""
    net = netcc.Net(CASES["zero_dim"]["text"].replace("dim: 0", "dim: 2"), netcc.TEST)
    assert net.forward(x=np.zeros((0, 3)))["y"].shape == (0, 3)
    net.backward()
