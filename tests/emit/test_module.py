"""The module: names that Python has taken, gradients that add up, state, what it loads, what cannot be written."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.emitted import assert_close, check_style, emit, in_double, load_class, results_by_name
from helpers.zoo import ZOO

import netcc
from netcc.emit.library import functions, needed
from netcc.emit.module import write_module
from netcc.emit.plan import written
from netcc.emit.step import emitted_types
from netcc.errors import GraphError, LayerError, OutputError
from netcc.layers.base import SourceLayer
from netcc.layers.registry import layer_class
from netcc.types import Phase

INPUT = 'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 3 dim: 4 } } }\n'
LABEL = 'layer { name: "label" type: "Input" top: "label" input_param { shape { dim: 3 } } }\n'
LOSS = 'layer { name: "loss" type: "SoftmaxWithLoss" bottom: "%s" bottom: "label" top: "loss" %s }\n'


def dense(name: str, bottom: str, top: str, more: str = "") -> str:
    fields = 'inner_product_param { num_output: 4 weight_filler { type: "xavier" } }'
    return f'layer {{ name: "{name}" type: "InnerProduct" bottom: "{bottom}" top: "{top}" {more} {fields} }}\n'


def check(text: str, folder: Path, *, phase: Phase = netcc.TRAIN, train: bool = True, passes: int = 1) -> str:
    """Writes the net, compares results, and gradients if it trains; returns the module's text."""
    random = np.random.default_rng(4)
    with netcc.Net(text, phase, seed=1, dtype=np.float64) as net:
        path = folder / "net.py"
        made = emit(net, path, train=train)
        check_style(path)
        other = load_class(in_double(path), net.name)()
        for _ in range(passes):
            for name in net.inputs:
                values = net.blobs[name].data
                values[...] = (
                    random.integers(0, 2, values.shape) if name != "data" else random.normal(size=values.shape)
                )
            inputs = [net.blobs[value.name].data.copy() for value in made.inputs]
            expected = {name: values.copy() for name, values in net.forward().items()}
            results = results_by_name(made, other.forward(*inputs))
            for name, values in expected.items():
                assert_close(results[name], values, name, 1e-9)
        if train:
            net.gradient()
            gradients = other.backward()
            diffs = net.parameter_diff_arrays()
            assert gradients.keys() == {key for key, item in made.parameters().items() if item.learns}
            for key in gradients:
                assert_close(gradients[key], diffs[made.parameters()[key]], key, 1e-9)
        return path.read_text()


def test_lenet_reads_as_it_should(tmp_path: Path) -> None:
    with netcc.Net(ZOO / "lenet" / "deploy.prototxt", netcc.TEST) as net:
        emit(net, tmp_path / "lenet.py")
    check_style(tmp_path / "lenet.py")
    assert (
        "        # conv1: Convolution, data (1, 1, 28, 28) -> conv1 (1, 20, 24, 24)\n"
        "        conv1 = convolution(\n"
        '            data, p["conv1.weights"], p["conv1.bias"], stride=(1, 1), pad=(0, 0)\n'
        "        )\n\n"
        "        # pool1: Pooling, conv1 (1, 20, 24, 24) -> pool1 (1, 20, 12, 12)\n"
        "        pool1 = max_pooling(conv1, kernel=(2, 2), stride=(2, 2), pad=(0, 0))\n"
    ) in (tmp_path / "lenet.py").read_text()


def test_lenet_trains(tmp_path: Path) -> None:
    """The loop of its docstring learns its one batch by heart."""
    text = (ZOO / "lenet" / "train.prototxt").read_text()
    with netcc.Net(text, netcc.TRAIN, shapes={"data": (4, 1, 28, 28)}, seed=2, sources={"mnist": []}) as net:
        emit(net, tmp_path / "lenet.py", train=True)
        check_style(tmp_path / "lenet.py")
    other = load_class(tmp_path / "lenet.py", "LeNet")()
    data, label = np.random.default_rng(0).random((4, 1, 28, 28), np.float32), np.arange(4)
    losses = []
    for _ in range(8):
        losses.append(float(other.forward(data, label)))
        gradients = other.backward()
        for key in gradients:
            other.parameters[key] -= 0.01 * gradients[key]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < losses[0] / 1.5


