"""`caffe.Net` under the names and with the manners of pycaffe."""

from __future__ import annotations

import gc
import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from helpers.nets import inner_product, input_layer, layer

from netcc.errors import NetccError, ShapeError, UsageError, WeightsError
from netcc.pycaffe.net import Net

X = input_layer("x", 2, 3)
FANNED = X + inner_product("ip", "x", "a", 4) + layer("s", "Sigmoid", "a", "s") + layer("t", "TanH", "a", "t")
LOSS = (
    "force_backward: true\n"
    + X
    + input_layer("y", 2)
    + inner_product("ip", "x", "a", 4)
    + layer("r", "ReLU", "a", "a")
    + layer("loss", "SoftmaxWithLoss", "a y", "loss")
)
ONES = np.ones((2, 3))


@pytest.fixture
def fanned(caffe: ModuleType, write: Callable[[str, str], str]) -> Any:
    return caffe.Net(write("fanned.prototxt", "force_backward: true\n" + FANNED), caffe.TEST)


@pytest.fixture
def loss(caffe: ModuleType, write: Callable[[str, str], str]) -> Any:
    return caffe.Net(write("loss.prototxt", LOSS), caffe.TRAIN)


def test_layers_and_blobs_have_the_names_and_numbers_of_caffe(fanned: Any) -> None:
    assert fanned._layer_names == ["x", "ip", "a_ip_0_split", "s", "t"]
    assert fanned._blob_names == ["x", "a", "a_ip_0_split_0", "a_ip_0_split_1", "s", "t"]
    assert [layer.type for layer in fanned.layers] == ["Input", "InnerProduct", "Split", "Sigmoid", "TanH"]
    assert list(fanned.blobs) == fanned._blob_names
    assert (fanned.inputs, fanned.outputs, fanned._inputs, fanned._outputs) == (["x"], ["s", "t"], [0], [4, 5])
    assert fanned.top_names["a_ip_0_split"] == ["a_ip_0_split_0", "a_ip_0_split_1"]
    assert fanned.bottom_names == {
        "x": [], "ip": ["x"], "a_ip_0_split": ["a"], "s": ["a_ip_0_split_0"], "t": ["a_ip_0_split_1"],
    }  # fmt: skip
    assert (fanned._bottom_ids(4), fanned._top_ids(4), fanned._top_ids(2)) == ([3], [5], [2, 3])
    assert list(fanned.layer_dict) == fanned._layer_names
    assert len(fanned.layer_dict["ip"].blobs) == 2
    assert len(fanned._blobs) == 6


def test_a_net_shows_itself(fanned: Any) -> None:
    assert repr(fanned) == "Net('', TEST, 5 layers, 16 parameters)"
    assert fanned._repr_html_().startswith("<p>(no name), TEST: 4 layers</p><table>")


def test_a_split_blob_is_the_memory_of_its_blob(fanned: Any) -> None:
    fanned.blobs["a"].data[...] = 3
    assert np.all(fanned.blobs["a_ip_0_split_1"].data == 3)
    assert fanned.blobs["a_ip_0_split_1"].shape == (2, 4)
    fanned.forward(start="a_ip_0_split")
    np.testing.assert_allclose(fanned.blobs["t"].data, np.tanh(3), rtol=1e-6)


def test_a_blob_written_in_place_has_one_number(loss: Any) -> None:
    assert loss._blob_names == ["x", "y", "a", "loss"]
    assert loss._top_ids(3) == loss._bottom_ids(3) == [2]
    assert loss.outputs == ["loss"]
    assert loss.blob_loss_weights == {"x": 0, "y": 0, "a": 0, "loss": 1}


def test_a_loss_without_a_name_is_no_output(caffe: ModuleType, write: Callable[[str, str], str]) -> None:
    net = caffe.Net(write("net.prototxt", LOSS.replace('top: "loss"', "")), caffe.TRAIN)
    assert net._blob_names == ["x", "y", "a", "(automatic)"]
    assert net.outputs == []
    assert net._forward(0, 4) == pytest.approx(float(net.blobs["(automatic)"].data))


