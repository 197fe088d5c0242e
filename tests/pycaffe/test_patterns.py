"""What scripts of well-known repositories do with pycaffe, written anew and small."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from google.protobuf import text_format
from helpers.nets import inner_product, input_layer, layer

Write = Callable[[str, str], str]
CONVOLUTION = 'convolution_param { num_output: 4 kernel_size: 3 weight_filler { type: "xavier" } }'
POOLING = "pooling_param { kernel_size: 2 stride: 2 }"
FEATURES = (
    input_layer("data", 1, 3, 10, 10)
    + layer("conv1", "Convolution", "data", "conv1", CONVOLUTION)
    + layer("relu1", "ReLU", "conv1", "conv1")
    + layer("pool1", "Pooling", "conv1", "pool1", POOLING)
)
CLASSIFIER = (
    FEATURES
    + inner_product("fc6", "pool1", "fc6", 6)
    + layer("relu6", "ReLU", "fc6", "fc6")
    + inner_product("fc7", "fc6", "fc7", 5)
    + layer("prob", "Softmax", "fc7", "prob")
)


def test_filters_are_changed_by_surgery(caffe: ModuleType, write: Write) -> None:
    """A convolution's numbers are set by hand and seen in its output."""
    net = caffe.Net(write("net.prototxt", FEATURES), caffe.TEST)
    image = np.random.default_rng(0).random((3, 10, 10))
    net.params["conv1"][0].data[...] = 0
    net.params["conv1"][0].data[1, :, 1, 1] = 1
    net.params["conv1"][1].data[1] = -0.5
    net.blobs["data"].data[...] = image
    net.forward()
    expected = np.maximum(image.sum(axis=0)[1:9, 1:9] - 0.5, 0)
    np.testing.assert_allclose(net.blobs["conv1"].data[0, 1], expected, rtol=1e-5, atol=1e-6)
    assert {name: tuple(blob[0].data.shape) for name, blob in net.params.items()} == {"conv1": (4, 3, 3, 3)}


def test_fully_connected_layers_become_convolutions(caffe: ModuleType, write: Write, tmp_path: Path) -> None:
    """The cast to a fully-convolutional net: one score for every place of a larger image."""
    net = caffe.Net(write("fc.prototxt", CLASSIFIER), caffe.TEST)
    wide = FEATURES.replace("dim: 10 dim: 10", "dim: 14 dim: 16")
    for bottom, name, size, outputs in (("pool1", "fc6", 4, 6), ("fc6", "fc7", 1, 5)):
        window = f"convolution_param {{ num_output: {outputs} kernel_size: {size} }}"
        wide += layer(f"{name}-conv", "Convolution", bottom, f"{name}", window)
        wide += layer(f"relu-{name}", "ReLU", name, name) if name == "fc6" else ""
    wide += layer("prob", "Softmax", "fc7", "prob")
    net.save(str(tmp_path / "fc.caffemodel"))
    conv_net = caffe.Net(write("conv.prototxt", wide), str(tmp_path / "fc.caffemodel"), caffe.TEST)
    for name in ("fc6", "fc7"):
        conv_net.params[f"{name}-conv"][0].data.flat = net.params[name][0].data.flat
        conv_net.params[f"{name}-conv"][1].data[...] = net.params[name][1].data
    image = np.random.default_rng(0).random((1, 3, 14, 16)).astype(np.float32)
    scores = conv_net.forward(data=image)["prob"]
    assert scores.shape == (1, 5, 3, 4)
    for row, column in ((0, 0), (2, 3), (1, 2)):
        part = image[:, :, 2 * row : 2 * row + 10, 2 * column : 2 * column + 10]
        np.testing.assert_allclose(scores[0, :, row, column], net.forward(data=part)["prob"][0], rtol=1e-4)


