"""What is said of a net of the zoo, from which all its files are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from netcc.pycaffe.net_spec import Top
from zoo.generate.writer import NetWriter

BGR_MEAN = [104, 117, 123]
"""The mean of the pixels of ILSVRC 2012, in OpenCV's order of colours."""


@dataclass(frozen=True)
class Database:
    """Where a training net finds images with labels: LMDBs in the folder where it runs.

    `transform` are the fields of transform_param in both phases, `train_transform` those of training alone; `how` says
    what is in them, and `commands` makes them.
    """

    name: str
    train: str
    test: str
    batch: int
    test_batch: int
    transform: Mapping[str, Any]
    train_transform: Mapping[str, Any] = field(default_factory=dict)
    how: str = ""
    commands: str = ""

    def layer(self, *, training: bool) -> dict[str, Any]:
        """The fields of the Data layer of one phase."""
        transform = {**(self.train_transform if training else {}), **self.transform}
        return {
            "data_param": {
                "source": self.train if training else self.test,
                "batch_size": self.batch if training else self.test_batch,
                "backend": "LMDB",
            },
            **({"transform_param": transform} if transform else {}),
        }


def imagenet(crop: int, batch: int, test_batch: int = 50, *, stored: int = 256, **transform: Any) -> Database:
    """The ILSVRC 2012 classification images, cut to `crop` pixels at random places and mirrored in training."""
    return Database(
        "ILSVRC 2012",
        "ilsvrc12_train_lmdb",
        "ilsvrc12_val_lmdb",
        batch,
        test_batch,
        {"crop_size": crop, **(transform or {"mean_value": BGR_MEAN})},
        {"mirror": True},
        f"ILSVRC 2012 (1,281,167 images to train, 50,000 to test), resized to {stored} x {stored} and stored in "
        "`ilsvrc12_train_lmdb` and `ilsvrc12_val_lmdb`. From the folders of images, and from lists that have a path "
        "and the number of the class in each line:",
        f"""
        netcc data images ILSVRC2012_img_train train.txt ilsvrc12_train_lmdb \\
            --resize-height {stored} --resize-width {stored} --encode-type jpg --shuffle
        netcc data images ILSVRC2012_img_val val.txt ilsvrc12_val_lmdb \\
            --resize-height {stored} --resize-width {stored} --encode-type jpg
        """,
    )


Body = Callable[[NetWriter, Top], Top]
"""Writes a net from its input to the scores of the classes."""


@dataclass(frozen=True)
class Losses:
    """How a classifier is trained and tested: the names of scores beside the main ones and their weights."""

    auxiliary: Mapping[str, float] = field(default_factory=dict)
    top5: bool = True


@dataclass(frozen=True)
class ZooNet:
    """One net. `input` is the shape of one example; `parameters` the number of learned ones that `source` gives.

    `text` says what the net introduced, `training` how the recipe was carried over. `deploy` and `train` write the
    nets where a classifier's frame (data, softmax, accuracy, loss) does not fit; `train` gives, for each data
    layer, the fields of that for tests. `data_shapes` are the shapes of what the data layers give for two
    examples, if that is not just `input` in `data`.
    """

    name: str
    title: str
    paper: str
    text: str
    input: tuple[int, ...]
    parameters: int
    source: str
    solver: Mapping[str, Any]
    body: Body | None = None
    database: Database | None = None
    losses: Losses = Losses()
    training: str = ""
    train_parameters: int | None = None
    deploy: Callable[[NetWriter], None] | None = None
    train: Callable[[NetWriter], list[Any]] | None = None
    data_shapes: Mapping[str, tuple[int, ...]] | None = None