def test_both_constructors_load_the_same_weights(
    loss: Any, caffe: ModuleType, tmp_path: Path, write: Callable[[str, str], str]
) -> None:
    weights, net = str(tmp_path / "w.caffemodel"), write("net.prototxt", LOSS)
    loss.save(weights)
    named = caffe.Net(net, caffe.TEST, weights=weights)
    legacy = caffe.Net(net, weights, caffe.TEST)
    for other in (named, legacy):
        assert other.params["ip"][0].data.tobytes() == loss.params["ip"][0].data.tobytes()
    with pytest.raises(UsageError, match=r"the phase is missing\n  Net\(file, phase, weights=...\)"):
        caffe.Net(net, weights)
    with pytest.raises(UsageError, match=r"there is no phase 7\n  caffe.TRAIN is 0, caffe.TEST is 1"):
        caffe.Net(net, 7)


def test_levels_and_stages_choose_layers(caffe: ModuleType, write: Callable[[str, str], str]) -> None:
    rules = {"low": "max_level: 0", "high": "min_level: 1", "deploy": 'stage: "deploy"'}
    text = X + "".join(layer(name, "TanH", "x", name, f"include {{ {rule} }}") for name, rule in rules.items())
    path = write("net.prototxt", text)
    assert caffe.Net(path, caffe.TEST).outputs == ["low"]
    assert caffe.Net(path, caffe.TEST, level=1).outputs == ["high"]
    assert caffe.Net(path, caffe.TEST, 0, ["deploy"]).outputs == ["deploy", "low"]


def test_files_that_are_not_there_are_named(caffe: ModuleType, write: Callable[[str, str], str]) -> None:
    with pytest.raises(NetccError, match=r"missing\.prototxt"):
        caffe.Net("missing.prototxt", caffe.TEST)
    with pytest.raises(WeightsError, match=r"cannot read missing\.caffemodel: there is no such file"):
        caffe.Net(write("net.prototxt", LOSS), caffe.TEST, weights="missing.caffemodel")


def test_views_are_live(fanned: Any) -> None:
    fanned.blobs["x"].data[...] = 1
    fanned.params["ip"][0].data[...] = 0
    fanned.params["ip"][1].data[...] = [0, 1, 2, 3]
    outputs = fanned.forward()
    np.testing.assert_allclose(outputs["t"], np.tanh([[0, 1, 2, 3]] * 2), rtol=1e-6)
    assert np.shares_memory(outputs["t"], fanned.blobs["t"].data)
    fanned.params["ip"][1].diff[...] = 5
    fanned.blobs["t"].diff[...] = 0
    fanned.blobs["s"].diff[...] = 4
    fanned.backward()
    np.testing.assert_allclose(fanned.params["ip"][1].diff[0], 5 + 2 * 4 * 0.25, rtol=1e-6)


def test_blobs_outlive_their_net(loss: Any, caffe: ModuleType, write: Callable[[str, str], str]) -> None:
    net = caffe.Net(write("net.prototxt", LOSS), caffe.TRAIN)
    weights, blob = net.params["ip"][0], net.blobs["a"]
    weights.data[...] = 2
    del net
    gc.collect()
    assert weights.data.sum() == 24
    assert blob.diff.shape == (2, 4)


def test_forward_returns_what_is_asked_for(fanned: Any) -> None:
    assert list(fanned.forward(blobs=["a", "x"], x=ONES)) == ["s", "t", "a", "x"]
    assert list(fanned.forward(["x"], end="ip")) == ["a", "x"]
    fanned.blobs["a"].data[...] = 0
    assert np.all(fanned.forward(start="s", end="s")["s"] == 0.5)


def test_backward_returns_what_is_asked_for(loss: Any) -> None:
    loss.forward(x=ONES, y=np.zeros(2))
    assert list(loss.backward()) == ["x", "y"]
    assert list(loss.backward(diffs=["a"], end="r")) == ["a"]
    once = loss.params["ip"][0].diff.copy()
    loss.backward(start="r")
    np.testing.assert_allclose(loss.params["ip"][0].diff, 2 * once, rtol=1e-5)
    loss.clear_param_diffs()
    loss.backward(loss=np.array(3.0))
    np.testing.assert_allclose(loss.params["ip"][0].diff, 3 * once, rtol=1e-5)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"z": ONES}, "'z' is not an input of the net\n  inputs: x, y"),
        ({"x": ONES}, "nothing is given for the input 'y'\n  inputs: x, y\n  give all of them or none"),
        ({"x": np.ones((3, 3)), "y": [0, 1]}, "input 'x' is 3 x 3, but the blob is 2 x 3"),
        ({"x": np.ones((2, 4)), "y": [0, 1]}, "input 'x' is 2 x 4, but the blob is 2 x 3"),
        ({"x": 5, "y": [0, 1]}, "input 'x' is scalar, but the blob is 2 x 3"),
        ({"x": [["a"] * 3] * 2, "y": [0, 1]}, "input 'x': values of type <U1 are no numbers that a blob can hold"),
        ({"x": [[1, 2], [1]], "y": [0, 1]}, "input 'x': the rows have different lengths"),
    ],
)
def test_inputs_that_do_not_fit_are_named_and_the_net_lives_on(loss: Any, inputs: Any, message: str) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        loss.forward(**inputs)
    assert loss.forward(x=ONES, y=[0, 1])["loss"] > 0


