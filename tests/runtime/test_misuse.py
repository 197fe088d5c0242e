"""What a net says when it is asked for what it cannot do, word by word, and that it goes on afterwards."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.nets import inner_product, input_layer, layer

from netcc.errors import (
    ArrayError,
    MemoryShortageError,
    NetccError,
    OutputError,
    ShapeError,
    UnknownNameError,
    UsageError,
    WeightsError,
)
from netcc.runtime.net import Net
from netcc.types import TEST

TEXT = (
    input_layer("data", 2, 1, 6, 6)
    + input_layer("extra", 2, 3)
    + layer("conv", "Convolution", "data", "conv", "\nconvolution_param { num_output: 3 kernel_size: 3 }")
    + layer("pool", "Pooling", "conv", "pooled", "pooling_param { global_pooling: true }")
    + layer("flat", "Flatten", "pooled", "flat")
    + layer("sum", "Eltwise", "flat extra", "sum")
    + inner_product("ip", "sum", "score", 4)
)
X = np.random.default_rng(0).random((2, 1, 6, 6)).astype(np.float32)


EXTRA = np.ones((2, 3))


@pytest.fixture
def net() -> Iterator[Net]:
    """After the test, the net computes what it did before."""
    net = Net(TEXT, TEST, seed=0)
    expected = net.forward(data=X, extra=EXTRA)["score"].copy()
    yield net
    np.testing.assert_array_equal(net.forward()["score"], expected)


def said(run: Callable[[], Any], kind: type[Exception]) -> str:
    with pytest.raises(NetccError) as caught:
        run()
    assert isinstance(caught.value, kind)
    return str(caught.value)


def test_a_wrong_input_name(net: Net) -> None:
    assert said(lambda: net.forward(dta=X), UsageError) == (
        "error: 'dta' is not an input of the net\n  inputs: data, extra\n  did you mean 'data'?"
    )


def test_a_wrong_shape_names_the_input_both_shapes_and_the_layer(net: Net) -> None:
    assert said(lambda: net.forward(data=np.ones((2, 1, 2, 2))), ShapeError) == (
        "<text>:4:1: error: input 'data' cannot be 2 x 1 x 2 x 2 (it is 2 x 1 x 6 x 6): "
        "the kernel reaches over 3 x 3 but the padded input is 2 x 2\n"
        "    convolution_param { num_output: 3 kernel_size: 3 } }\n"
        "    ^~~~~~~~~~~~~~~~~\n"
        "  in layer 'conv' (Convolution), bottoms: 'data' 2 x 1 x 2 x 2"
    )
    assert said(lambda: net.forward(data=np.ones((2, 5, 6, 6))), ShapeError).startswith(
        "<text>:3:1: error: input 'data' cannot be 2 x 5 x 6 x 6 (it is 2 x 1 x 6 x 6): "
        "layer 'conv', weights: these input shapes need 3 x 5 x 3 x 3, the net has 3 x 1 x 3 x 3\n"
    )


def test_of_several_inputs_none_is_taken_if_one_is_wrong(net: Net) -> None:
    message = said(lambda: net.forward(data=np.zeros((3, 1, 9, 9)), extra=np.zeros((2, 7))), ShapeError)
    assert "input 'data' cannot be 3 x 1 x 9 x 9 (it is 2 x 1 x 6 x 6) and 'extra' cannot be 2 x 7 (it is 2 x 3): " in (
        message
    )
    said(lambda: net.forward(data=np.zeros_like(X), extra="many"), ArrayError)


@pytest.mark.parametrize(
    ("numbers", "problem"),
    [
        ("cat.jpg", "values of type <U7 are no numbers that a blob can hold"),
        (X.astype(complex), "values of type complex64 are no numbers that a blob can hold".replace("64", "128")),
        (None, "values of type object are no numbers that a blob can hold"),
        ([[1], [1, 2]], "the rows have different lengths"),
    ],
)
def test_values_that_are_no_numbers(net: Net, numbers: Any, problem: str) -> None:
    assert said(lambda: net.forward(data=numbers), ArrayError).splitlines()[0] == f"error: input 'data': {problem}"


@pytest.mark.parametrize("dtype", ["int32", "float16", "flaot", object])
def test_a_type_that_a_net_cannot_compute_with(dtype: Any) -> None:
    assert said(lambda: Net(TEXT, TEST, dtype=dtype), UsageError) == (
        f"error: a net cannot compute with dtype {dtype!r}\n  expected one of: float32, float64"
    )


def test_a_phase_that_does_not_exist() -> None:
    assert said(lambda: Net(TEXT, 7), UsageError) == "error: there is no phase 7\n  TRAIN is 0, TEST is 1"


def test_a_layer_that_does_not_exist(net: Net) -> None:
    for run in (lambda: net.forward(start="cov"), lambda: net.forward(end="cov"), lambda: net.backward(start="cov")):
        assert said(run, KeyError) == "error: the net has no layer 'cov'\n  did you mean 'conv'?"
    assert said(lambda: net.forward(start="pool", end="conv"), UsageError) == (
        "error: layer 'pool' comes after 'conv': there is nothing between them to run"
    )
    assert said(lambda: net.forward(X), UsageError) == (  # type: ignore[arg-type]
        "error: a layer is named by its name, not by a ndarray\n  inputs are given by theirs: forward(data=...)"
    )


def test_a_blob_that_does_not_exist(net: Net) -> None:
    assert said(lambda: net.blobs["scores"], UnknownNameError) == (
        "error: the net has no blob 'scores'\n  did you mean 'score'?"
    )
    assert said(lambda: net.blobs["pool"], KeyError) == (
        "error: the net has no blob 'pool'\n  'pool' is a layer; its tops: pooled"
    )
    assert net.blobs.get("scores") is None
    assert "scores" not in net.blobs


def test_parameters_that_do_not_exist(net: Net) -> None:
    assert said(lambda: net.params["con"], UnknownNameError) == (
        "error: the net has no layer 'con'\n  did you mean 'conv'?"
    )
    assert said(lambda: net.params["pool"], KeyError) == "error: layer 'pool' (Pooling) has no parameters"
    assert said(lambda: net.params["ip"][2], IndexError) == (
        "error: layer 'ip' has no parameter [2]\n  it has 2 parameters, [0] to [1]"
    )
    assert [blob.count for blob in net.params["ip"][:]] == [12, 4]


def test_writing_what_does_not_fit(net: Net) -> None:
    def write_blob() -> None:
        net.blobs["score"].data[...] = np.zeros((3, 3))

    def write_parameter() -> None:
        net.params["ip"][0].data[...] = np.zeros((3, 4))

    def write_diff() -> None:
        net.params["ip"][1].diff = np.zeros(3)

    assert said(write_blob, ArrayError) == "error: blob 'score' is 2 x 4; numbers of 3 x 3 do not fit"
    assert (
        said(write_parameter, ArrayError) == "error: parameter [0] of layer 'ip' is 4 x 3; numbers of 3 x 4 do not fit"
    )
    assert (
        said(write_diff, ArrayError) == "error: the diff of parameter [1] of layer 'ip' is 4; numbers of 3 do not fit"
    )
    assert said(lambda: net.backward(score=np.ones(3)), ArrayError) == (
        "error: the diff of output 'score' is 3, but the blob is 2 x 4"
    )


def test_blobs_are_written_into_not_replaced(net: Net) -> None:
    def replace_blob() -> None:
        net.blobs["data"] = X  # type: ignore[assignment]

    def replace_parameter() -> None:
        net.params["ip"][0] = np.zeros((4, 3))  # type: ignore[call-overload]

    advice = "\n  write into its array: ....data[...] = numbers"
    assert said(replace_blob, UsageError) == f"error: 'data' cannot be replaced{advice}"
    assert said(replace_parameter, UsageError) == f"error: parameter [0] of layer 'ip' cannot be replaced{advice}"
    net.blobs["data"].data = X[::-1]
    np.testing.assert_array_equal(net.blobs["data"].data, X[::-1])
    net.blobs["data"].data = X


def test_a_copy_of_what_has_names_is_the_users_own(net: Net) -> None:
    for mine in (net.params.copy(), copy.copy(net.params)):
        mine["new"] = mine.pop("ip")
        assert list(mine) == ["conv", "new"]
        with pytest.raises(KeyError, match="other"):
            mine["other"]
    assert list(net.params) == ["conv", "ip"]


@pytest.mark.parametrize(
    ("shape", "shown"), [((-1, 1, 6, 6), "-1, 1, 6, 6"), ((2.0, 1), "2.0, 1"), (((2, 1),), "(2, 1)")]
)
def test_shapes_that_are_none(net: Net, shape: tuple[Any, ...], shown: str) -> None:
    assert said(lambda: net.blobs["data"].reshape(*shape), UsageError) == (
        f"error: blob 'data' cannot have the shape ({shown})\n  expected whole numbers, as in reshape(2, 1, 6, 6)"
    )


def test_a_refused_reshape_leaves_the_shapes_as_they_were(net: Net) -> None:
    net.blobs["data"].reshape(2, 1, 1, 1)
    assert "input 'data' cannot be 2 x 1 x 1 x 1 (it is 2 x 1 x 6 x 6)" in said(net.reshape, ShapeError)
    assert net.blobs["data"].shape == (2, 1, 6, 6)


def test_memory_that_is_not_there_leaves_the_shapes_as_they_were(net: Net) -> None:
    net.blobs["data"]._storage.net._pending["data"] = np.broadcast_to(np.float32(0), (2, 1, 2**24, 2**24))  # type: ignore[attr-defined]
    told = said(net.reshape, MemoryShortageError).splitlines()
    assert told[0].startswith("error: input 'data' cannot be 2 x 1 x 16777216 x 16777216 (it is 2 x 1 x 6 x 6): ")
    assert "there is not enough memory: the net (data 2 x 1 x 16777216 x 16777216" in told[0]
    assert [line.partition(":")[0] for line in told[1:]] == [
        "  blobs, their diffs and what layers note",
        "  largest",
        "  less memory is taken by",
    ]
    assert net.blobs["data"].shape == (2, 1, 6, 6)
    assert said(lambda: net.blobs["data"].reshape(2**20, 2**20), MemoryShortageError) == (
        "error: there is not enough memory: blob 'data' of 1048576 x 1048576 takes 4,194,304 MiB"
    )
    assert net.blobs["data"].shape == (2, 1, 6, 6)


def test_weights_of_another_net(net: Net, tmp_path: Path) -> None:
    path = tmp_path / "w.caffemodel"
    Net(input_layer("x", 1, 2) + inner_product("fc", "x", "y", 2), TEST).save(path)
    assert said(lambda: net.copy_from(path), WeightsError) == (
        f"error: {path} has the weights of another net: none of its layers is in this one\n"
        "  in the file: fc\n  in the net: conv, ip"
    )
    assert net.copy_from(path, "skip").loaded == []
    Net(TEXT.replace("num_output: 4", "num_output: 5"), TEST).save(path)
    assert said(lambda: net.copy_from(path), WeightsError).splitlines()[0] == (
        f"<text>:8:1: error: {path}: layer 'ip', weights: 5 x 3 in the file, 4 x 3 in the net"
    )
    assert said(lambda: net.copy_from(tmp_path / "no"), WeightsError) == (
        f"error: cannot read {tmp_path / 'no'}: there is no such file"
    )


def test_an_output_path_that_cannot_be_written(net: Net, tmp_path: Path) -> None:
    for name in ("no/w.caffemodel", "no/w.h5"):
        assert said(lambda name=name: net.save(tmp_path / name), OutputError) == (  # type: ignore[misc]
            f"error: cannot write {tmp_path / name}: the folder {tmp_path / 'no'} does not exist"
        )
    assert said(lambda: net.save(tmp_path), OutputError) == f"error: cannot write {tmp_path}: it is a folder"
    assert os.listdir(tmp_path) == []


def test_a_net_is_what_its_file_was_when_it_was_read(tmp_path: Path) -> None:
    path = tmp_path / "net.prototxt"
    path.write_text(TEXT)
    net = Net(path, TEST)
    path.write_text("layer { nonsense")
    assert net.forward(data=np.ones((5, 1, 8, 8)), extra=np.ones((5, 3)))["score"].shape == (5, 4)
    assert said(lambda: net.forward(data=np.ones((5, 1, 2, 2))), ShapeError).splitlines()[1] == (
        "    convolution_param { num_output: 3 kernel_size: 3 } }"
    )
    path.unlink()
    net.save(tmp_path / "w.caffemodel")
    assert net.copy_from(tmp_path / "w.caffemodel").complete


def test_a_closed_net_says_so(tmp_path: Path) -> None:
    source = [np.ones((2, 1, 6, 6), np.float32)] * 3
    with Net(TEXT, TEST, sources={"data": source}) as fed:
        fed.forward(extra=EXTRA)
    assert said(fed.forward, UsageError) == "error: the net is closed, and its data with it\n  make another to run it"
    with Net(TEXT, TEST) as net:
        pass
    assert net.forward()["score"].shape == (2, 4)  # it has no data to close


def test_only_a_gpu_has_gpu_memory(net: Net) -> None:
    assert said(lambda: net.blobs["data"]._gpu_data_ptr, AttributeError) == (
        "error: blob 'data' has no memory on a GPU: netcc computes on the processor"
    )
    assert not hasattr(net.blobs["data"], "_gpu_diff_ptr")
    with pytest.raises(AttributeError, match="'Blob' object has no attribute 'dat'"):
        _ = net.blobs["data"].dat
