"""`netcc classify`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from helpers.nets import inner_product, input_layer, layer

import netcc
from netcc.data.encode import encode_image
from netcc.pycaffe.classifier import Classifier
from netcc.pycaffe.images import load_image
from netcc.schema.binaryproto import write_binaryproto

Run = Callable[..., Any]
NET = input_layer("data", 1, 3, 8, 8) + inner_product("fc", "data", "fc", 4) + layer("prob", "Softmax", "fc", "prob")
SCALE = ("--raw-scale", "1", "--input-scale", "2.5")


@pytest.fixture
def files(place: Path) -> SimpleNamespace:
    """A net of four classes, its weights, and three photos of noise."""
    (place / "net.prototxt").write_text(NET)
    netcc.Net(NET, netcc.TEST, seed=3).save(place / "w.caffemodel")
    (place / "photos").mkdir()
    for index, size in enumerate([(8, 8), (10, 12), (9, 20)]):
        pixels = np.random.default_rng(index).integers(0, 256, (3, *size), np.uint8)
        (place / "photos" / f"{index}.png").write_bytes(encode_image(pixels, "png"))
    (place / "photos" / "notes.txt").write_text("no image")
    return SimpleNamespace(net="net.prototxt", weights="w.caffemodel", photos=sorted((place / "photos").glob("*.png")))


def caffes(files: SimpleNamespace, oversample: bool, **settings: Any) -> np.ndarray[Any, Any]:
    """What Caffe's Python package answers."""
    net = Classifier(files.net, files.weights, channel_swap=(2, 1, 0), **settings)
    return np.array(net.predict([load_image(path) for path in files.photos], oversample))


@pytest.mark.parametrize("ten", [False, True])
def test_scores_are_those_of_the_classifier(run: Run, files: SimpleNamespace, place: Path, ten: bool) -> None:
    way = "--oversample" if ten else "--center-only"
    mean = np.random.default_rng(9).random((3, 8, 8)) / 10
    write_binaryproto(place / "mean.binaryproto", mean.astype(np.float32))
    shown = run(
        "classify", files.net, files.weights, "photos", way, "--images-dim", "12,11", *SCALE, "--batch", "2",
        "--mean", "mean.binaryproto", "-o", "scores.npy",
    )  # fmt: skip
    assert (shown.exit_code, shown.stderr) == (0, "")
    expected = caffes(files, ten, image_dims=(12, 11), raw_scale=1, input_scale=2.5, mean=mean.astype(np.float32))
    np.testing.assert_allclose(np.load("scores.npy"), expected, rtol=1e-5, atol=1e-7)


def test_the_best_classes_are_shown_with_their_labels(run: Run, files: SimpleNamespace, place: Path) -> None:
    (place / "labels.txt").write_text("n01 ant\nn02 bee, wasp\nn03 cat\nn04 dog\n")
    shown = run("classify", files.net, files.weights, *files.photos[:2], *SCALE, "--labels", "labels.txt", "--top", "2")
    scores = caffes(files, False, raw_scale=1, input_scale=2.5)[:2]
    labels = ["n01 ant", "n02 bee, wasp", "n03 cat", "n04 dog"]
    blocks = []
    for path, row in zip(files.photos, scores, strict=False):
        best = np.argsort(-row)[:2]
        blocks.append("\n".join([str(path), *(f"  {row[i]:8.4f}  {i:>5}  {labels[i]}" for i in best)]))
    assert shown.stdout == "\n\n".join(blocks) + "\n"


def test_json_and_patterns(run: Run, files: SimpleNamespace) -> None:
    answer = json.loads(run("classify", files.net, files.weights, "photos/[12].*", *SCALE, "--json").stdout)
    assert [Path(item["image"]).name for item in answer] == ["1.png", "2.png"]
    assert [len(item["predictions"]) for item in answer] == [4, 4]
    assert sum(prediction["score"] for prediction in answer[0]["predictions"]) == pytest.approx(1)
    assert "label" not in answer[0]["predictions"][0]


def test_arrays_of_images(run: Run, files: SimpleNamespace, place: Path) -> None:
    np.save("images.npy", np.stack([load_image(files.photos[0])] * 2))
    lines = run("classify", files.net, files.weights, "images.npy", "--top", "1").stdout.splitlines()
    assert [line for line in lines if line.startswith("images")] == ["images.npy[0]", "images.npy[1]"]


def test_a_mean_of_numbers_is_that_of_the_channels_of_the_net(run: Run, files: SimpleNamespace) -> None:
    run("classify", files.net, files.weights, "photos", *SCALE, "--mean", "0.1,0.2,0.3", "-o", "s.npy")
    expected = caffes(files, False, raw_scale=1, input_scale=2.5, mean=np.array([0.1, 0.2, 0.3]))
    np.testing.assert_allclose(np.load("s.npy"), expected, rtol=1e-5)


def test_a_mean_image_may_count_as_its_mean_pixel(run: Run, files: SimpleNamespace, place: Path) -> None:
    mean = np.random.default_rng(9).random((3, 20, 30)).astype(np.float32)
    np.save("mean.npy", mean)
    run("classify", files.net, files.weights, "photos", *SCALE, "--mean", "mean.npy", "--mean-pixel", "-o", "s.npy")
    expected = caffes(files, False, raw_scale=1, input_scale=2.5, mean=mean.mean(axis=(1, 2)))
    np.testing.assert_allclose(np.load("s.npy"), expected, rtol=1e-4)


def test_a_net_of_grey_images(run: Run, files: SimpleNamespace, place: Path) -> None:
    grey = NET.replace("dim: 1 dim: 3", "dim: 1 dim: 1")
    (place / "grey.prototxt").write_text(grey)
    netcc.Net(grey, netcc.TEST).save("grey.caffemodel")
    assert run("classify", "grey.prototxt", "grey.caffemodel", "photos").exit_code == 0


