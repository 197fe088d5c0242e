"""What `netcc classify` is made of: which images, prepared how, and the scores that a net gives them."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from netcc.compiled.preprocessing import read_any_mean, read_labels
from netcc.data.decode import EXTENSIONS
from netcc.errors import DataError, GraphError, UsageError
from netcc.layers.registry import layer_class
from netcc.pycaffe.images import load_image, oversample, resize_image
from netcc.pycaffe.transformer import Transformer
from netcc.schema.select import select
from netcc.types import TEST, Array, Shape, format_shape

if TYPE_CHECKING:
    from netcc.compiled.net import CompiledNet
    from netcc.runtime.net import Net
    from netcc.schema.bind import BoundNet

LARGE = 256
"""Sides of an image that ten crops are taken of, where the net's input is not larger; those of Caffe's classify.py."""


@dataclass(frozen=True)
class Preparation:
    """What becomes of an image before the net sees it. `size` (height, width) is that of the whole image, of which the
    centre or, with `oversample`, ten crops are taken. The others are settings of `netcc.pycaffe.transformer`."""

    size: Shape | None = None
    oversample: bool = False
    mean: Array | None = None
    raw_scale: float = 255.0
    input_scale: float | None = None
    channel_swap: Sequence[int] | None = None


@dataclass
class ImageScorer:
    """Gives images to the one input of `net`, `batch` at a time, and takes the scores from the blob `output`.

    Raises GraphError where the net has no such input or output.
    """

    net: Net
    preparation: Preparation
    output: str | None = None
    batch: int = 10
    _transformer: Transformer = field(init=False)

    def __post_init__(self) -> None:
        self.input = _image_input(self.net)
        self.output = _score_output(self.net, self.output)
        shape = self.net.blobs[self.input].shape
        self.channels, self.crop = shape[1], shape[2:]
        if self.preparation.oversample:
            self.batch = max(1, self.batch // 10)
        self._transformer = self._made_transformer(shape)
        self.size = self._size()

    def _made_transformer(self, shape: Shape) -> Transformer:
        made, name, how = Transformer({self.input: shape}), self.input, self.preparation
        made.set_transpose(name, (2, 0, 1))
        made.set_raw_scale(name, how.raw_scale)
        swap = how.channel_swap if how.channel_swap is not None else (2, 1, 0) if self.channels == 3 else None
        if swap is not None:
            made.set_channel_swap(name, swap)
        if how.mean is not None:
            made.set_mean(name, how.mean)
        if how.input_scale is not None:
            made.set_input_scale(name, how.input_scale)
        return made

    def _size(self) -> Shape:
        default = tuple(max(LARGE, side) for side in self.crop) if self.preparation.oversample else self.crop
        size = self.preparation.size or default
        if any(image < crop for image, crop in zip(size, self.crop, strict=True)):
            raise UsageError(
                f"images of {format_shape(size)} are smaller than the input of the net, {format_shape(self.crop)}"
            )
        return size

    def scores(self, images: Iterable[Array]) -> Iterator[Array]:
        """The scores (classes) of each image (height, width, channels; colours as R, G, B, from 0 to 1)."""
        waiting = iter(images)
        while batch := list(islice(waiting, self.batch)):
            crops = [crop for image in batch for crop in self._crops(image)]
            rows = np.stack([self._transformer.preprocess(self.input, crop) for crop in crops])
            assert self.output is not None
            given: dict[str, Any] = {self.input: rows}
            self.net.forward(**given)
            scores = self.net.blobs[self.output].data.reshape(len(batch), len(rows) // len(batch), -1)
            yield from np.array(scores).mean(axis=1)

    def _crops(self, image: Array) -> Sequence[Array]:
        resized = resize_image(image, self.size)
        if self.preparation.oversample:
            return list(oversample([resized], self.crop))
        top, left = ((whole - part) // 2 for whole, part in zip(self.size, self.crop, strict=True))
        return [resized[top : top + self.crop[0], left : left + self.crop[1]]]


class Scorer(Protocol):
    """Gives images scores."""

    def scores(self, images: Iterable[Array]) -> Iterator[Array]:
        """The scores (classes) of each image (height, width, channels; colours as R, G, B, from 0 to 1)."""
        ...


class CompiledScorer:
    """Scores by a compiled net, which prepares images by itself. Raises UsageError where it gives none."""

    def __init__(self, net: CompiledNet) -> None:
        self.net = net
        self.classes = len(net.scores(np.zeros((1, 1, 3), np.uint8)))

    def scores(self, images: Iterable[Array]) -> Iterator[Array]:
        for image in images:
            yield self.net.scores(np.clip(np.rint(image * 255), 0, 255).astype(np.uint8))


def require_input(bound: BoundNet) -> None:
    """Raises GraphError if the net has no input: one for training, whose data would be asked for first."""
    kinds = [layer.message.type for layer in select(bound, TEST).layers if not layer.message.bottom]
    if not any(layer_class(kind).is_input for kind in kinds):
        notes = ["`netcc deploy` makes a net with one of a net for training"]
        raise GraphError(f"{bound.source.name}: the net has no input to put images into", notes=notes)


def _image_input(net: Net) -> str:
    """The one input, which takes images."""
    shape = net.blobs[net.inputs[0]].shape
    if len(net.inputs) > 1 or len(shape) != 4 or shape[1] not in (1, 3):
        listed = ", ".join(f"{name} {format_shape(net.blobs[name].shape)}" for name in net.inputs)
        raise GraphError(
            f"the net does not take images alone; its inputs: {listed}", notes=["expected one of N x 3 (or 1) x H x W"]
        )
    return net.inputs[0]


def _score_output(net: Net, name: str | None) -> str:
    """The blob that has a score for each class: `name`, or the one output."""
    if name is None:
        if len(net.outputs) != 1:
            listed = ", ".join(net.outputs)
            raise GraphError(f"the net has several outputs: {listed}", notes=["--output says which one has the scores"])
        name = net.outputs[0]
    shape = net.blobs[name].shape
    if len(shape) < 2 or any(side != 1 for side in shape[2:]):
        raise GraphError(f"blob {name!r} is {format_shape(shape)}: not one score for each class")
    return name


def find_images(names: Sequence[str], ending: str | None) -> list[str]:
    """The files that `names` mean: files, folders (all images in them, or those that end so), patterns.

    Raises DataError for a name that means none.
    """
    found: list[str] = []
    for name in names:
        path = Path(name).expanduser()
        if path.is_dir():
            found += _images_in(path, ending)
        elif path.exists() or not glob.has_magic(name):
            found.append(str(path))
        else:
            matches = sorted(glob.glob(str(path), recursive=True))
            if not matches:
                raise DataError(f"no file matches {name}")
            found += matches
    return found


def _images_in(folder: Path, ending: str | None) -> list[str]:
    wanted = {f".{ending.lower().removeprefix('.')}"} if ending else EXTENSIONS
    images = sorted(str(path) for path in folder.iterdir() if path.suffix.lower() in wanted)
    if not images:
        raise DataError(f"there are no images in {folder}", notes=[f"looked for: {', '.join(sorted(wanted))}"])
    return images


def load_images(name: str, color: bool) -> list[tuple[str, Array]]:
    """The image in a file, or those in an array file (.npy), with names for them. Raises DataError."""
    if not name.endswith(".npy"):
        return [(name, load_image(name, color))]
    array = load_array(name)
    stack = array if array.ndim == 4 else array[np.newaxis]
    if stack.ndim != 4 or stack.shape[3] not in (1, 3) or stack.dtype.kind not in "biuf":
        raise DataError(
            f"{name} holds {format_shape(array.shape)} of {array.dtype}",
            notes=["expected images x height x width x channels (3 or 1), or one image"],
        )
    return [(f"{name}[{index}]", image) for index, image in enumerate(stack)]


def load_array(name: str) -> Array:
    """The array in a .npy file. Raises DataError if there is none."""
    try:
        array: Array = np.load(name, allow_pickle=False)
    except OSError as error:
        raise DataError(f"cannot read {name}: {(error.strerror or str(error)).lower()}") from None
    except ValueError as error:
        raise DataError(f"{name} is no array file", notes=[str(error).partition("\n")[0]]) from None
    return array


def mean_of(text: str, pixel: bool = False) -> Array:
    """A mean image (.binaryproto, .npy), or one number for each channel as in 104,117,123. Raises DataError.

    With `pixel` the means of the channels of an image, as examples/cpp_classification/classification.cpp takes them.
    """
    try:
        return np.array([float(part) for part in text.split(",")])
    except ValueError:
        mean = read_any_mean(text)
    assert mean is not None
    return mean.mean(axis=(1, 2)) if pixel or mean.shape[1:] == (1, 1) else mean


def labels_of(name: str, classes: int) -> tuple[str, ...]:
    """The names of the classes, one a line. Raises DataError if there are not as many as classes."""
    labels = read_labels(name)
    if len(labels) != classes:
        raise DataError(f"{name} names {len(labels)} classes, but the net gives {classes} scores")
    return labels


def ranked(scores: Array, labels: Sequence[str] | None, most: int) -> list[Mapping[str, Any]]:
    """The `most` best classes: `class` (its number), `score` and, if known, `label`."""
    best = np.argsort(-scores, kind="stable")[:most]
    return [
        {"class": int(number), "score": float(scores[number]), **({"label": labels[number]} if labels else {})}
        for number in best
    ]
