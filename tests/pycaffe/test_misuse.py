"""What `caffe.Net` says when it is asked for what it cannot do, word by word, and that it goes on afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from helpers.nets import inner_product, input_layer, layer

from netcc.errors import (
    ArrayError,
    LayerError,
    NetccError,
    NetccWarning,
    OutputError,
    ShapeError,
    UnknownNameError,
    UsageError,
    WeightsError,
)

Write = Callable[[str, str], str]
TEXT = (
    input_layer("data", 2, 1, 6, 6)
    + layer("conv", "Convolution", "data", "conv", "\nconvolution_param { num_output: 3 kernel_size: 3 }")
    + layer("relu", "ReLU", "conv", "conv")
    + inner_product("ip", "conv", "score", 4)
    + layer("sig", "Sigmoid", "score", "sig")
    + layer("tan", "TanH", "score", "tan")
)
X = np.random.default_rng(0).random((2, 1, 6, 6)).astype(np.float32)


@pytest.fixture
def net(caffe: ModuleType, write: Write) -> Iterator[Any]:
    """After the test, the net computes what it did before."""
    net = caffe.Net(write("net.prototxt", TEXT), caffe.TEST)
    expected = net.forward(data=X)["sig"].copy()
    yield net
    np.testing.assert_array_equal(net.forward()["sig"], expected)


def said(run: Callable[[], Any], kind: type[Exception]) -> str:
    with pytest.raises(NetccError) as caught:
        run()
    assert isinstance(caught.value, kind)
    return str(caught.value)


def test_wrong_inputs(net: Any) -> None:
    assert said(lambda: net.forward(dta=X), UsageError) == (
        "error: 'dta' is not an input of the net\n  inputs: data\n  did you mean 'data'?"
    )
    assert said(lambda: net.forward(data=X[:, :, :3]), ArrayError) == (
        "error: input 'data' is 2 x 1 x 3 x 6, but the blob is 2 x 1 x 6 x 6\n"
        "  net.blobs[name].reshape(...) gives an input another shape"
    )
    assert said(lambda: net.forward(data="cat"), ArrayError) == (
        "error: input 'data': values of type <U3 are no numbers that a blob can hold\n"
        "  expected: real numbers, such as an array of float32 or uint8"
    )
    assert said(lambda: net.forward_all(data=X.astype(complex)), ArrayError).startswith(
        "error: 'data': values of type complex128 are no numbers"
    )
    assert said(lambda: net.backward(sig=X, tan=X), ArrayError).startswith(
        "error: output 'sig' is 2 x 1 x 6 x 6, but the blob is 2 x 4"
    )


def test_a_refused_reshape_leaves_the_shapes_as_they_were(net: Any) -> None:
    net.blobs["data"].reshape(1, 1, 2, 2)
    assert said(net.reshape, ShapeError).startswith(
        f"{net._runtime._bound.source.name}:3:1: error: input 'data' cannot be 1 x 1 x 2 x 2 (it is 2 x 1 x 6 x 6): "
        "the kernel reaches over 3 x 3 but the padded input is 2 x 2\n"
    )
    net.blobs["data"].reshape(1, 9, 6, 6)
    assert "layer 'conv', weights: these input shapes need 3 x 9 x 3 x 3" in said(net.forward, ShapeError)


def test_names_that_do_not_exist(net: Any) -> None:
    layer_text = "error: the net has no layer 'con'\n  did you mean 'conv'?"
    for run in (
        lambda: net.forward(start="con"),
        lambda: net.backward(end="con"),
        lambda: net.params["con"],
        lambda: net.layer_dict["con"],
        lambda: net.top_names["con"],
        lambda: net.bottom_names["con"],
    ):
        assert said(run, KeyError) == layer_text
    assert said(lambda: net.blobs["scores"], UnknownNameError) == (
        "error: the net has no blob 'scores'\n  did you mean 'score'?"
    )
    assert said(lambda: net.forward(["scores"]), KeyError).startswith("error: the net has no blob 'scores'")
    assert said(lambda: net.blobs["ip"], KeyError) == (
        "error: the net has no blob 'ip'\n  'ip' is a layer; its tops: score"
    )
    assert said(lambda: net.params["relu"], KeyError) == "error: layer 'relu' (ReLU) has no parameters"
    assert said(lambda: net.params["ip"][2], IndexError) == (
        "error: layer 'ip' has no parameter [2]\n  it has 2 parameters, [0] to [1]"
    )


def test_writing_what_does_not_fit(net: Any) -> None:
    def write(blob: Any, numbers: Any) -> None:
        blob.data[...] = numbers

    assert said(lambda: write(net.blobs["score"], np.ones(3)), ValueError) == (
        "error: blob 'score' is 2 x 4; numbers of 3 do not fit"
    )
    assert said(lambda: write(net.blobs["score_ip_0_split_1"], np.ones(3)), ValueError) == (
        "error: blob 'score_ip_0_split_1' is 2 x 4; numbers of 3 do not fit"
    )
    assert said(lambda: write(net.params["ip"][0], np.ones((3, 3))), ValueError) == (
        "error: parameter [0] of layer 'ip' is 4 x 48; numbers of 3 x 3 do not fit"
    )
    assert said(lambda: write(net.layer_dict["ip"].blobs[1], [1, 2]), ArrayError) == (
        "error: parameter [1] of layer 'ip' is 4; numbers of 2 do not fit"
    )


def test_weights_of_another_net(net: Any, caffe: ModuleType, write: Write, tmp_path: Path) -> None:
    path = str(tmp_path / "w.caffemodel")
    other = write("other.prototxt", input_layer("x", 1, 2) + inner_product("fc", "x", "y", 2))
    caffe.Net(other, caffe.TEST).save(path)
    message = (
        f"warning: {path} has the weights of another net: none of its layers is in this one\n"
        "  in the file: fc\n  in the net: conv, ip"
    )
    with pytest.warns(NetccWarning) as told:
        net.copy_from(path)
    assert [str(warning.message) for warning in told] == [message]
    with pytest.warns(NetccWarning, match="the weights of another net"):
        caffe.Net(write("again.prototxt", TEXT), path, caffe.TEST)
    wider = write("wider.prototxt", TEXT.replace("num_output: 4", "num_output: 5"))
    net.save(path)
    assert said(lambda: caffe.Net(wider, caffe.TEST, weights=path), WeightsError).splitlines()[0] == (
        f"{wider}:5:1: error: {path}: layer 'ip', weights: 4 x 48 in the file, 5 x 48 in the net"
    )


def test_layers_of_the_file_that_the_net_lacks_are_logged_as_caffe_does(
    net: Any, caffe: ModuleType, write: Write, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    net.save(str(tmp_path / "w.caffemodel"))
    short = "".join(TEXT.splitlines(keepends=True)[:4])
    caffe.Net(write("short.prototxt", short), str(tmp_path / "w.caffemodel"), caffe.TEST)
    assert capfd.readouterr().err.rstrip().endswith("] Ignoring source layer ip")


def test_output_paths_that_cannot_be_written(net: Any, tmp_path: Path) -> None:
    for save in (net.save, net.save_hdf5):
        assert said(lambda save=save: save(str(tmp_path / "no" / "w")), OutputError) == (
            f"error: cannot write {tmp_path / 'no' / 'w'}: the folder {tmp_path / 'no'} does not exist"
        )
        assert said(lambda save=save: save(str(tmp_path)), OutputError) == (
            f"error: cannot write {tmp_path}: it is a folder"
        )
    assert [path.name for path in tmp_path.iterdir()] == ["net.prototxt"]


def test_a_net_is_what_its_file_was_when_it_was_read(caffe: ModuleType, write: Write) -> None:
    net = caffe.Net(write("net.prototxt", TEXT), caffe.TEST)
    write("net.prototxt", "layer { nonsense")
    net.blobs["data"].reshape(5, 1, 6, 6)
    assert net.forward()["tan"].shape == (5, 4)


def test_layers_that_are_not_in_python_are_the_nets_own(net: Any) -> None:
    layer = net.layer_dict["ip"]
    assert said(lambda: layer.setup([], []), UsageError) == (
        "error: layers of type InnerProduct are set up by their net, when that is made"
    )
    assert said(lambda: layer.reshape([], []), UsageError) == (
        "error: layers of type InnerProduct take their shapes from their net\n"
        "  net.blobs[name].reshape(...) of an input, then net.reshape()"
    )


def test_a_gpu_is_warned_of_once_asked_and_refused_where_nothing_else_will_do(net: Any, caffe: ModuleType) -> None:
    with pytest.warns(NetccWarning, match=r"set_mode_gpu\(\) has no effect: netcc computes on the processor"):
        caffe.set_mode_gpu()
    assert said(lambda: net.blobs["data"]._gpu_data_ptr, AttributeError) == (
        "error: blob 'data' has no memory on a GPU: netcc computes on the processor"
    )
    assert said(lambda: caffe.NCCL(net, b""), UsageError).startswith("error: NCCL joins GPUs, and netcc computes on")


RAISING = """
import caffe

