"""Layers whose tops take their shape from the numbers in the bottoms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import pytest
from helpers.nets import inner_product, input_layer, layer

from netcc.layers import registry
from netcc.layers.base import Count, Layer, Needs, Operands, Signature
from netcc.runtime.net import Net
from netcc.schema import caffe_pb2
from netcc.types import TRAIN, Phase, Shape


@dataclass(frozen=True)
class Positive(Layer):
    """Keeps the rows of bottom 0 whose first number is positive."""

    dynamic = True
    tops = Count(1, 1)

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        return cls()

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        return Signature(tops=(bottoms[0],))

    def measure(self, operands: Operands) -> tuple[Shape, ...]:
        return ((int((operands.bottoms[0][:, 0] > 0).sum()), *operands.bottoms[0].shape[1:]),)

    def forward(self, operands: Operands) -> None:
        np.compress(operands.bottoms[0][:, 0] > 0, operands.bottoms[0], axis=0, out=operands.tops[0])

    def backward(self, operands: Operands) -> None:
        if operands.bottom_diffs[0] is not None:
            operands.bottom_diffs[0].fill(0)
            operands.bottom_diffs[0][operands.bottoms[0][:, 0] > 0] = operands.top_diffs[0]

    def needs(self) -> Needs:
        return Needs(bottoms=(0,))


@pytest.fixture(autouse=True)
def _registered() -> Iterator[None]:
    registry.layer_types()
    registry.register("PositiveForTest")(Positive)
    yield
    del registry._classes["PositiveForTest"]


NET = (
    "force_backward: true\n"
    + input_layer("x", 4, 3)
    + layer("t", "TanH", "x", "t")
    + layer("p", "PositiveForTest", "t", "p")
    + inner_product("ip", "p", "a", 2)
    + layer("s", "Sigmoid", "a", "s")
)
ROWS = np.array([[1, 2, 3], [-1, 5, 6], [2, -1, 0], [-3, 0, 0]], np.float32)


@pytest.mark.parametrize("keep_all", [True, False])
def test_the_net_follows_the_number_of_rows(keep_all: bool) -> None:
    net = Net(NET, TRAIN, seed=1, keep_all=keep_all)
    whole = Net(NET.replace("PositiveForTest", "ReLU").replace('"ReLU"', '"Flatten"'), TRAIN, seed=1)
    for rows in (ROWS, -ROWS, ROWS + 10, ROWS):
        kept = rows[rows[:, 0] > 0]
        found = net.forward(x=rows)["s"]
        assert found.shape == (len(kept), 2)
        np.testing.assert_allclose(found, whole.forward(x=kept)["s"], rtol=1e-6)


def test_gradients_go_back_through_the_rows_that_were_kept() -> None:
    net = Net(NET, TRAIN, seed=1)
    net.forward(x=ROWS)
    blob = net.blobs["x"]
    diff = net.backward(s=np.ones((2, 2)))["x"]
    assert diff.any(axis=1).tolist() == [True, False, True, False]
    assert blob.diff is not None
    np.testing.assert_array_equal(blob.diff, diff)
    assert net.params["ip"][0].diff.any()


def test_no_row_at_all() -> None:
    net = Net(NET, TRAIN, seed=1)
    assert net.forward(x=-np.abs(ROWS) - 1)["s"].shape == (0, 2)
