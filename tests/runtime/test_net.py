"""Net as users know it from pycaffe."""

from pathlib import Path

import numpy as np
import pytest
from helpers.nets import inner_product, input_layer, layer

from netcc.errors import NetccError, ShapeError, UsageError, WeightsError
from netcc.runtime.net import Net
from netcc.types import TEST, TRAIN

X = input_layer("x", 2, 3)
NET = X + inner_product("ip", "x", "a", 4) + layer("r", "ReLU", "a", "a") + layer("s", "Sigmoid", "a", "s")


def test_forward_returns_the_outputs_and_leaves_every_blob_readable() -> None:
    net = Net(NET, TEST, seed=0)
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    outputs = net.forward(x=x)
    weights, bias = (blob.data for blob in net.params["ip"])
    relu = np.maximum(x @ weights.T + bias, 0)
    np.testing.assert_allclose(net.blobs["a"].data, relu, rtol=1e-6)
    np.testing.assert_allclose(outputs["s"], 1 / (1 + np.exp(-relu)), rtol=1e-6)
    assert list(outputs) == net.outputs == ["s"]
    assert net.inputs == ["x"]
    assert list(net.blobs) == ["x", "a", "s"]


def test_blobs_and_parameters_are_live() -> None:
    net = Net(NET, TEST)
    net.blobs["x"].data[...] = 1
    net.params["ip"][0].data[...] = 0
    net.params["ip"][1].data[...] = [1, -1, 2, -2]
    net.forward()
    np.testing.assert_array_equal(net.blobs["a"].data, [[1, 0, 2, 0]] * 2)


def test_backward_adds_to_parameter_diffs_until_they_are_cleared() -> None:
    net = Net("force_backward: true\n" + NET, TRAIN, seed=1)
    net.forward(x=np.ones((2, 3)))
    diffs = net.backward(s=np.ones((2, 4)))
    once = net.params["ip"][1].diff.copy()
    assert once.any()
    assert diffs["x"].shape == (2, 3)
    net.backward(s=np.ones((2, 4)))
    np.testing.assert_allclose(net.params["ip"][1].diff, 2 * once)
    net.clear_param_diffs()
    assert not net.params["ip"][1].diff.any()


def test_parts_of_the_net_run_alone() -> None:
    net = Net("force_backward: true\n" + NET, TRAIN, seed=1)
    net.forward(x=np.ones((2, 3)))
    net.blobs["a"].data[...] = 0
    assert net.forward(start="s")["s"].tolist() == [[0.5] * 4] * 2
    assert list(net.forward(end="ip")) == ["a"]
    net.forward()
    full = net.backward(s=np.ones((2, 4)))["x"].copy()
    net.blobs["x"].diff[...] = 0
    net.blobs["s"].diff[...] = 1
    net.backward(end="s")
    net.backward(start="r", end="ip")
    np.testing.assert_array_equal(net.blobs["x"].diff, full)


def test_a_new_input_shape_makes_the_net_follow_and_keeps_what_users_hold() -> None:
    net = Net(NET, TEST, seed=3)
    blob, weights = net.blobs["x"], net.params["ip"][0]
    before = weights.data.copy()
    blob.reshape(5, 3)
    blob.data[...] = 2
    assert net.forward()["s"].shape == (5, 4)
    np.testing.assert_array_equal(weights.data, before)
    np.testing.assert_array_equal(blob.data, np.full((5, 3), 2))
    assert net.forward(x=np.zeros((1, 3)))["s"].shape == (1, 4)


def test_a_shape_that_changes_parameters_is_refused_and_the_net_lives_on() -> None:
    net = Net(NET, TEST, seed=3)
    expected = net.forward(x=np.ones((2, 3)))["s"].copy()
    with pytest.raises(ShapeError, match="layer 'ip', weights: these input shapes need 4 x 7, the net has 4 x 3"):
        net.forward(x=np.ones((2, 7)))
    net.blobs["x"].reshape(2, 3)
    np.testing.assert_array_equal(net.forward(x=np.ones((2, 3)))["s"], expected)


def test_names_that_do_not_exist_get_a_suggestion() -> None:
    net = Net(NET, TEST)
    with pytest.raises(UsageError, match=r"'xx' is not an input of the net\n  inputs: x\n  did you mean 'x'\?"):
        net.forward(xx=1)
    with pytest.raises(UsageError, match=r"the net has no layer 'ipp'\n  did you mean 'ip'\?"):
        net.forward(end="ipp")
    with pytest.raises(UsageError, match="'a' is not an output of the net"):
        net.backward(a=1)


def test_a_net_without_gradients_says_so() -> None:
    with pytest.raises(UsageError, match="made without gradients"):
        Net(NET, TEST, gradients=False).backward()