def test_names_that_do_not_exist_get_a_suggestion(fanned: Any) -> None:
    with pytest.raises(UsageError, match=r"the net has no layer 'ipp'\n  did you mean 'ip'\?"):
        fanned.forward(end="ipp")
    with pytest.raises(UsageError, match="the net has no blob 'b'"):
        fanned.forward(blobs=["b"])
    with pytest.raises(UsageError, match="nothing is given for the output 't'"):
        fanned.backward(s=np.ones((2, 4)))
    with pytest.raises(UsageError, match="layers 3 to 9 are asked for; the net has 0 to 4"):
        fanned._forward(3, 9)


def test_a_new_shape_is_followed_at_reshape_and_at_forward(fanned: Any) -> None:
    kept = fanned.params["ip"][0].data.copy()
    fanned.blobs["x"].reshape(5, 3)
    fanned.reshape()
    assert (fanned.blobs["t"].shape, fanned.blobs["a_ip_0_split_0"].data.shape) == ((5, 4), (5, 4))
    fanned.blobs["x"].reshape(1, 3)
    assert fanned.forward(x=np.ones((1, 3)))["s"].shape == (1, 4)
    np.testing.assert_array_equal(fanned.params["ip"][0].data, kept)
    assert fanned.blobs["x"].num == 1