def test_any_batch(tmp_path: Path) -> None:
    with netcc.Net(ZOO / "lenet" / "deploy.prototxt", netcc.TEST, shapes={"data": (1, 1, 28, 28)}, seed=1) as net:
        emit(net, tmp_path / "lenet.py")
        data = np.random.default_rng(0).random((7, 1, 28, 28), np.float32)
        found = load_class(tmp_path / "lenet.py", "LeNet")().forward(data)
        assert_close(found, net.forward(data=data)["prob"], "prob")


def test_images_of_another_size(tmp_path: Path) -> None:
    net = (
        'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 2 dim: 8 dim: 8 } } }\n'
        'layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" '
        'convolution_param { num_output: 3 kernel_size: 3 weight_filler { type: "xavier" } } }\n'
        'layer { name: "pool" type: "Pooling" bottom: "conv" top: "pool" pooling_param { global_pooling: true } }\n'
    )
    with netcc.Net(net, netcc.TEST, seed=1) as made:
        emit(made, tmp_path / "net.py")
        data = np.random.default_rng(0).random((2, 2, 11, 6), np.float32)
        assert_close(load_class(tmp_path / "net.py", "")().forward(data), made.forward(data=data)["pool"], "pool")


@pytest.mark.parametrize(
    "names", [("class", "np", "self"), ("p", "g", "relu"), ("1x/y", "d_a", "a"), ("convolution", "sum", "f-1")]
)
def test_names_that_python_or_the_module_has_taken(names: tuple[str, str, str], tmp_path: Path) -> None:
    first, second, third = names
    net = INPUT + LABEL + dense(first, "data", first) + dense(second, first, second) + dense(third, second, third)
    check(net + LOSS % (third, ""), tmp_path)


def test_names_that_would_be_code(tmp_path: Path) -> None:
    """Nothing of a definition runs, however its names are chosen."""
    hostile = ["a\\nimport this", 'b\\"\\"\\"c', "d'\\\\'e", "\\\\"]
    net = f'name: "{hostile[1]}\\nraise SystemExit" ' + INPUT + LABEL
    for before, name in zip(["data", *hostile], hostile, strict=False):
        net += dense(name, before, name)
    text = check(net + LOSS % (hostile[-1], ""), tmp_path)
    assert [line for line in text.splitlines() if line.startswith(("import", "raise"))] == ["import numpy as np"]


def test_gradients_of_a_blob_that_is_read_twice_add_up(tmp_path: Path) -> None:
    net = INPUT + LABEL + dense("a", "data", "a") + dense("b", "a", "b") + dense("c", "a", "c")
    net += 'layer { name: "sum" type: "Eltwise" bottom: "b" bottom: "c" bottom: "a" top: "sum" }\n'
    check(net + LOSS % ("sum", ""), tmp_path)


def test_a_blob_written_in_place_more_than_once(tmp_path: Path) -> None:
    net = INPUT + LABEL + dense("a", "data", "a")
    for number, kind in enumerate(("TanH", "Sigmoid", "ReLU")):
        net += f'layer {{ name: "{kind}{number}" type: "{kind}" bottom: "a" top: "a" }}\n'
    text = check(net + LOSS % ("a", ""), tmp_path)
    assert "a_2 = tanh(a)" in text
    assert "a_4 = relu(a_3)" in text
    inference = check(net.replace(LABEL, ""), tmp_path, phase=netcc.TEST, train=False)
    assert "a = relu(a)" in inference


