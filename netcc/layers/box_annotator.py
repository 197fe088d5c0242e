"""Online hard example mining: which regions of an image are worth learning from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from netcc.errors import LayerError, ShapeError
from netcc.layers.base import Buffer, Count, Layer, Operands, Signature
from netcc.layers.registry import register
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape, count, format_shape

_MESSAGE = "box_annotator_ohem_param"


@register("BoxAnnotatorOHEM")
@dataclass(frozen=True)
class BoxAnnotatorOHEM(Layer):
    """Keeps the labels and box weights of the `roi_per_img` regions of highest loss in each image.

    Bottoms: regions (R x 5 [x h x w]: number of the image, box), their losses (R x 1 x h x w), labels (R x 1 x h x w)
    and box weights (R x B x h x w). Tops: labels (R x 1 x h x w), `ignore_label` where not kept; box weights
    (R x B x h x w), 0 where not kept. Of equal losses the earlier region wins. No gradient.
    Behaves as box_annotator_ohem_layer.cu of daijifeng001/caffe-rfcn. Shrivastava et al., Training Region-based Object
    Detectors with Online Hard Example Mining (2016).
    """

    fork = "R-FCN (daijifeng001/caffe-rfcn)"
    example = "box_annotator_ohem_param { roi_per_img: 128 }"

    bottoms = Count(4, 4)
    tops = Count(2, 2)
    differentiable = False

    kept: int
    ignore_label: int

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        fields = message.box_annotator_ohem_param
        if fields.roi_per_img == 0:
            raise LayerError("BoxAnnotatorOHEM needs a positive roi_per_img", field=(_MESSAGE, "roi_per_img"))
        return cls(fields.roi_per_img, fields.ignore_label)

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        regions, losses, labels, weights = bottoms
        if not 2 <= len(regions) <= 4 or regions[1] != 5:
            raise ShapeError(f"regions are R x 5 or R x 5 x h x w, not {format_shape(regions)}", field=("bottom", "0"))
        items, size = regions[0], (*regions[2:], 1, 1)[:2]
        places = items * count(size)
        for index, (shape, what) in enumerate(((losses, "losses"), (labels, "labels")), start=1):
            if count(shape) != places:
                raise ShapeError(
                    f"{format_shape(regions)} regions need {places} {what}, not {format_shape(shape)}",
                    field=("bottom", str(index)),
                )
        if len(weights) < 2 or weights[0] != items or count(weights[2:]) != count(size):
            raise ShapeError(
                f"box weights of {format_shape(regions)} regions are {items} x B x {format_shape(size)}, "
                f"not {format_shape(weights)}",
                field=("bottom", "3"),
            )
        return Signature(
            tops=((items, 1, *size), (items, weights[1], *size)),
            scratch=(Buffer((items, count(size)), "bool"),),
        )

    def forward(self, operands: Operands) -> None:
        regions, losses, labels, weights = operands.bottoms
        (kept,) = operands.scratch
        images = regions.reshape(len(regions), 5, kept.shape[1])[:, 0].astype(np.int64)
        self._choose(images.reshape(-1), losses.reshape(-1), kept.reshape(-1))
        rows = operands.tops[0].reshape(kept.shape)
        rows.fill(self.ignore_label)
        np.copyto(rows, labels.reshape(kept.shape), where=kept)
        boxes = operands.tops[1].reshape(len(kept), operands.tops[1].shape[1], kept.shape[1])
        np.multiply(weights.reshape(boxes.shape), kept[:, None, :], out=boxes)

    def _choose(self, images: Array, losses: Array, kept: Array) -> None:
        """Marks the places of highest loss of each image."""
        kept.fill(False)
        falling = np.argsort(-losses, kind="stable")
        for image in np.unique(images):
            kept[falling[images[falling] == image][: self.kept]] = True