def test_a_net_takes_images_of_any_size(caffe: ModuleType, write: Write) -> None:
    net = caffe.Net(write("net.prototxt", FEATURES), caffe.TEST)
    for height, width in ((20, 12), (10, 10), (31, 7)):
        net.blobs["data"].reshape(1, 3, height, width)
        net.reshape()
        net.blobs["data"].data[0, ...] = 1
        outputs = net.forward()
        assert outputs["pool1"].shape == (1, 4, (height - 1) // 2, (width - 1) // 2)
        assert np.ptp(net.blobs["conv1"].data, axis=(2, 3)).max() < 1e-5


def test_features_of_images_are_taken_from_the_middle_of_a_net(caffe: ModuleType, write: Write) -> None:
    net = caffe.Net(write("net.prototxt", CLASSIFIER), caffe.TEST)
    transformer = caffe.io.Transformer({"data": net.blobs["data"].data.shape})
    transformer.set_transpose("data", (2, 0, 1))
    transformer.set_mean("data", np.full(3, 10.0))
    transformer.set_raw_scale("data", 255)
    transformer.set_channel_swap("data", (2, 1, 0))
    images = np.random.default_rng(0).random((4, 12, 11, 3)).astype(np.float32)
    net.blobs["data"].reshape(4, 3, 10, 10)
    net.blobs["data"].data[...] = [transformer.preprocess("data", image) for image in images]
    together = net.forward(end="relu6")["fc6"].copy()
    assert together.shape == (4, 6)
    net.blobs["data"].reshape(1, 3, 10, 10)
    for image, features in zip(images, together, strict=True):
        net.forward(data=transformer.preprocess("data", image)[np.newaxis])
        np.testing.assert_allclose(net.blobs["fc6"].data[0], features, rtol=1e-3, atol=1e-4)


def test_siamese_branches_have_the_same_weights(caffe: ModuleType, write: Write) -> None:
    text = (
        input_layer("pair", 6, 2, 4)
        + input_layer("sim", 6)
        + layer("slice", "Slice", "pair", "left right", "slice_param { axis: 1 }")
    )
    for side in ("left", "right"):
        text += inner_product(f"ip_{side}", side, f"feat_{side}", 3, 'param { name: "w" } param { name: "b" }')
    text += layer("loss", "ContrastiveLoss", "feat_left feat_right sim", "loss")
    net = caffe.Net(write("siamese.prototxt", text), caffe.TRAIN)
    pairs = np.random.default_rng(0).normal(size=(6, 2, 4))
    for _ in range(3):
        net.forward(pair=pairs, sim=[1] * 6)
        net.clear_param_diffs()
        net.backward()
        net.params["ip_left"][0].data[...] -= 0.01 * net.params["ip_left"][0].diff
    assert np.shares_memory(net.params["ip_left"][0].data, net.params["ip_right"][0].data)
    difference = (pairs[:, 0] - pairs[:, 1]) @ net.params["ip_right"][0].data.T
    net.forward()
    np.testing.assert_allclose(net.blobs["loss"].data, (difference**2).sum() / 12, rtol=1e-4)


def test_a_gradient_loop_by_hand_learns(caffe: ModuleType, write: Write) -> None:
    text = (
        input_layer("x", 32, 2)
        + input_layer("y", 32)
        + inner_product("ip", "x", "z", 2)
        + layer("loss", "SoftmaxWithLoss", "z y", "loss")
    )
    caffe.set_random_seed(0)
    net = caffe.Net(write("net.prototxt", text), caffe.TRAIN)
    x = np.random.default_rng(0).normal(size=(32, 2)).astype(np.float32)
    y = (x[:, 0] > x[:, 1]).astype(np.float32)
    losses = []
    for _ in range(200):
        losses.append(float(net.forward(x=x, y=y)["loss"]))
        net.clear_param_diffs()
        net.backward()
        for blobs in net.params.values():
            for blob in blobs:
                blob.data[...] -= 0.5 * blob.diff
    assert losses[-1] < 0.2 < losses[0]
    assert (net.blobs["z"].data.argmax(axis=1) == y).all()


def test_an_image_is_changed_along_the_gradient_of_a_layer(caffe: ModuleType, write: Write) -> None:
    """As in dreaming: the diff of a layer in the middle is set, and backward starts there."""
    caffe.set_random_seed(1)  # else all six rectifiers may be off, once in a hundred runs
    net = caffe.Net(write("net.prototxt", "force_backward: true\n" + CLASSIFIER), caffe.TEST)
    net.blobs["data"].data[...] = np.random.default_rng(0).random((1, 3, 10, 10))
    norms = []
    for _ in range(4):
        net.forward(end="pool1")
        target = net.blobs["pool1"]
        target.diff[:] = target.data
        net.backward(start="pool1")
        gradient = net.blobs["data"].diff[0]
        net.blobs["data"].data[:] += 0.5 / np.abs(gradient).mean() * gradient
        norms.append(float((target.data**2).sum()))
    assert norms == sorted(norms)
    assert norms[-1] > 2 * norms[0]


def test_the_influence_of_pixels_on_every_class(caffe: ModuleType, write: Write) -> None:
    """One forward pass, then a backward pass for each class."""
    caffe.set_random_seed(1)  # else all six rectifiers may be off, once in a hundred runs
    net = caffe.Net(write("net.prototxt", "force_backward: true\n" + CLASSIFIER), caffe.TEST)
    prob = net.forward(data=np.random.default_rng(0).random((1, 3, 10, 10)))["prob"].copy()
    total = np.zeros((1, 3, 10, 10))
    for index in range(5):
        diff = net.backward(prob=np.eye(5)[[index]])["data"]
        assert np.abs(diff).max() > 1e-6
        total += diff
    assert prob.sum() == pytest.approx(1)
    np.testing.assert_allclose(total, 0, atol=1e-6)  # the probabilities always add up to 1


LAYERS = """
import json
import caffe
import numpy as np


class Roi(caffe.Layer):
    def setup(self, bottom, top):
        self.scale = json.loads(self.param_str)["scale"]
        self.rows = []
        top[0].reshape(2, 3)

    def set_rows(self, rows):
        self.rows = list(rows)

    def reshape(self, bottom, top):
        pass

    def forward(self, bottom, top):
        for row in range(2):
            top[0].data[row] = self.scale * self.rows.pop(0)

    def backward(self, top, propagate_down, bottom):
        pass
"""


def test_a_script_talks_to_its_layers_in_python(
    caffe: ModuleType, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As detection frameworks do: the object behind the first layer of a solver's net is given its images."""
    write("roi_layers.py", LAYERS)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "roi_layers", raising=False)
    fields = """python_param { module: "roi_layers" layer: "Roi" param_str: '{"scale": 2}' }"""
    text = (
        layer("rois", "Python", "", "x", fields)
        + inner_product("ip", "x", "z", 1)
        + layer("loss", "Reduction", "z", "loss", "loss_weight: 1")
    )
    write("net.prototxt", text)
    net_path = str(tmp_path / "net.prototxt")
    solver = caffe.get_solver(
        write(
            "solver.prototxt",
            f'net: "{net_path}" base_lr: 0.1 lr_policy: "fixed" snapshot_after_train: false max_iter: 2',
        )
    )
    assert isinstance(solver.net.layers[0], caffe.Layer)
    solver.net.layers[0].set_rows([np.full(3, value) for value in (1, 2, 3, 4)])
    solver.step(1)
    np.testing.assert_array_equal(solver.net.blobs["x"].data, [[2] * 3, [4] * 3])
    solver.step(1)
    np.testing.assert_array_equal(solver.net.blobs["x"].data, [[6] * 3, [8] * 3])
    assert solver.net.layers[0].rows == []
    monkeypatch.delitem(sys.modules, "roi_layers")


def test_a_net_written_in_python_is_trained(caffe: ModuleType, write: Write, tmp_path: Path) -> None:
    """As the examples of Caffe do: NetSpec, a file, a solver message in a file, a loop with tests."""
    L, P = caffe.layers, caffe.params  # noqa: N806 - the names that pycaffe's users write
    net = caffe.NetSpec()
    net.data, net.label = L.DummyData(
        shape=[{"dim": [8, 1, 12, 12]}, {"dim": [8]}], ntop=2,
        data_filler=[{"type": "gaussian", "std": 1}, {"type": "constant", "value": 3}],
    )  # fmt: skip
    net.conv1 = L.Convolution(net.data, kernel_size=5, num_output=4, weight_filler={"type": "xavier"})
    net.pool1 = L.Pooling(net.conv1, kernel_size=2, stride=2, pool=P.Pooling.MAX)
    net.fc1 = L.InnerProduct(net.pool1, num_output=16, weight_filler={"type": "xavier"})
    net.relu1 = L.ReLU(net.fc1, in_place=True)
    net.score = L.InnerProduct(net.relu1, num_output=10, weight_filler={"type": "xavier"})
    net.loss = L.SoftmaxWithLoss(net.score, net.label)
    path = write("net.prototxt", str(net.to_proto()))
    message = caffe.proto.caffe_pb2.SolverParameter()
    message.train_net, message.base_lr, message.lr_policy, message.momentum = path, 0.05, "fixed", 0.9
    message.test_net.append(path)
    message.test_iter.append(1)
    message.test_interval, message.max_iter = 1000, 30
    message.snapshot_prefix, message.snapshot_after_train = str(tmp_path / "run"), False
    solver = caffe.SGDSolver(write("solver.prototxt", text_format.MessageToString(message)))
    assert [(name, blob.data.shape) for name, blob in solver.net.blobs.items()][2] == ("conv1", (8, 4, 8, 8))
    solver.net.forward()
    first = float(solver.net.blobs["loss"].data)
    solver.step(30)
    correct = 0
    for _ in range(3):
        solver.test_nets[0].forward(start="conv1")
        correct += int(
            (solver.test_nets[0].blobs["score"].data.argmax(1) == solver.test_nets[0].blobs["label"].data).sum()
        )
    assert first > 1 > 0.1 > solver.net.blobs["loss"].data
    assert correct == 24


def test_scores_become_segmentations_by_surgery(caffe: ModuleType, write: Write) -> None:
    """As fully-convolutional segmentation does: parameters of one net go flat into another, upsampling is bilinear."""
    source = caffe.Net(write("fc.prototxt", CLASSIFIER), caffe.TEST)
    text = FEATURES + layer(
        "fc6", "Convolution", "pool1", "fc6", "convolution_param { num_output: 6 kernel_size: 4 pad: 3 }"
    ) + layer(
        "up", "Deconvolution", "fc6", "up",
        "convolution_param { num_output: 6 group: 6 kernel_size: 4 stride: 2 bias_term: false }",
    )  # fmt: skip
    net = caffe.Net(write("fcn.prototxt", text), caffe.TEST)
    for name in source.params:
        if name not in net.params:
            continue
        for index in range(len(source.params[name])):
            if index > len(net.params[name]) - 1:
                break
            net.params[name][index].data.flat = source.params[name][index].data.flat
    for name in [key for key in net.params.keys() if "up" in key]:  # noqa: SIM118 - as scripts write it
        channels, _, height, width = net.params[name][0].data.shape
        assert (height, width) == (4, 4)
        ramp = 1 - np.abs(np.arange(4) / 2 - 0.75)
        net.params[name][0].data[range(channels), 0, :, :] = ramp[:, np.newaxis] * ramp
    image = np.random.default_rng(0).random((3, 10, 10))
    net.blobs["data"].data[...] = image
    net.forward()
    source.blobs["data"].data[...] = image
    source.forward(end="fc6")
    np.testing.assert_allclose(net.blobs["fc6"].data[0, :, 3, 3], source.blobs["fc6"].data[0], rtol=1e-4, atol=1e-5)
    low, high = net.blobs["fc6"].data[0], net.blobs["up"].data[0]
    corner = [0.75 * 0.75, 0.75 * 0.25, 0.25 * 0.75, 0.25 * 0.25]
    expected = sum(
        weight * low[:, 3 - row, 3 - column] for weight, (row, column) in zip(corner, np.ndindex(2, 2), strict=True)
    )
    np.testing.assert_allclose(high[:, 7, 7], expected, rtol=1e-4, atol=1e-5)


def test_normalisation_is_merged_into_a_convolution(caffe: ModuleType, write: Write, tmp_path: Path) -> None:
    """As deployment scripts do: the numbers of BatchNorm and Scale go into the convolution before them."""
    convolution = CONVOLUTION.replace("num_output", "bias_term: false num_output")
    merged_text = input_layer("data", 1, 3, 10, 10) + layer("conv", "Convolution", "data", "conv", CONVOLUTION)
    text = (
        merged_text.replace(CONVOLUTION, convolution)
        + layer("conv/bn", "BatchNorm", "conv", "conv")
        + layer("conv/scale", "Scale", "conv", "conv", "scale_param { bias_term: true }")
    )
    net = caffe.Net(write("net.prototxt", text), caffe.TEST)
    numbers = np.random.default_rng(0)
    for name in ("conv/bn", "conv/scale"):
        for blob in net.params[name]:
            blob.data[...] = numbers.uniform(0.5, 2, blob.data.shape)
    merged = caffe.Net(write("merged.prototxt", merged_text), caffe.TEST)
    for name in net._layer_names:
        if not name.endswith("/bn"):
            continue
        mean, variance, factor = (blob.data for blob in net.params[name])
        scale, shift = (blob.data for blob in net.params[name[:-3] + "/scale"])
        by = scale / np.sqrt(variance / factor + 1e-5)
        merged.params[name[:-3]][0].data[...] = net.params[name[:-3]][0].data * by[:, None, None, None]
        merged.params[name[:-3]][1].data[...] = shift - mean / factor * by
    image = numbers.random((1, 3, 10, 10)).astype(np.float32)
    np.testing.assert_allclose(
        merged.forward_all(data=image)["conv"], net.forward_all(data=image)["conv"], rtol=1e-3, atol=1e-4
    )


def test_a_momentum_of_ones_own_lives_in_a_second_net(caffe: ModuleType, write: Write) -> None:
    """Layers and blobs of two nets in step, by the private names that training loops of that time use."""
    path = write("net.prototxt", CLASSIFIER)
    net, momentum = caffe.Net(path, caffe.TRAIN), caffe.Net(path, caffe.TRAIN)
    for name, mine, other in zip(net._layer_names, net.layers, momentum.layers, strict=True):
        assert name in net._layer_names
        for blob, moment in zip(mine.blobs, other.blobs, strict=True):
            moment.data[:] = 0.5 * np.zeros_like(blob.data) + blob.data
            blob.data[:] = blob.data - moment.data
    assert not any(blob.data.any() for layer in net.layers for blob in layer.blobs)
    assert momentum.params["fc6"][0].data.any()


def test_a_detector_gives_its_inputs_shapes_image_by_image(caffe: ModuleType, write: Write) -> None:
    """As region-based detectors do: every image has its own size, and inputs go in by keyword."""
    text = FEATURES + input_layer("im_info", 1, 3) + layer("gone", "Silence", "im_info", "")
    net = caffe.Net(write("net.prototxt", text), caffe.TEST)
    for height, width in ((12, 20), (20, 12)):
        blobs = {
            "data": np.random.default_rng(0).random((1, 3, height, width)),
            "im_info": np.array([[height, width, 1.5]], np.float32),
        }
        net.blobs["data"].reshape(*(blobs["data"].shape))
        net.blobs["im_info"].reshape(*(blobs["im_info"].shape))
        kwargs = {name: blob.astype(np.float32, copy=False) for name, blob in blobs.items()}
        out = net.forward(**kwargs)
        assert out["pool1"].shape == (1, 4, (height - 2) // 2, (width - 2) // 2)
        np.testing.assert_array_equal(net.blobs["im_info"].data, blobs["im_info"])


def test_gradients_of_losses_in_the_middle_are_put_together_layer_by_layer(caffe: ModuleType, write: Write) -> None:
    """As in the transfer of styles: from the last layer down, each adds its own gradient to what comes from above."""
    convolution = CONVOLUTION.replace("kernel_size: 3", "kernel_size: 3 pad: 1")
    text = "force_backward: true\n" + input_layer("data", 1, 3, 6, 6)
    for bottom, name in (("data", "c1"), ("c1", "c2"), ("c2", "c3")):
        text += layer(name, "Convolution", bottom, name, convolution) + layer(f"relu_{name}", "ReLU", name, name)
    caffe.set_random_seed(1)
    net = caffe.Net(write("net.prototxt", text), caffe.TEST)
    names = ["c1", "c2", "c3"]
    targets = {name: np.random.default_rng(1).normal(size=(4, 4)) for name in names}

    def loss_and_gradient(x: np.ndarray) -> tuple[float, np.ndarray]:
        net.blobs["data"].data[0] = x.reshape(3, 6, 6)
        net.forward()
        features = {name: net.blobs[name].data[0].reshape(4, -1).astype(float) for name in names}
        net.blobs[names[-1]].diff[:] = 0
        loss = 0.0
        for index, name in enumerate(reversed(names)):
            below = None if index == len(names) - 1 else names[-index - 2]
            gradient = net.blobs[name].diff[0]
            error = features[name] @ features[name].T - targets[name] - targets[name].T
            loss += float((error**2).sum()) / 4
            gradient += (error @ features[name] * (features[name] > 0)).reshape(gradient.shape)
            net.backward(start=name, end=below)
        return loss, net.blobs["data"].diff[0].flatten().astype(float)

    x = np.random.default_rng(0).random(108)
    _, gradient = loss_and_gradient(x)
    for place in (0, 31, 62, 107):
        step = np.eye(108)[place] * 1e-2
        slope = (loss_and_gradient(x + step)[0] - loss_and_gradient(x - step)[0]) / 2e-2
        assert gradient[place] == pytest.approx(slope, rel=2e-2, abs=1e-3)
