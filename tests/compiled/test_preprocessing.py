"""What is kept with a compiled net for images: mean, scale, names of classes."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netcc
from netcc.errors import DataError, NetccError, NetccWarning, UsageError
from netcc.schema.binaryproto import write_binaryproto

NET = """
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 4 dim: 4 } } }
layer { name: "mean" type: "Pooling" bottom: "data" top: "mean" pooling_param { pool: AVE global_pooling: true } }
"""
TRAIN_VAL = """
layer { name: "d" type: "Data" top: "data" top: "label" data_param { source: "none" batch_size: 2 }
  transform_param { TRANSFORM } }
layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc" inner_product_param { num_output: 3 } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc" bottom: "label" top: "loss" }
"""
RED = np.zeros((4, 4, 3), np.uint8)
RED[..., 0] = 200


def test_pixels_become_blue_green_red_less_the_mean_times_the_scale(tmp_path: Path) -> None:
    made = netcc.compile(NET, mean=[1, 2, 3], scale=0.5)
    made.save(tmp_path / "x.netcc")
    for net in (made, netcc.load(tmp_path / "x.netcc")):
        batch = net.preprocess(RED)
        assert (batch.shape, batch.dtype) == ((1, 3, 4, 4), np.float32)
        assert batch[0, :, 0, 0].tolist() == [-0.5, -1, 98.5]


def test_a_plain_call_takes_blobs_as_they_are() -> None:
    x = np.ones((1, 3, 4, 4))
    np.testing.assert_array_equal(netcc.compile(NET, mean=[100], scale=7)(x).reshape(-1), 1)


def test_images_are_stretched_and_grey_ones_coloured(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image", reason="Pillow writes the image")
    image.fromarray(RED).resize((9, 5)).save(tmp_path / "red.png")
    made = netcc.compile(NET)
    assert made.preprocess(tmp_path / "red.png")[0, :, 2, 2].tolist() == [0, 0, 200]
    assert made.preprocess(np.full((6, 5), 9, np.uint8))[0, :, 1, 1].tolist() == [9, 9, 9]


def test_the_best_classes_by_name() -> None:
    made = netcc.compile(NET, labels=["blue", "green", "red"])
    assert made.classify(RED, top=2) == [("red", 200.0), ("blue", 0.0)]
    assert netcc.compile(NET).classify(RED, top=1) == [("2", 200.0)]
    with pytest.raises(UsageError) as caught:
        netcc.compile(NET, labels=["one"]).classify(RED)
    assert caught.value.message == "the net has 3 classes, but 1 labels"


def test_mean_images_of_files(tmp_path: Path) -> None:
    mean = np.arange(3 * 6 * 6, dtype=np.float32).reshape(3, 6, 6)
    np.save(tmp_path / "mean.npy", mean)
    write_binaryproto(tmp_path / "mean.binaryproto", mean[np.newaxis])
    for name in ("mean.npy", "mean.binaryproto"):
        batch = netcc.compile(NET, mean=tmp_path / name).preprocess(np.zeros((4, 4, 3), np.uint8))
        np.testing.assert_array_equal(batch[0], -mean[:, 1:5, 1:5])


def test_by_default_the_data_layer_says_mean_and_scale() -> None:
    made = netcc.compile(
        TRAIN_VAL.replace("TRANSFORM", "mean_value: 104 mean_value: 117 mean_value: 123 scale: 0.5"),
        shapes={"data": (2, 3, 4, 4)},
    )
    assert made.preprocessing.scale == 0.5
    assert made.preprocessing.mean is not None
    assert made.preprocessing.mean.reshape(-1).tolist() == [104, 117, 123]
    assert "mean: 104, 117, 123\nscale: 0.5\n" in repr(made)


def test_a_mean_file_that_is_not_there_is_told() -> None:
    net = TRAIN_VAL.replace("TRANSFORM", 'mean_file: "none.binaryproto"')
    with pytest.warns(NetccWarning, match="none.binaryproto"):
        made = netcc.compile(net, shapes={"data": (2, 3, 4, 4)})
    assert made.preprocessing.mean is None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        netcc.compile(net, shapes={"data": (2, 3, 4, 4)}, mean=[1])


def test_labels_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_text("n01 cat\nn02 hündin\n\n", encoding="utf-8")
    made = netcc.compile(NET, labels=tmp_path / "labels.txt")
    made.save(tmp_path / "x.netcc")
    assert netcc.load(tmp_path / "x.netcc").labels == ("n01 cat", "n02 hündin")


WRONG: list[tuple[dict[str, Any], type[NetccError], str]] = [
    ({"mean": "none.npy"}, DataError, "cannot read none.npy: no such file or directory"),
    ({"mean": "text.npy"}, DataError, "cannot read text.npy: it is no .npy file"),
    ({"mean": [[1, 2]]}, UsageError, "the mean is int64 1 x 2"),
    ({"mean": [float("nan")]}, UsageError, "the mean is float64 1"),
    ({"scale": float("inf")}, UsageError, "scale is inf; expected a finite number"),
    ({"labels": "none.txt"}, DataError, "cannot read none.txt: no such file or directory"),
    ({"labels": "empty.txt"}, DataError, "empty.txt names no class"),
    ({"labels": "binary.txt"}, DataError, "binary.txt is no text in UTF-8"),
]


@pytest.mark.parametrize(("options", "kind", "message"), WRONG, ids=lambda part: str(part)[:30])
def test_what_cannot_be_used(
    options: dict[str, Any], kind: type[NetccError], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("text.npy").write_text("no array")
    Path("empty.txt").write_text("\n")
    Path("binary.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(kind) as caught:
        netcc.compile(NET, **options)
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.zeros((2, 3, 4, 5)), "an array of shape 2 x 3 x 4 x 5 is no image"),
        (np.zeros((4, 4, 2)), "an array of shape 4 x 4 x 2 is no image"),
        (np.zeros((4, 4), complex), "an image cannot hold complex128"),
    ],
)
def test_what_is_no_image(image: Any, message: str) -> None:
    with pytest.raises(DataError) as caught:
        netcc.compile(NET).preprocess(image)
    assert caught.value.message == message


def test_a_net_that_takes_no_images() -> None:
    net = NET.replace("dim: 1 dim: 3", "dim: 1 dim: 5")
    with pytest.raises(UsageError) as caught:
        netcc.compile(net).preprocess(RED)
    assert caught.value.message == "the net takes no images: its input is 1 x 5 x 4 x 4"
