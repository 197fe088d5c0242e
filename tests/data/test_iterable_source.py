"""Iterables in place of data layers' own sources: rows and batches, ends, positions, and what is refused."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
from google.protobuf import text_format

from netcc.data.iterable import IterableSource
from netcc.errors import DataError, UsageError
from netcc.runtime.net import Net
from netcc.schema import caffe_pb2
from netcc.solver.solver import Solver
from netcc.types import TEST, TRAIN, Array

DATA = 'name: "d" type: "Data" top: "x" top: "y" data_param { batch_size: 4 } transform_param { scale: 0.5 }'
INPUT = 'name: "d" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } }'
ROWS = 'name: "d" type: "HDF5Data" top: "x" top: "y" hdf5_data_param { batch_size: 4 }'
NET = (
    f"layer {{ {DATA} }}"
    + """
layer { name: "ip" type: "InnerProduct" bottom: "x" top: "ip" inner_product_param { num_output: 10 } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "y" top: "loss" }
"""
)


def given(items: Iterable[Any], layer: str = DATA) -> IterableSource:
    message = text_format.Parse(layer, caffe_pb2.LayerParameter())
    return IterableSource(items, message, TRAIN, np.random.default_rng(0), None)


def batch(source: IterableSource, tops: int = 2) -> list[Array]:
    arrays = [np.full(shape, np.nan, np.float32) for shape in source.shapes(tops)]
    source.read(arrays)
    return arrays


def labels_of(source: IterableSource) -> list[float]:
    return batch(source)[1].tolist()


def rows(count: int = 6) -> list[tuple[Array, int]]:
    return [(np.full((1, 2, 3), 2 * index, np.uint8), index) for index in range(count)]


def test_rows_become_batches() -> None:
    source = given(rows())
    assert source.shapes(2) == ((4, 1, 2, 3), (4,))
    data, labels = batch(source)
    assert data[:, 0, 1, 2].tolist() == labels.tolist() == [0, 1, 2, 3]
    assert [labels_of(source) for _ in range(2)] == [[4, 5, 0, 1], [2, 3, 4, 5]]


@pytest.mark.parametrize("sizes", [[4], [1, 2, 3], [7], [3, 0, 2, 9]])
def test_batches_of_any_size_are_cut_anew(sizes: list[int]) -> None:
    begins = np.cumsum([0, *sizes])
    items = [(np.zeros((n, 1, 2, 3)), np.arange(begin, begin + n)) for begin, n in zip(begins, sizes, strict=False)]
    source = given(items)
    total = sum(sizes)
    read = [label for _ in range(5) for label in labels_of(source)]
    assert read == [index % total for index in range(20)]


def test_rows_of_random_sizes() -> None:
    layer = DATA.replace("batch_size: 4", "batch_size: 1")
    sized = layer.replace("scale: 0.5", "random_resize_param { min_size: 4 max_size: 40 }")
    source = given(rows(), sized)
    shapes = [batch(source)[0].shape for _ in range(8)]
    assert len(set(shapes)) > 4
    source.restore({"epoch": 0, "item": 2, "row": 0})
    assert labels_of(source) == [2]


def test_dicts() -> None:
    source = given([{"y": label, "x": image, "more": 0} for image, label in rows()])
    assert labels_of(source) == [0, 1, 2, 3]


def test_an_array_for_one_top() -> None:
    source = given([np.arange(3), np.ones((3, 3))], INPUT)
    assert [batch(source, 1)[0].tolist() for _ in range(2)] == [[[0, 1, 2], [1, 1, 1]], [[1, 1, 1], [1, 1, 1]]]


def test_without_axes_a_number_makes_a_row() -> None:
    assert given([(np.zeros((2, 3)), 1)], ROWS).shapes(2) == ((4, 2, 3), (4,))
    assert given([(np.zeros((2, 3)), np.zeros(2))], ROWS).shapes(2) == ((4, 3), (4,))


def test_a_layer_without_a_size_takes_that_of_the_first_item() -> None:
    layer = 'name: "d" type: "VideoData" top: "x" top: "y"'
    assert given([(np.zeros((7, 3, 2, 2)), np.zeros(7))], layer).shapes(2) == ((7, 3, 2, 2), (7,))


def test_a_generator_ends() -> None:
    source = given(row for row in rows(5))
    labels_of(source)
    with pytest.raises(DataError) as caught:
        labels_of(source)
    assert str(caught.value) == (
        "error: the data given for layer 'd': the iterator came to its end after 5 items\n"
        "  give a list, or an object whose __iter__ begins anew"
    )


@pytest.mark.parametrize("items", [[], [(np.zeros((0, 1, 2, 3)), np.zeros(0))]])
def test_nothing_at_all(items: list) -> None:
    with pytest.raises(DataError, match="the iterable gives nothing"):
        labels_of(given(items))


def test_a_position_leads_back() -> None:
    items = [(np.zeros((3, 1, 2, 3)), np.arange(begin, begin + 3)) for begin in (0, 3, 6)]
    source = given(items)
    for _ in range(5):
        position = source.position()
        expected = labels_of(source)
        other = given(items)
        labels_of(other)
        other.restore(position)
        assert labels_of(other) == expected
    with pytest.raises(DataError, match="there is no item 7"):
        source.restore({"epoch": 0, "item": 7, "row": 0})
    with pytest.raises(DataError, match="item 1 has no row 5"):
        source.restore({"epoch": 0, "item": 1, "row": 5})


def test_a_generator_only_goes_forward() -> None:
    source = given(row for row in rows())
    source.restore({"epoch": 0, "item": 2, "row": 0})
    assert labels_of(source) == [2, 3, 4, 5]
    with pytest.raises(DataError, match="the iterator cannot go back"):
        source.restore({"epoch": 0, "item": 0, "row": 0})


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ((1, 2, 3), "item 0 is 3 arrays\n  expected a tuple of x, y"),
        (5, "item 0 is int\n  expected a tuple of x, y"),
        ({"x": 1}, "item 0 has nothing for 'y'\n  it has x"),
        ((np.zeros((1, 2, 3)), "cat"), "item 0 has <U3 for 'y'\n  expected an array of numbers"),
        (
            (np.zeros((2, 3)), 1),
            "item 0 has an array of 2 x 3 for 'x'\n  expected 3 axes for a row, 4 for several",
        ),
        (
            (np.zeros((2, 1, 2, 3)), np.zeros(3)),
            "the arrays of item 0 have different numbers of rows\n  found x 2 x 1 x 2 x 3, y 3",
        ),
    ],
)
def test_items_that_make_no_sense(item: Any, message: str) -> None:
    with pytest.raises(DataError) as caught:
        labels_of(given([item]))
    assert str(caught.value) == f"error: the data given for layer 'd': {message}"


def test_rows_of_another_shape() -> None:
    with pytest.raises(DataError) as caught:
        labels_of(given([*rows(1), (np.zeros((1, 9, 3)), 0)]))
    assert caught.value.message == "the data given for layer 'd': item 1 has rows of 1 x 9 x 3 for 'x'"
    with pytest.raises(DataError, match=r"item 1 has rows of 2 for 'y'"):
        labels_of(given([(np.zeros((1, 3)), [0]), (np.zeros((1, 3)), [[0, 1]])], ROWS))


def test_what_the_iterable_raises_is_passed_on() -> None:
    def broken() -> Any:
        yield rows()[0]
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        labels_of(given(broken()))


def test_a_net() -> None:
    with Net(NET, TEST, sources={"d": rows()}) as net:
        net.forward()
        assert net.blobs["y"].data.tolist() == [0, 1, 2, 3]
        assert net.blobs["x"].data[3].tolist() == [[[3, 3, 3], [3, 3, 3]]]


def test_an_input_layer_of_a_net() -> None:
    text = f'layer {{ {INPUT} }} layer {{ name: "r" type: "ReLU" bottom: "x" top: "r" }}'
    with Net(text, TEST, sources={"d": [[1, -1, 2]]}) as net:
        assert net.forward()["r"].tolist() == [[1, 0, 2], [1, 0, 2]]


def test_a_layer_that_the_net_lacks() -> None:
    with pytest.raises(UsageError) as caught:
        Net(NET, TEST, sources={"dd": rows()})
    assert str(caught.value) == (
        "error: data are given for 'dd', which is no data or input layer of the net\n  these are: d\n"
        "  did you mean 'd'?"
    )


def test_a_solver_trains_and_tests() -> None:
    fields = 'base_lr: 0.1 lr_policy: "fixed" test_iter: 1 test_interval: 1 max_iter: 5 random_seed: 1'
    tests = [(np.ones((4, 1, 2, 3)), [0, 0, 0, 1])]
    solver = Solver(
        f"{fields} snapshot_after_train: false",
        NET,
        sources={"d": [(image, label % 2) for image, label in rows()]},
        test_sources={"d": tests},
    )
    with solver:
        solver.solve()
        assert solver.iter == 5
        assert solver.test_nets[0].blobs["y"].data.tolist() == [0, 0, 0, 1]
        assert solver.net.blobs["y"].data.tolist() == [0, 1, 0, 1]
