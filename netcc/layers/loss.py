"""What losses share: one scalar that training makes small, what it is divided by, which places do not count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from netcc.errors import LayerError, ShapeError
from netcc.layers.base import Count, Layer
from netcc.schema import caffe_pb2
from netcc.types import Shape, count, format_shape

Modes = caffe_pb2.LossParameter


class Loss(Layer):
    """A scalar from data (bottom 0) and labels or targets (bottom 1). Behaves as src/caffe/layers/loss_layer.cpp."""

    is_loss: ClassVar[bool] = True
    bottoms: ClassVar[Count] = Count(2, 2)


@dataclass(frozen=True)
class Normalization:
    """What a loss that sums over places is divided by.

    Behaves as GetNormalizer in src/caffe/layers/softmax_loss_layer.cpp: never below 1. PRE_FIXED divides by the number
    that the net gives (Intel's fork, and R-FCN's).
    """

    mode: int
    fixed: float = 1.0

    @classmethod
    def read(cls, fields: caffe_pb2.LossParameter, default: int = Modes.VALID) -> Self:
        """`normalization` decides; where it is not given, the old `normalize` means VALID or BATCH_SIZE."""
        if fields.HasField("normalization"):
            return cls(fields.normalization, fields.pre_fixed_normalizer)
        if fields.HasField("normalize"):
            return cls(Modes.VALID if fields.normalize else Modes.BATCH_SIZE)
        return cls(default)

    def divisor(self, outer: int, inner: int, valid: int) -> float:
        """For `outer` items of `inner` places each, `valid` of all places having a label that counts."""
        by_mode: dict[int, float] = {
            Modes.FULL: outer * inner,
            Modes.VALID: valid,
            Modes.BATCH_SIZE: outer,
            Modes.NONE: 1,
            Modes.PRE_FIXED: self.fixed,
        }
        return max(1, by_mode[self.mode])


def read_ignore_label(fields: caffe_pb2.LossParameter) -> int | None:
    """The label of places that do not count, if the net names one."""
    return fields.ignore_label if fields.HasField("ignore_label") else None


def refuse_label_smoothing(fields: caffe_pb2.LossParameter) -> None:
    """Raises LayerError where a net asks for what no loss here does."""
    if fields.label_smoothing:
        raise LayerError("label_smoothing is not supported", field=("loss_param", "label_smoothing"))


def check_items(bottoms: Sequence[Shape]) -> None:
    """Raises ShapeError unless all bottoms hold as many items: the first axis is the same."""
    for index, shape in enumerate(bottoms):
        if not shape or shape[0] != bottoms[0][0]:
            raise ShapeError(
                f"the bottoms of a loss hold the same number of items on their first axis, "
                f"not {format_shape(bottoms[0])} and {format_shape(shape)}",
                field=("bottom", str(index)),
            )


def check_counts(bottoms: Sequence[Shape]) -> None:
    """Raises ShapeError unless all bottoms hold as many items and as many numbers."""
    check_items(bottoms)
    for index, shape in enumerate(bottoms):
        if count(shape) != count(bottoms[0]):
            raise ShapeError(
                f"{format_shape(bottoms[0])} and {format_shape(shape)} cannot be compared: "
                f"{count(bottoms[0])} and {count(shape)} numbers",
                field=("bottom", str(index)),
            )


def check_one_each(shape: Shape, items: int, what: str, bottom: int) -> None:
    """Raises ShapeError unless bottom number `bottom` holds one number for each item."""
    if count(shape) != items:
        raise ShapeError(
            f"{items} items need {items} {what}, one for each, not {format_shape(shape)}", field=("bottom", str(bottom))
        )
