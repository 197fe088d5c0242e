"""Compiled nets compute what nets compute, for any shapes that layers allow, and say what is wrong with a call."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest
from helpers.zoo import ZOO

import netcc
from netcc.errors import LayerError, NetccError, UsageError

ROOT = ZOO.parent
LENET = ZOO / "lenet" / "deploy.prototxt"
FULLY_CONVOLUTIONAL = """
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 8 dim: 8 } } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param { num_output: 4 kernel_size: 3 pad: 1 weight_filler { type: "xavier" } } }
layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
layer { name: "pool" type: "Pooling" bottom: "conv" top: "pool" pooling_param { kernel_size: 2 stride: 2 } }
"""
TWO = """
layer { name: "a" type: "Input" top: "a" top: "b" input_param { shape { dim: 2 dim: 3 } } }
layer { name: "sum" type: "Eltwise" bottom: "a" bottom: "b" top: "sum"
  eltwise_param { operation: SUM coeff: 1 coeff: -1 } }
layer { name: "twice" type: "Power" bottom: "sum" top: "twice" power_param { scale: 2 } }
"""


@pytest.fixture(scope="module")
def lenet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("compiled") / "lenet.netcc"
    netcc.compile(LENET, seed=4).save(path)
    return path


def images(number: int, *size: int) -> Any:
    return np.random.default_rng(number).normal(size=(number, *size)).astype(np.float32)


@pytest.mark.parametrize("batch", [1, 3, 64])
def test_any_batch_gives_what_the_net_gives(batch: int, lenet: Path) -> None:
    data = images(batch, 1, 28, 28)
    with netcc.Net(LENET, netcc.TEST, seed=4) as net:
        expected = net.forward(data=data)["prob"].copy()
    with netcc.load(lenet) as made:
        np.testing.assert_allclose(made(data), expected, rtol=1e-5, atol=1e-7)
        np.testing.assert_array_equal(made(data=data), made(data))


def test_any_height_and_width_where_layers_allow() -> None:
    made = netcc.compile(FULLY_CONVOLUTIONAL, seed=1)
    for size in ((8, 8), (11, 6), (8, 8)):
        data = images(2, 3, *size)
        with netcc.Net(FULLY_CONVOLUTIONAL, netcc.TEST, seed=1) as net:
            np.testing.assert_allclose(made(data), net.forward(data=data)["pool"], rtol=1e-5, atol=1e-6)


def test_results_stay_when_the_net_is_called_again(lenet: Path) -> None:
    made = netcc.load(lenet)
    first = made(images(2, 1, 28, 28))
    kept = first.copy()
    made(images(2, 1, 28, 28) + 1)
    np.testing.assert_array_equal(first, kept)


def test_kept_blobs_are_those_of_the_net() -> None:
    data = images(2, 3, 8, 8)
    with netcc.Net(FULLY_CONVOLUTIONAL, netcc.TEST, seed=1) as net:
        net.forward(data=data)
        expected = {name: net.blobs[name].data.copy() for name in ("conv", "pool")}
    results = netcc.compile(FULLY_CONVOLUTIONAL, seed=1, keep="all")(data)
    assert list(results) == ["conv", "pool"]
    for name, values in expected.items():
        np.testing.assert_allclose(results[name], values, rtol=1e-5, atol=1e-6)


def test_several_inputs_by_place_and_name(tmp_path: Path) -> None:
    made = netcc.compile(TWO)
    made.save(tmp_path / "two.netcc")
    for net in (made, netcc.load(tmp_path / "two.netcc")):
        one, two = np.full((4, 3), 5), np.full((4, 3), 2.5)
        np.testing.assert_array_equal(net(one, two), np.full((4, 3), 5))
        np.testing.assert_array_equal(net(one, b=two), net(b=two, a=one))
        assert net.inputs == {"a": (2, 3), "b": (2, 3)}
        assert net.outputs == {"twice": (2, 3)}


def test_shared_parameters_are_kept_once(tmp_path: Path) -> None:
    shared = (
        'param { name: "w" } inner_product_param { num_output: 3 bias_term: false weight_filler { type: "xavier" } }'
    )
    net = TWO.replace("dim: 3", "dim: 3") + (
        f'layer {{ name: "one" type: "InnerProduct" bottom: "sum" top: "one" {shared} }}\n'
        f'layer {{ name: "two" type: "InnerProduct" bottom: "one" top: "two" {shared} }}\n'
    )
    made = netcc.compile(net, seed=1, keep=["two"])
    assert made.parameter_count == 9
    made.save(tmp_path / "shared.netcc")
    one = images(5, 3)
    weights = made._arrays[0]
    np.testing.assert_allclose(
        netcc.load(tmp_path / "shared.netcc")(one, 0 * one), one @ weights.T @ weights.T, rtol=1e-5
    )


def test_a_trained_net_is_compiled_with_its_parameters() -> None:
    with netcc.Net(FULLY_CONVOLUTIONAL, netcc.TRAIN, seed=9) as net:
        net.params["conv"][0].data[...] = 1
        made = netcc.compile(net)
        net.params["conv"][0].data[...] = 2
    np.testing.assert_array_equal(made._arrays[0], 1)


def test_a_layer_whose_tops_depend_on_numbers(tmp_path: Path) -> None:
    net = (
        'layer { name: "x" type: "Input" top: "x" top: "s" input_param { shape { dim: 4 dim: 3 } shape { dim: 4 } } }\n'
        'layer { name: "some" type: "Filter" bottom: "x" bottom: "s" top: "some" }\n'
        'layer { name: "twice" type: "Power" bottom: "some" top: "twice" power_param { scale: 2 } }\n'
    )
    netcc.compile(net).save(tmp_path / "filter.netcc")
    made, x = netcc.load(tmp_path / "filter.netcc"), images(4, 3)
    for chosen in ([1, 0, 1, 0], [0, 0, 0, 1], [1, 1, 1, 1]):
        np.testing.assert_array_equal(made(x, chosen), 2 * x[np.array(chosen) == 1])


def test_several_threads_take_turns(lenet: Path) -> None:
    made = netcc.load(lenet)
    batches = {number: images(number, 1, 28, 28) for number in (1, 2, 3)}
    expected = {number: made(data) for number, data in batches.items()}
    found: list[bool] = []

    def work(number: int) -> None:
        found.extend(np.array_equal(made(batches[number]), expected[number]) for _ in range(10))

    threads = [Thread(target=work, args=[number]) for number in batches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 30


LISTED = "\n  inputs: data (1 x 1 x 28 x 28)"
REAL = "\n  expected: real numbers, such as an array of float32 or uint8\n  expected 1 x 1 x 28 x 28"
WRONG: list[tuple[list[Any], dict[str, Any], str]] = [
    ([], {}, f"error: input 'data' is not given{LISTED}"),
    ([], {"dta": 1}, f"error: 'dta' is not an input of the net{LISTED}\n  did you mean 'data'?"),
    ([1, 2], {}, f"error: 2 arrays are given, but the net has 1 input{LISTED}"),
    ([1], {"data": 1}, f"error: input 'data' is given twice{LISTED}"),
    (
        [np.zeros((1, 1, 28, 28), complex)],
        {},
        f"error: input 'data': values of type complex128 are no numbers that a blob can hold{REAL}",
    ),
    ([["a"]], {}, f"error: input 'data': values of type <U1 are no numbers that a blob can hold{REAL}"),
    ([[[1], [1, 2]]], {}, "error: input 'data': the rows have different lengths\n  expected 1 x 1 x 28 x 28"),
    ([np.zeros((0, 1, 28, 28))], {}, "error: input 'data' is empty: 0 x 1 x 28 x 28\n  expected 1 x 1 x 28 x 28"),
    (
        [np.zeros((2, 3, 28, 28))],
        {},
        "error: input 'data' does not fit as 2 x 3 x 28 x 28\n"
        "  expected 1 x 1 x 28 x 28, or another size where the layers allow\n"
        "  layer 'conv1', weights: these input shapes need 20 x 3 x 5 x 5, the net has 20 x 1 x 5 x 5",
    ),
    (
        [np.zeros((1, 28, 28))],
        {},
        "error: input 'data' does not fit as 1 x 28 x 28\n"
        "  expected 1 x 1 x 28 x 28, or another size where the layers allow\n"
        "  Pooling needs a bottom of at least 4 axes (N x C x H x W), not 1 x 20 x 24\n"
        "  in layer 'pool1' (Pooling), bottoms: 'conv1' 1 x 20 x 24\n"
        "  give it a batch axis: data[np.newaxis]",
    ),
]


@pytest.mark.parametrize(("arrays", "named", "message"), WRONG, ids=range(len(WRONG)))
def test_wrong_calls_leave_the_net_usable(arrays: list[Any], named: dict[str, Any], message: str, lenet: Path) -> None:
    made, good = netcc.load(lenet), images(1, 1, 28, 28)
    expected = made(good)
    with pytest.raises(NetccError) as caught:
        made(*arrays, **named)
    assert str(caught.value) == message
    np.testing.assert_array_equal(made(good), expected)


def test_a_closed_net(lenet: Path) -> None:
    with netcc.load(lenet) as made:
        pass
    for use in (lambda: made(images(1, 1, 28, 28)), lambda: made.save("x")):
        with pytest.raises(UsageError) as caught:
            use()
        assert str(caught.value) == "error: this compiled net is closed\n  load it again"


PYTHON = """
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 2 dim: 3 } } }
layer { name: "mine" type: "Python" bottom: "data" top: "out"
  python_param { module: "helpers.python_layers" layer: "Scaled" param_str: "3" } }
