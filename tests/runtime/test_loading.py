"""Weights that do not quite fit a net: what is refused, passed over or reshaped, and what the report says of it."""

import numpy as np
import pytest
from helpers.nets import inner_product, input_layer

from netcc.errors import UsageError, WeightsError
from netcc.runtime.net import Net
from netcc.types import TRAIN

OLD = input_layer("data", 2, 6) + inner_product("ip", "data", "x", 4) + inner_product("fc8", "x", "y", 3)
NEW = OLD.replace("num_output: 3", "num_output: 5")


@pytest.fixture
def old(tmp_path):
    net = Net(OLD, TRAIN, seed=1)
    net.save(tmp_path / "old.caffemodel")
    return net, tmp_path / "old.caffemodel"


def arrays(net, layer):
    return [blob.data.copy() for blob in net.params[layer]]


def test_other_shapes_are_an_error_by_default(old):
    _, path = old
    with pytest.raises(WeightsError) as error:
        Net(NEW, TRAIN, path)
    assert [fault.message for fault in error.value.diagnostics] == [
        f"{path}: layer 'fc8', weights: 3 x 4 in the file, 5 x 4 in the net",
        f"{path}: layer 'fc8', bias: 3 in the file, 5 in the net",
    ]


def test_skip_leaves_the_layer_as_it_is(old):
    net, path = old
    new = Net(NEW, TRAIN, seed=2)
    before = arrays(new, "fc8")
    report = new.copy_from(path, "skip")
    for found, expected in zip(arrays(new, "ip"), arrays(net, "ip"), strict=True):
        np.testing.assert_array_equal(found, expected)
    for found, expected in zip(arrays(new, "fc8"), before, strict=True):
        np.testing.assert_array_equal(found, expected)
    assert report.loaded == ["ip"]
    assert report.lines() == [
        f"{path}: 1 layer loaded",
        "  skipped: layer 'fc8', weights: 3 x 4 in the file, 5 x 4 in the net; layer 'fc8', bias: 3 in the file, "
        "5 in the net",
    ]


def test_skip_passes_over_another_number_of_blobs(old):
    _, path = old
    report = Net(OLD.replace("num_output: 3", "num_output: 3 bias_term: false"), TRAIN).copy_from(path, "skip")
    assert report.skipped == {"fc8": "layer 'fc8' has 2 blobs in the file, the net has 1"}


def test_reshape_takes_as_many_numbers_in_their_order(old):
    net, path = old
    turned = Net(OLD.replace("num_output: 4", "num_output: 4 transpose: true"), TRAIN, path, seed=2, mismatch="reshape")
    weights, bias = arrays(net, "ip")
    np.testing.assert_array_equal(turned.params["ip"][0].data, weights.reshape(6, 4))
    np.testing.assert_array_equal(turned.params["ip"][1].data, bias)
    assert turned.weights_report.loaded == ["ip", "fc8"]
    assert turned.weights_report.lines() == [f"{path}: 2 layers loaded", "  reshaped: ip"]


def test_reshape_refuses_another_number_of_numbers_and_changes_nothing(old):
    _, path = old
    new = Net(NEW.replace("num_output: 4", "num_output: 4 transpose: true"), TRAIN, seed=2)
    before = arrays(new, "ip")
    with pytest.raises(WeightsError) as error:
        new.copy_from(path, "reshape")
    assert "layer 'fc8', weights: 3 x 4 in the file, 5 x 4 in the net" in error.value.message
    np.testing.assert_array_equal(arrays(new, "ip")[0], before[0])


def test_a_layer_of_another_name_is_left_as_it_is_and_guessed_at(old):
    _, path = old
    report = Net(OLD.replace('"fc8"', '"fc8_flickr"'), TRAIN).copy_from(path)
    assert (report.filled, report.unused, report.suggestions) == (["fc8_flickr"], ["fc8"], {"fc8_flickr": "fc8"})
    assert report.lines() == [
        f"{path}: 1 layer loaded",
        "  not in the file, left as they are: fc8_flickr",
        "  not in the net, unused: fc8",
        "  is 'fc8' of the file 'fc8_flickr' of the net?",
    ]


def test_names_that_are_nothing_alike_are_not_guessed_at(old):
    _, path = old
    assert Net(OLD.replace('"fc8"', '"score"'), TRAIN).copy_from(path).suggestions == {}


def test_long_lists_are_cut(tmp_path):
    many = "".join(inner_product(f"layer{index}", "data", f"x{index}", 1) for index in range(12))
    Net(input_layer("data", 1, 1) + many, TRAIN, seed=1).save(tmp_path / "many")
    net = Net(input_layer("data", 1, 1) + inner_product("a", "data", "x", 1), TRAIN)
    report = net.copy_from(tmp_path / "many", "skip")
    assert report.lines()[-1] == "  not in the net, unused: " + ", ".join(
        [*(f"layer{index}" for index in range(7)), "layer7 and 4 more"]
    )


def test_an_unknown_way_of_loading(old):
    _, path = old
    with pytest.raises(UsageError) as error:
        Net(OLD, TRAIN, path, mismatch="ignore")
    assert error.value.message == "mismatch is 'ignore'; expected one of: error, skip, reshape"