@pytest.mark.parametrize("rows", [1, 2, 4, 5])
def test_forward_all_takes_any_number_of_rows(fanned: Any, rows: int) -> None:
    x = np.random.default_rng(rows).normal(size=(rows, 3)).astype(np.float32)
    outputs = fanned.forward_all(blobs=["a"], x=x)
    weights, bias = (blob.data for blob in fanned.params["ip"])
    np.testing.assert_allclose(outputs["a"], x @ weights.T + bias, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(outputs["t"], np.tanh(outputs["a"]), rtol=1e-5)
    assert outputs["s"].shape == (rows, 4)


def test_forward_backward_all_gives_the_diffs_of_every_row(fanned: Any) -> None:
    x = np.random.default_rng(0).normal(size=(5, 3))
    diff = np.ones((5, 4))
    outputs, diffs = fanned.forward_backward_all(diffs=["a"], x=x, s=diff, t=diff)
    expected = outputs["s"] * (1 - outputs["s"]) + 1 - outputs["t"] ** 2
    np.testing.assert_allclose(diffs["a"], expected, rtol=1e-4)
    np.testing.assert_allclose(diffs["x"], expected @ fanned.params["ip"][0].data, rtol=1e-4, atol=1e-6)


def test_rows_that_do_not_go_together_are_refused(loss: Any) -> None:
    with pytest.raises(UsageError, match="all arrays need equally many rows, at least one; given: x 3, y 2"):
        loss.forward_all(x=np.ones((3, 3)), y=np.zeros(2))
    with pytest.raises(UsageError, match="no rows are given\n  inputs: x, y"):
        loss.forward_all()
    losses = loss.forward_all(x=np.ones((4, 3)), y=np.zeros(4))["loss"]
    assert losses.shape == (2,)  # one of each batch


def test_hooks_hear_of_every_layer_in_order(fanned: Any) -> None:
    heard: list[tuple[str, int]] = []
    for moment in ("before_forward", "after_forward", "before_backward", "after_backward"):
        getattr(fanned, moment)(lambda number, moment=moment: heard.append((moment, number)))
    fanned.forward(x=ONES)
    assert heard == [(f"{when}_forward", number) for number in range(5) for when in ("before", "after")]
    heard.clear()
    fanned.backward(start="a_ip_0_split", end="ip")
    assert heard == [(f"{when}_backward", number) for number in (2, 1) for when in ("before", "after")]


def test_hooks_change_no_numbers(fanned: Any, caffe: ModuleType, tmp_path: Path) -> None:
    heard: list[int] = []
    path = tmp_path / "fanned.prototxt"
    hooked = caffe.Net(str(path), caffe.TEST)
    hooked.share_with(fanned)
    for add in (hooked.before_forward, hooked.after_backward):
        add(heard.append)
    for net in (fanned, hooked):
        net.forward(x=ONES)
        net.backward(s=np.ones((2, 4)), t=np.full((2, 4), 2.0))
    assert len(heard) == 10
    np.testing.assert_array_equal(hooked.blobs["x"].diff, fanned.blobs["x"].diff)
    np.testing.assert_array_equal(hooked.params["ip"][0].diff, fanned.params["ip"][0].diff)
    assert fanned.params["ip"][0].diff.any()


def test_a_hook_may_write_into_a_blob(fanned: Any) -> None:
    def clear(number: int) -> None:
        if fanned._layer_names[number] == "ip":
            fanned.blobs["a"].data[...] = 0

    fanned.after_forward(clear)
    assert np.all(fanned.forward(x=ONES)["s"] == 0.5)


def test_nets_that_share_have_one_memory_and_two_gradients(fanned: Any, caffe: ModuleType, tmp_path: Path) -> None:
    other = caffe.Net(str(tmp_path / "fanned.prototxt"), caffe.TEST)
    held = other.params["ip"][0]
    other.forward(x=ONES)
    kept = other.blobs["t"].data.copy()
    other.share_with(fanned)
    np.testing.assert_array_equal(other.blobs["t"].data, kept)
    fanned.params["ip"][0].data[...] = 7
    assert np.all(held.data == 7)
    fanned.params["ip"][0].diff[...] = 1
    assert not held.diff.any()


def test_nets_that_do_not_fit_share_nothing(fanned: Any, caffe: ModuleType, write: Callable[[str, str], str]) -> None:
    other = caffe.Net(write("wide.prototxt", X + inner_product("ip", "x", "a", 9)), caffe.TEST)
    with pytest.raises(ShapeError, match=r"layer 'ip', weights: 9 x 3 here, 4 x 3 in the net it shares"):
        other.share_with(fanned)
    with pytest.raises(UsageError, match="a net shares with another net, not with str"):
        other.share_with("weights.caffemodel")
    assert other.forward(x=ONES)["a"].shape == (2, 9)


@pytest.mark.parametrize("name", ["weights.h5", "weights"])
def test_hdf5_weights_go_out_and_in(loss: Any, caffe: ModuleType, tmp_path: Path, name: str) -> None:
    loss.save_hdf5(str(tmp_path / name))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["loss.prototxt", name]
    other = caffe.Net(str(tmp_path / "loss.prototxt"), caffe.TEST)
    other.load_hdf5(str(tmp_path / name))
    np.testing.assert_array_equal(other.params["ip"][0].data, loss.params["ip"][0].data)


def test_memory_data_reads_the_arrays_that_are_set(caffe: ModuleType, write: Callable[[str, str], str]) -> None:
    memory = "memory_data_param { batch_size: 2 channels: 1 height: 1 width: 3 }"
    net = caffe.Net(write("net.prototxt", layer("m", "MemoryData", "", "x y", memory)), caffe.TEST)
    data = np.arange(12, dtype=np.float32).reshape(4, 1, 1, 3)
    net.set_input_arrays(data, np.arange(4, dtype=np.float32))
    for rows in (slice(0, 2), slice(2, 4), slice(0, 2)):
        outputs = net.forward()
        np.testing.assert_array_equal(outputs["x"], data[rows])
        np.testing.assert_array_equal(outputs["y"], np.arange(4)[rows])


def test_one_seed_makes_a_script_repeatable(
    caffe: ModuleType, tmp_path: Path, write: Callable[[str, str], str]
) -> None:
    path = write("net.prototxt", LOSS)

    def two() -> list[bytes]:
        caffe.set_random_seed(3)
        return [caffe.Net(path, caffe.TRAIN).params["ip"][0].data.tobytes() for _ in range(2)]

    first, second = two()
    assert first != second
    assert two() == [first, second]


def test_the_view_says_what_the_net_is(loss: Any) -> None:
    assert repr(loss) == "Net('', TRAIN, 5 layers, 16 parameters)"
    assert isinstance(loss, Net)