def test_shared_parameters_have_one_gradient(tmp_path: Path) -> None:
    shared = 'param { name: "w" } param { name: "b" }'
    text = check(
        INPUT + LABEL + dense("a", "data", "a", shared) + dense("b", "a", "b", shared) + LOSS % ("b", ""), tmp_path
    )
    assert '"b.weights"' not in text


def test_several_losses_and_their_weights(tmp_path: Path) -> None:
    net = INPUT + LABEL + dense("a", "data", "a") + dense("b", "a", "b")
    second = 'layer { name: "near" type: "EuclideanLoss" bottom: "a" bottom: "b" top: "near" loss_weight: 0.25 }\n'
    weighted = 'layer { name: "total" type: "Reduction" bottom: "b" top: "total" loss_weight: 3 }\n'
    check(net + second + weighted + LOSS % ("a", "loss_weight: 0.5"), tmp_path)


def test_a_part_whose_gradient_never_comes(tmp_path: Path) -> None:
    cut = 'layer { name: "cut" type: "Slice" bottom: "a" top: "x" top: "y" }\n'
    silence = 'layer { name: "quiet" type: "Silence" bottom: "y" }\n'
    check(INPUT + LABEL + dense("a", "data", "a") + cut + silence + LOSS % ("x", ""), tmp_path)


def test_a_loss_whose_top_has_no_name(tmp_path: Path) -> None:
    net = INPUT + LABEL + dense("a", "data", "a") + LOSS % ("a", "")
    with netcc.Net(net.replace('top: "loss"', ""), netcc.TRAIN, seed=1) as made:
        emit(made, tmp_path / "net.py", train=True)
        check_style(tmp_path / "net.py")
        data, label = np.ones((3, 4)), np.arange(3)
        made.forward(data=data, label=label)
        other = load_class(tmp_path / "net.py", "")()
        np.testing.assert_allclose(other.forward(data, label), made.loss, rtol=1e-6)
        made.gradient()
        assert_close(other.backward()["a.weights"], made.params["a"][0].diff, "a.weights")


def test_a_layer_through_which_no_gradient_passes() -> None:
    net = INPUT + LABEL + dense("a", "data", "a") + dense("b", "t", "b")
    net = net.replace(
        'layer { name: "b"', 'layer { name: "t" type: "Threshold" bottom: "a" top: "t" }\nlayer { name: "b"'
    )
    with netcc.Net(net + LOSS % ("b", ""), netcc.TRAIN) as made, pytest.raises(LayerError) as caught:
        written(made.graph, None, train=True)
    with pytest.raises(LayerError) as of_the_net:
        made.gradient()
    assert caught.value.message == of_the_net.value.message


def test_nothing_comes_out() -> None:
    with netcc.Net(INPUT, netcc.TRAIN) as made, pytest.raises(GraphError) as caught:
        written(made.graph, None, train=True)
    assert caught.value.message == "nothing comes out of the net"


def test_layers_that_do_not_learn_have_no_gradient(tmp_path: Path) -> None:
    frozen = "param { lr_mult: 0 } param { lr_mult: 0 }"
    text = check(INPUT + LABEL + dense("a", "data", "a", frozen) + dense("b", "a", "b") + LOSS % ("b", ""), tmp_path)
    assert 'g["a.weights"]' not in text


def test_long_names(tmp_path: Path) -> None:
    names = [f"{letter}/{'long' * 14}" for letter in "abc"]
    net = INPUT + LABEL + dense(names[0], "data", names[0]) + dense(names[1], names[0], names[1])
    check(net + LOSS % (names[1], ""), tmp_path)


def test_the_state_of_an_lstm_goes_on(tmp_path: Path) -> None:
    net = (
        'layer { name: "data" type: "Input" top: "data" top: "cont" top: "label" input_param { '
        "shape { dim: 4 dim: 2 dim: 3 } shape { dim: 4 dim: 2 } shape { dim: 4 dim: 2 } } }\n"
        'layer { name: "lstm" type: "LSTM" bottom: "data" bottom: "cont" top: "h" '
        'recurrent_param { num_output: 5 weight_filler { type: "xavier" } } }\n'
    ) + LOSS % ("h", "softmax_param { axis: 2 }")
    check(net, tmp_path, passes=3)