class OutOfImages(Exception):
    pass

class Images(caffe.Layer):
    def setup(self, bottom, top):
        self.left = 2
    def reshape(self, bottom, top):
        top[0].reshape(1, 3)
    def forward(self, bottom, top):
        self.left -= 1
        if self.left < 0:
            raise OutOfImages("read them all")
    def backward(self, top, propagate_down, bottom):
        pass
"""


def test_a_layer_in_python_that_raises_is_named_and_a_script_can_wait_for_its_exception(
    caffe: ModuleType, write: Write, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    module = write("raising_images.py", RAISING)
    monkeypatch.syspath_prepend(tmp_path)
    fields = 'python_param { module: "raising_images" layer: "Images" }'
    path = write("net.prototxt", layer("images", "Python", "", "x", fields) + layer("s", "Sigmoid", "x", "y"))
    net = caffe.Net(path, caffe.TEST)
    import raising_images  # type: ignore[import-not-found]

    net.forward()
    net.forward()
    with pytest.raises(raising_images.OutOfImages) as caught:
        net.forward()
    assert isinstance(caught.value, LayerError)
    assert str(caught.value) == (
        f"{path}:1:1: error: raising_images.Images.forward failed: OutOfImages: read them all\n"
        f"    {Path(path).read_text().splitlines()[0]}\n"
        "    ^~~~~\n"
        f"  at {module}:15 in forward\n"
        "  in layer 'images' (Python)"
    )
    assert caught.value.__cause__ is not None
    assert caught.value.__cause__.__traceback__ is not None
    net.layers[0].left = 1
    np.testing.assert_array_equal(net.forward()["y"], np.full((1, 3), 0.5))
