"""Datums and data layers for the tests of this room."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from netcc.data.source import Source, open_source
from netcc.schema import caffe_pb2
from netcc.types import TEST, Array, Phase

MakeDatabase = Callable[[Sequence[caffe_pb2.Datum | bytes]], Path]


def datum(image: Array, label: int = 0) -> caffe_pb2.Datum:
    """A Datum of a uint8 image (channels, height, width)."""
    channels, height, width = image.shape
    return caffe_pb2.Datum(channels=channels, height=height, width=width, data=image.tobytes(), label=label)


def data_layer(source: Path | str, batch_size: int = 2, **transform: Any) -> caffe_pb2.LayerParameter:
    """A Data layer that reads an LMDB."""
    layer = caffe_pb2.LayerParameter(name="digits", type="Data", top=["data", "label"])
    layer.data_param.source = str(source)
    layer.data_param.batch_size = batch_size
    layer.data_param.backend = caffe_pb2.DataParameter.LMDB
    layer.transform_param.MergeFrom(caffe_pb2.TransformationParameter(**transform))
    return layer


def opened(layer: caffe_pb2.LayerParameter, phase: Phase = TEST, seed: int = 0, base: Path | None = None) -> Source:
    return open_source(layer, phase, np.random.default_rng(seed), base)


def batch(source: Source, tops: int = 2, dtype: type = np.float32) -> list[Array]:
    """The next batch, in arrays that held something else before."""
    arrays = [np.full(shape, np.nan, dtype) for shape in source.shapes(tops)]
    source.read(arrays)
    return arrays


def labels_of(source: Source) -> list[float]:
    """The labels of the next batch."""
    labels: list[float] = batch(source)[1].tolist()
    return labels
