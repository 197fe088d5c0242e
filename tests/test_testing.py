"""The checks of `netcc.testing` catch layers that break the contract, each in its own way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import pytest

from netcc.layers.base import Buffer, Layer, Needs, Operands, Signature, same_shape
from netcc.schema import caffe_pb2
from netcc.testing import check_layer, make_layer, run_layer
from netcc.types import TEST, Phase, Shape


@dataclass(frozen=True)
class Square(Layer):
    """y = x^2, right in every way."""

    type = "Square"

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        return cls()

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        return same_shape(bottoms, scratch=(Buffer(bottoms[0]),))

    def needs(self) -> Needs:
        return Needs(bottoms=(0,))

    def forward(self, operands: Operands) -> None:
        np.square(operands.bottoms[0], out=operands.tops[0])

    def backward(self, operands: Operands) -> None:
        if operands.bottom_diffs[0] is not None:
            np.multiply(operands.bottoms[0], 2, out=operands.scratch[0])
            np.multiply(operands.scratch[0], operands.top_diffs[0], out=operands.bottom_diffs[0])


def test_a_right_layer_passes() -> None:
    check_layer(Square(), [(3, 4)])


class LeavesAHole(Square):
    def forward(self, operands: Operands) -> None:
        operands.tops[0][1:] = operands.bottoms[0][1:] ** 2


class WrongGradient(Square):
    def backward(self, operands: Operands) -> None:
        super().backward(operands)
        for diff in operands.bottom_diffs:
            if diff is not None:
                diff *= 1.001


class AddsToItsDiff(Square):
    def backward(self, operands: Operands) -> None:
        operands.bottom_diffs[0][...] += operands.bottoms[0] * 2 * operands.top_diffs[0]  # type: ignore[index]


class HidesWhatItNeeds(Square):
    def needs(self) -> Needs:
        return Needs()


class ChangesItsInput(Square):
    def forward(self, operands: Operands) -> None:
        operands.bottoms[0][...] += 1
        super().forward(operands)


class ChangesTheTopDiff(Square):
    def backward(self, operands: Operands) -> None:
        super().backward(operands)
        operands.top_diffs[0][...] = 0


class ReadsOldScratch(Square):
    def forward(self, operands: Operands) -> None:
        super().forward(operands)
        np.multiply(operands.bottoms[0], 2, out=operands.scratch[0])

    def backward(self, operands: Operands) -> None:
        np.multiply(operands.scratch[0], operands.top_diffs[0], out=operands.bottom_diffs[0])


class WrongInPlace(Square):
    in_place = True

    def needs(self) -> Needs:
        return Needs(tops=(0,))

    def forward(self, operands: Operands) -> None:
        x, y = operands.bottoms[0], operands.tops[0]
        np.add(x, 1, out=y)
        np.add(x, y, out=y)

    def backward(self, operands: Operands) -> None:
        np.multiply(operands.top_diffs[0], 2, out=operands.bottom_diffs[0])


class LosesPrecision(Square):
    def forward(self, operands: Operands) -> None:
        super().forward(operands)
        if operands.tops[0].dtype == np.float32:
            operands.tops[0][...] = operands.tops[0].astype(np.float16)


class LosesItsTop(Square):
    """Flattens channels-last arrays, which copies them."""

    any_layout = True

    def forward(self, operands: Operands) -> None:
        np.square(operands.bottoms[0].reshape(-1), out=operands.tops[0].reshape(-1))


class LosesItsDiff(Square):
    any_layout = True

    def backward(self, operands: Operands) -> None:
        for diff in operands.bottom_diffs:
            if diff is not None:
                np.multiply((operands.bottoms[0] * operands.top_diffs[0]).reshape(-1), 2, out=diff.reshape(-1))


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (LeavesAHole(), "top 0 is not wholly written"),
        (WrongGradient(), "diff 0 is no gradient"),
        (AddsToItsDiff(), "diff 0 is not wholly written"),
        (HidesWhatItNeeds(), "sees only what it needs changed diff 0"),
        (ChangesItsInput(), "forward or backward changed bottom 0"),
        (ChangesTheTopDiff(), "backward changed top diff 0"),
        (ReadsOldScratch(), "sees only what it needs changed diff 0"),
        (WrongInPlace(), "working in place changed top 0"),
        (LosesPrecision(), "float32 differs from float64 in array 0"),
        (LosesItsTop(), "channels-last arrays give another top"),
        (LosesItsDiff(), "channels-last arrays give another diff 0"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_a_broken_layer_is_caught(layer: Layer, message: str) -> None:
    with pytest.raises(AssertionError, match=message):
        check_layer(layer, [(3, 4)], batched=False)


def test_make_layer_takes_phase_and_names() -> None:
    assert make_layer("Dropout", phase=TEST).active is False  # type: ignore[attr-defined]
    assert make_layer("Convolution", "convolution_param { num_output: 1 kernel_size: 1 }", bottoms=3).needs() == Needs(
        bottoms=range(3)
    )


def test_run_layer_asks_only_for_wanted_gradients() -> None:
    layer = make_layer("InnerProduct", "inner_product_param { num_output: 2 }")
    result = run_layer(layer, [np.ones((1, 3))], top_diffs=[np.ones((1, 2))], wanted=[False, True, False])
    assert [diff is None for diff in (*result.bottom_diffs, *result.parameter_diffs)] == [True, False, True]