def test_diffs_given_to_a_net_that_reuses_memory_are_refused() -> None:
    net = Net("force_backward: true\n" + NET, TEST, keep_all=False)
    with pytest.raises(UsageError, match="make it with keep_diffs=True to give some to it"):
        net.backward(s=1)


def test_a_label_above_the_classes_names_layer_label_and_line() -> None:
    text = X + input_layer("y", 2) + "\n" + layer("loss", "SoftmaxWithLoss", "x y", "loss")
    net = Net(text, TRAIN)
    with pytest.raises(NetccError) as caught:
        net.forward(y=[0, 7])
    (fault,) = caught.value.diagnostics
    assert fault.message == "label 7 at (1,) is outside the 3 classes (0 to 2)"
    assert fault.notes[-1] == "in layer 'loss' (SoftmaxWithLoss)"
    assert fault.span is not None
    assert fault.span.line == 4


@pytest.mark.parametrize("rows", [2, 4096])
def test_numbers_that_overflow_make_no_noise(rows: int) -> None:
    net = Net(NET.replace("dim: 2", f"dim: {rows}"), TEST)
    net.params["ip"][0].data[...] = 3e38
    assert np.isinf(net.forward(x=np.full((rows, 3), 3e38))["s"]).sum() == 0
    assert np.isinf(net.blobs["a"].data).all()  # warnings are errors here: none was given


def test_one_seed_gives_the_same_parameters() -> None:
    first, again, other = (Net(NET, TRAIN, seed=seed).params["ip"][0].data for seed in (7, 7, 8))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_layers_of_one_name_share_parameters_with_another_net() -> None:
    train = Net(NET, TRAIN, seed=1)
    test = Net(NET, TEST, seed=2, share=train)
    train.params["ip"][0].data[...] = 5
    assert (test.params["ip"][0].data == 5).all()
    wider = X + inner_product("ip", "x", "a", 9)
    with pytest.raises(ShapeError, match="layer 'ip', weights: 9 x 3 here, 4 x 3 in the net it shares"):
        Net(wider, TEST, share=train)


def test_saving_and_loading_gives_the_same_bytes(tmp_path: Path) -> None:
    net = Net(NET, TRAIN, seed=1)
    net.save(tmp_path / "a.caffemodel")
    other = Net(NET, TEST, weights=tmp_path / "a.caffemodel", seed=2)
    assert other.params["ip"][0].data.tobytes() == net.params["ip"][0].data.tobytes()
    assert other.weights_report is not None
    assert (other.weights_report.loaded, other.weights_report.filled, other.weights_report.unused) == (["ip"], [], [])


def test_the_report_tells_loaded_filled_and_unused_layers(tmp_path: Path) -> None:
    path = tmp_path / "a.caffemodel"
    Net(NET + inner_product("old", "s", "o", 2), TRAIN).save(path)
    report = Net(NET + inner_product("new", "s", "n", 2), TRAIN).copy_from(path)
    assert (report.loaded, report.filled, report.unused) == (["ip"], ["new"], ["old"])


def test_weights_that_do_not_fit_name_every_layer_and_change_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.caffemodel"
    Net(NET + inner_product("two", "s", "o", 2), TRAIN, seed=1).save(path)
    wider = X + inner_product("ip", "x", "a", 9) + inner_product("two", "a", "o", 2, "") + layer("r", "ReLU", "o", "o")
    net = Net(wider, TRAIN, seed=2)
    before = [array.copy() for array in net.parameter_arrays().values()]
    with pytest.raises(WeightsError) as caught:
        net.copy_from(path)
    assert [fault.message for fault in caught.value.diagnostics] == [
        f"{path}: layer 'ip', weights: 4 x 3 in the file, 9 x 3 in the net",
        f"{path}: layer 'ip', bias: 4 in the file, 9 in the net",
        f"{path}: layer 'two', weights: 2 x 4 in the file, 2 x 9 in the net",
    ]
    for array, old in zip(net.parameter_arrays().values(), before, strict=True):
        np.testing.assert_array_equal(array, old)


def test_repr_shows_what_matters() -> None:
    net = Net('name: "tiny"\n' + NET, TEST)
    assert repr(net) == str(net)
    assert str(net).splitlines()[0] == "tiny, TEST: 4 layers"
    assert str(net).splitlines()[5] == "ip     InnerProduct  a 2x4  weights 4x3     12    24    32 B"
    assert net._repr_html_().startswith("<p>tiny, TEST: 4 layers</p><table>")
    assert repr(net.blobs["x"]) == "Blob(blob 'x', 2 x 3)"
    assert (net.blobs["x"].num, net.blobs["x"].channels, net.blobs["x"].height) == (2, 3, 1)
