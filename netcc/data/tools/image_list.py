"""The images that go into a database: from a list, or from a folder for each class (`tools/convert_imageset.cpp`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from netcc.data.listing import read_listing
from netcc.errors import DataError

_LABELS = np.iinfo(np.int32)


@dataclass(frozen=True)
class ListedImage:
    """`name` is the path as the list has it, `place` where that is, as `list.txt:3`."""

    name: str
    label: int
    place: str


def read_image_list(path: Path) -> list[ListedImage]:
    """The images that `path` lists, see `read_listing`.

    Raises DataError as that does, and for a label that is no whole number of 32 bits.
    """
    listing = read_listing(path)
    labels = listing.labels
    wrong = np.flatnonzero((labels != np.rint(labels)) | (labels < _LABELS.min) | (labels > _LABELS.max))
    if wrong.size:
        raise DataError(
            f"{listing.place(wrong[0])}: the label {labels[wrong[0]]:g} is not a whole number of 32 bits",
            notes=["the records of a database have one such number as their label"],
        )
    entries = zip(listing.names, labels.astype(np.int64).tolist(), strict=True)
    return [ListedImage(name, label, listing.place(index)) for index, (name, label) in enumerate(entries)]


def shuffled(images: Sequence[ListedImage], seed: int | None) -> list[ListedImage]:
    """The images in an order that belongs to `seed`; any order if it is None."""
    return [images[index] for index in np.random.default_rng(seed).permutation(len(images))]