def test_made_data(tmp_path: Path) -> None:
    dummy = (
        'layer { name: "two" type: "DummyData" top: "two" dummy_data_param { shape { dim: 3 dim: 4 } '
        'data_filler { type: "constant" value: 2 } } }\n'
        'layer { name: "sum" type: "Eltwise" bottom: "data" bottom: "two" top: "sum" }\n'
    )
    check(INPUT + dummy, tmp_path, train=False)


def test_arrays_of_other_shapes_are_refused(tmp_path: Path) -> None:
    with netcc.Net(INPUT + dense("a", "data", "a"), netcc.TEST) as net:
        emit(net, tmp_path / "net.py")
    arrays: dict[str, Any] = dict(np.load(tmp_path / "net.npz"))
    np.savez(tmp_path / "other.npz", **{**arrays, "a.bias": np.zeros(5)})
    other = load_class(tmp_path / "net.py", "")()
    with pytest.raises(ValueError, match=r"a\.bias is \(5,\), not \(4,\)"):
        other.load(tmp_path / "other.npz")
    other.parameters["a.bias"] += 1
    other.save(tmp_path / "saved.npz")
    np.testing.assert_array_equal(np.load(tmp_path / "saved.npz")["a.bias"], arrays["a.bias"] + 1)


def test_without_arrays_the_parameters_are_zero(tmp_path: Path) -> None:
    with netcc.Net(INPUT + dense("a", "data", "a"), netcc.TEST) as net:
        assert write_module(written(net.graph, None, train=False), tmp_path / "net.py") is None
    assert not load_class(tmp_path / "net.py", "")().forward(np.ones((3, 4))).any()
    assert "Parameters are zero until net.load" in (tmp_path / "net.py").read_text()


def test_many_layers_that_cannot_be_written() -> None:
    net = INPUT + "".join(
        f'layer {{ name: "m{number}" type: "Mish" bottom: "data" top: "m{number}" }}\n' for number in range(12)
    )
    with netcc.Net(net, netcc.TEST) as made, pytest.raises(LayerError) as caught:
        written(made.graph, None, train=False)
    notes = caught.value.diagnostics[0].notes
    assert notes[0] == "layer 'm0' (Mish): there is no function for the type"
    assert notes[-2:] == ("and 2 more", "`netcc compile NET -o FILE.netcc` takes every layer")


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    with netcc.Net(INPUT + dense("a", "data", "a"), netcc.TEST) as net, pytest.raises(OutputError):
        emit(net, tmp_path / "none" / "net.py")


def test_the_module_has_only_what_it_needs() -> None:
    assert [function.name for function in needed(["relu", "max_pooling"])] == [
        "relu",
        "pooled_size",
        "pooling_frame",
        "under_tap",
        "max_pooling",
    ]
    assert len(functions()) > 80


def test_every_type_of_the_zoo_has_a_function() -> None:
    texts = [path.read_text(encoding="utf-8") for path in ZOO.rglob("*.prototxt") if path.parent.name != "lenet"]
    types = {name for text in texts for name in re.findall(r'^  type: "(\w+)"', text, re.MULTILINE)}
    assert len(types) > 30
    computing = {name for name in types if not issubclass(layer_class(name), SourceLayer)}
    assert computing <= set(emitted_types())


def test_the_page_lists_the_types() -> None:
    text = (ZOO.parent / "docs" / "compiled.md").read_text(encoding="utf-8")
    listed = text.partition("Layers that have functions:")[2].partition(".")[0]
    assert sorted(listed.replace("\n", " ").strip().split(", ")) == emitted_types()