"""


def test_python_layers_run_only_where_they_are_allowed(tmp_path: Path) -> None:
    with pytest.raises(NetccError, match="which is not allowed here"):
        netcc.compile(PYTHON)
    path = tmp_path / "python.netcc"
    made = netcc.compile(PYTHON, allow_python=True)
    made.save(path)
    with pytest.raises(LayerError) as caught:
        netcc.load(path)
    assert str(caught.value) == (
        "error: a Python layer runs code of module 'helpers.python_layers', which is not allowed here\n"
        "  if you trust it: --allow-python on the command line, allow_python=True in Python\n"
        f"  in {path}"
    )
    data = images(4, 3)
    np.testing.assert_array_equal(netcc.load(path, allow_python=True)(data), made(data))


def test_the_table(lenet: Path) -> None:
    made = netcc.load(lenet)
    shown = repr(made).splitlines()
    assert shown[:4] == ["inputs: data 1 x 1 x 28 x 28", "outputs: prob 1 x 10", "", "LeNet, TEST: 9 layers"]
    assert shown[7] == "data   Input         data 1x1x28x28                                            3.1 KiB"
    assert shown[8] == "conv1  Convolution   conv1 1x20x24x24  weights 20x1x5x5       500    288,000  45.0 KiB"
    assert str(made) == repr(made)
    assert "<div>outputs: prob 1 x 10</div><p>LeNet, TEST: 9 layers</p><table>" in made._repr_html_()
    assert (made.name, made.phase, made.labels) == ("LeNet", netcc.TEST, ())


def test_the_table_of_a_deep_net_is_cut_in_the_middle() -> None:
    made = netcc.compile("zoo:resnet50", keep="all")
    assert sum("169 more" in line for line in repr(made).splitlines()) == 1
    assert "(kept)" not in str(made)
    assert len(str(made).splitlines()) > 229


def test_loading_needs_neither_lark_nor_the_text_of_a_net(lenet: Path) -> None:
    code = (
        "import sys, numpy, netcc\n"
        "sys.modules['lark'] = None\n"
        "import netcc.prototxt.parse as text\n"
        "from google.protobuf import text_format\n"
        "text.parse = text.parse_all = text_format.Parse = text_format.Merge = None\n"
        f"net = netcc.load({str(lenet)!r})\n"
        "print(net(numpy.zeros((3, 1, 28, 28))).shape)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "(3, 10)\n"
