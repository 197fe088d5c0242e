"""Plausible shapes for data that are not at hand."""

from __future__ import annotations

from dataclasses import dataclass

from google.protobuf.message import Message

from netcc.errors import NetccError
from netcc.ir.graph import Node
from netcc.layers.base import SourceLayer
from netcc.types import Shape

NAMED: dict[str, Shape] = {
    "im_info": (1, 3),
    "gt_boxes": (8, 5),
    "gt_ishard": (8,),
    "dontcare_areas": (8, 4),
    "rois": (16, 5),
    "labels": (16,),
}
"""Tops that the region-based detectors agree upon."""
LABELS = ("label", "seg", "gt", "sim", "mask", "sem", "geo")
"""Parts of names of tops that hold what is to be predicted."""
UNKNOWABLE = "bbox_"
"""Tops whose names begin so have a size for each class, of a number that stands in a program alone."""


@dataclass(frozen=True)
class World:
    """What is assumed of data about which the file says nothing.

    `labels` are one number an item, a map as large as the image, boxes of SSD or true boxes of YOLO.
    """

    channels: int
    height: int
    width: int
    labels: str


SIZES = ((227, 227), (28, 28), (32, 32), (300, 300), (416, 416), (512, 512), (360, 480), (713, 713))
WORLDS = [
    *(World(3, *size, labels) for size in SIZES for labels in ("number", "map", "boxes", "truths")),
    *(World(channels, *size, labels) for channels in (1, 2, 6) for size in SIZES[:2] for labels in ("number", "map")),
]


class Guess:
    """A probe that answers for tops whose shapes their layer does not know; `used` says whether it had to."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.used = False

    def __call__(self, node: Node) -> tuple[Shape, ...] | None:
        layer, tops = node.layer, len(node.outputs)
        if not isinstance(layer, SourceLayer) or not tops:
            return None
        given: list[Shape | None] = [None] * tops
        try:
            layer.infer_given(given, tops)
        except NetccError:
            self.used = True
        else:
            return None
        image = self._image(node.message)
        if self.world.labels == "number":
            try:
                return layer.infer_given([self._top(node.outputs[0].name, image), *given[1:]], tops).tops
            except NetccError:
                pass
        return tuple(self._top(value.name, image) for value in node.outputs)

    def _top(self, name: str, image: Shape) -> Shape:
        if name in NAMED:
            return NAMED[name]
        if name.startswith(UNKNOWABLE):
            return (1,)
        if not any(part in name.lower() for part in LABELS):
            return image
        kinds = {"number": image[:1], "map": (image[0], 1, *image[2:]), "boxes": (1, 1, 8, 8)}
        return kinds.get(self.world.labels, (image[0], 1, 30, 5))

    def _image(self, message: Message) -> Shape:
        """Batch and sizes as far as the fields tell, else those of the world."""
        batch = first_number(message, "batch_size", "rand_cat", "ims_per_batch") or 1
        height = first_number(message, "crop_size", "crop_h", "crop_height", "new_height", "height")
        width = first_number(message, "crop_size", "crop_w", "crop_width", "new_width", "width")
        return batch, self.world.channels, height or self.world.height, width or self.world.width


def first_number(message: Message, *names: str) -> int:
    """The value of the first of `names` that is set in any part of `message`, or 0."""
    values = (value for field, value in message.ListFields() if field.message_type is not None)
    parts = [part for value in values for part in ([value] if isinstance(value, Message) else value)]
    for name in names:
        for part in parts:
            value = getattr(part, name, 0)
            if isinstance(value, int) and value > 0:
                return value
            nested = first_number(part, name)
            if nested:
                return nested
    return 0
