"""`.caffemodel.h5` as written here: as real Caffe lays it out, shared parameters and gradients included."""

from pathlib import Path

import h5py
import numpy as np
import pytest
from helpers.hdf5_layout import layout
from helpers.nets import inner_product, input_layer

from netcc.errors import OutputError, WeightsError
from netcc.runtime.export import write_net
from netcc.runtime.net import Net
from netcc.types import TRAIN

GOLDEN = Path(__file__).parents[1] / "golden/solvers"
OWN = input_layer("data", 4, 3) + inner_product("a", "data", "x", 3, 'param { name: "w" }')
SHARED = OWN + inner_product("b", "x", "y", 3, 'param { name: "w" }')


def changing(net):
    """The net with other numbers in every parameter; returns them by layer."""
    for array in net.parameter_arrays().values():
        array += 1
    return {name: [blob.data.copy() for blob in blobs] for name, blobs in net.params.items()}


@pytest.fixture
def shared(tmp_path):
    """A saved net whose layers share weights but not bias, and its numbers."""
    net = Net(SHARED, TRAIN, seed=1)
    expected = changing(net)
    net.save(tmp_path / "net.caffemodel.h5")
    return tmp_path / "net.caffemodel.h5", expected


def test_a_parameter_that_layers_share_is_written_for_its_owner(shared):
    path, _ = shared
    with h5py.File(path) as file:
        assert {name: list(group) for name, group in file["data"].items()} == {"a": ["0", "1"], "b": ["1"], "data": []}


def test_a_net_that_shares_finds_all_again(shared):
    path, expected = shared
    net = Net(SHARED, TRAIN, path, seed=2)
    for name, arrays in expected.items():
        for blob, array in zip(net.params[name], arrays, strict=True):
            np.testing.assert_array_equal(blob.data, array)


def test_a_parameter_left_out_at_the_end_is_found_as_well(tmp_path):
    """Weights of their own, but the bias is the other layer's."""
    text = SHARED.replace('param { name: "w" }', 'param { } param { name: "b" }')
    net = Net(text, TRAIN, seed=1)
    expected = changing(net)
    net.save(tmp_path / "net.h5")
    found = Net(text, TRAIN, tmp_path / "net.h5", seed=2)
    np.testing.assert_array_equal(found.params["b"][0].data, expected["b"][0])
    np.testing.assert_array_equal(found.params["b"][1].data, expected["a"][1])


def test_a_net_that_does_not_share_misses_what_was_left_out(shared):
    path, _ = shared
    alone = SHARED.replace('param { name: "w" }', "")
    with pytest.raises(WeightsError) as error:
        Net(alone, TRAIN, path)
    message = "layer 'b', weights: not in the file, which leaves out shared parameters"
    assert error.value.message == f"{path}: {message}"


def test_both_forms_bring_the_same_numbers(tmp_path):
    net = Net(SHARED, TRAIN, seed=1)
    changing(net)
    for name in ("net.caffemodel", "net.caffemodel.h5"):
        net.save(tmp_path / name)
        other = Net(SHARED, TRAIN, tmp_path / name, seed=2)
        for one, two in zip(net.parameter_arrays().values(), other.parameter_arrays().values(), strict=True):
            np.testing.assert_array_equal(one, two)


def test_gradients_are_written_for_every_sharer(tmp_path):
    net = Net(SHARED, TRAIN, seed=1)
    for number, array in enumerate(net.parameter_diff_arrays().values()):
        array.fill(number)
    diffs = {node: [blob.diff for blob in net.params.get(node.name, ())] for node in net.graph.nodes}
    write_net(tmp_path / "net.h5", net.graph, net.node_arrays(), diffs)
    with h5py.File(tmp_path / "net.h5") as file:
        found = {name: [float(blob[()].max()) for blob in group.values()] for name, group in file["diff"].items()}
    assert found == {"a": [0, 1], "b": [0, 2], "data": []}


def test_doubles_stay_doubles(tmp_path):
    Net(OWN, TRAIN, seed=1, dtype=np.float64).save(tmp_path / "net.h5")
    assert layout(tmp_path / "net.h5")["data/a/0"][:3] == ("dataset", (3, 3), "<f8")


def test_layers_with_a_slash_in_their_name(tmp_path):
    net = Net(OWN.replace('"a"', '"conv1/7x7"'), TRAIN, seed=1)
    expected = changing(net)
    net.save(tmp_path / "net.h5")
    found = Net(OWN.replace('"a"', '"conv1/7x7"'), TRAIN, tmp_path / "net.h5", seed=2)
    np.testing.assert_array_equal(found.params["conv1/7x7"][0].data, expected["conv1/7x7"][0])


def test_a_name_that_hdf5_cannot_have(tmp_path):
    net = Net(OWN.replace('name: "a"', 'name: "."'), TRAIN, seed=1)
    with pytest.raises(OutputError) as error:
        net.save(tmp_path / "net.h5")
    assert error.value.message.startswith(f"cannot write {tmp_path / 'net.h5'}: ")
    assert list(tmp_path.iterdir()) == []