def test_an_image_that_cannot_be_read_does_not_keep_the_others(run: Run, files: SimpleNamespace, place: Path) -> None:
    (place / "photos" / "1.png").write_bytes(b"\x89PNG broken")
    shown = run("classify", files.net, files.weights, "photos", "gone.png", *SCALE, "--json")
    assert shown.exit_code == 1
    assert [Path(item["image"]).name for item in json.loads(shown.stdout)] == ["0.png", "2.png"]
    assert [line.partition(": ")[2] for line in shown.stderr.splitlines() if line.startswith("error")] == [
        "photos/1.png: the encoded image cannot be decoded: it is cut short or damaged",
        "cannot read gone.png: no such file or directory",
    ]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("photos/*.gif",), 1, "error: no file matches photos/*.gif\n"),
        (("photos", "--ext", "gif"), 1, "error: there are no images in photos\n  looked for: .gif\n"),
        (("photos", "--mean", "none"), 1, (
            "error: cannot read none: there is no such file\n"
        )),
        (("photos", "--mean", "1,2"), 2, "error: the mean has 2 channels, the input 'data' 3\n"),
        (("photos", "--images-dim", "4,4"), 2, "error: images of 4 x 4 are smaller than the input of the net, 8 x 8\n"),
        (("photos", "--images-dim", "8"), 2, "error: --images-dim takes height and width, not 1 numbers\n"),
        (("photos", "--labels", "photos/notes.txt"), 1, (
            "error: photos/notes.txt names 1 classes, but the net gives 4 scores\n"
        )),
        (("photos", "--output", "pro"), 2, "error: the net has no blob 'pro'\n  did you mean 'prob'?\n"),
        (("photos", "--output", "data"), 1, (
            "error: blob 'data' is 1 x 3 x 8 x 8: not one score for each class\n"
        )),
        (("photos", "-o", "no/s.npy"), 1, "error: cannot write no/s.npy: the folder {place}/no does not exist\n"),
    ],
)  # fmt: skip
def test_bad_calls(
    run: Run, files: SimpleNamespace, place: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    shown = run("classify", files.net, files.weights, *arguments)
    assert (shown.exit_code, shown.stderr) == (code, said.replace("{place}", str(place)))


def test_nets_that_take_no_images(run: Run, files: SimpleNamespace, place: Path) -> None:
    (place / "train.prototxt").write_text(layer("d", "Data", "", "x", 'data_param { source: "s" batch_size: 1 }'))
    assert run("classify", "train.prototxt", files.weights, "photos").stderr == (
        "error: train.prototxt: the net has no input to put images into\n"
        "  `netcc deploy` makes a net with one of a net for training\n"
    )
    (place / "flat.prototxt").write_text(input_layer("x", 1, 5) + inner_product("fc", "x", "y", 4))
    assert run("classify", "flat.prototxt", files.weights, "photos").stderr == (
        "error: the net does not take images alone; its inputs: x 1 x 5\n  expected one of N x 3 (or 1) x H x W\n"
    )


def test_weights_of_another_net(run: Run, files: SimpleNamespace, place: Path) -> None:
    netcc.Net(NET.replace('"fc"', '"other"'), netcc.TEST).save("other.caffemodel")
    shown = run("classify", files.net, "other.caffemodel", "photos")
    assert shown.exit_code == 1
    assert shown.stderr.startswith("error: other.caffemodel has the weights of another net: none of its layers is")


@pytest.fixture
def compiled(files: SimpleNamespace) -> netcc.compiled.net.CompiledNet:
    """The net with its weights, mean, scale and labels, and the file of it, net.netcc."""
    labels = ["ant", "bee", "cat", "dog"]
    net = netcc.compile(files.net, files.weights, mean=[104, 117, 123], scale=0.01, labels=labels)
    net.save("net.netcc")
    return net


def test_a_compiled_net_brings_all_but_the_images(run: Run, files: SimpleNamespace, compiled: Any) -> None:
    shown = run("classify", "net.netcc", "photos", "--json", "--top", "2", "-o", "scores.npy")
    assert (shown.exit_code, shown.stderr) == (0, "")
    answer = json.loads(shown.stdout)
    assert [item["image"] for item in answer] == ["photos/0.png", "photos/1.png", "photos/2.png"]
    for item, path in zip(answer, files.photos, strict=True):
        found = [(best["label"], best["score"]) for best in item["predictions"]]
        assert found == [(label, pytest.approx(score, rel=1e-5)) for label, score in compiled.classify(path, 2)]
    np.testing.assert_allclose(np.load("scores.npy"), [compiled.scores(path) for path in files.photos], rtol=1e-5)


def test_a_compiled_net_takes_no_second_preparation(run: Run, compiled: Any) -> None:
    shown = run("classify", "net.netcc", "photos", "--mean", "1")
    assert (shown.exit_code, shown.stderr) == (
        2,
        "error: --mean does not go with a compiled net\n"
        "  it has mean and scale in it: `netcc compile --mean ... --scale ...`\n",
    )
    shown = run("classify", "net.netcc", "photos/0.png", "none.png")
    assert (shown.exit_code, shown.stderr) == (1, "error: cannot read none.png: no such file or directory\n")
    assert shown.stdout.startswith("photos/0.png\n")


def test_images_are_asked_for(run: Run, files: SimpleNamespace) -> None:
    shown = run("classify", files.net, files.weights)
    assert shown.exit_code == 2
    assert "Missing argument 'IMAGE...'" in shown.stderr
