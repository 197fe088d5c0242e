"""How long a net in training waits for its data, with and without reading ahead: `python bench/data.py`.

A small convolutional net learns from JPEGs in an LMDB, decoded, cropped and mirrored on the way. Waiting is the time in
which the training thread asks for a batch and gets it into its blobs. Runs are interleaved, so that a busy machine
slows both alike; medians over the rounds. Reading ahead is faster where a processor is free; on a busy machine the work
only moves.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from netcc.data.datums import encoded_datum
from netcc.data.encode import encode_image
from netcc.data.lmdb_writer import write_lmdb
from netcc.data.prefetch import VARIABLE
from netcc.data.source import Source
from netcc.plan.slices import processors
from netcc.runtime.net import Net
from netcc.types import TRAIN, Array

IMAGES, SIZE, CROP, BATCH = 256, 256, 224, 32

NET = """
layer {{
  name: "data" type: "Data" top: "data" top: "label"
  data_param {{ source: "{database}" backend: LMDB batch_size: {batch} }}
  transform_param {{ crop_size: {crop} mirror: true mean_value: 120 scale: 0.0078125 }}
}}
layer {{
  name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
  convolution_param {{ num_output: 24 kernel_size: 7 stride: 4 pad: 3 weight_filler {{ type: "msra" }} }}
}}
layer {{ name: "relu1" type: "ReLU" bottom: "conv1" top: "conv1" }}
layer {{ name: "pool1" type: "Pooling" bottom: "conv1" top: "pool1" pooling_param {{ kernel_size: 2 stride: 2 }} }}
layer {{
  name: "conv2" type: "Convolution" bottom: "pool1" top: "conv2"
  convolution_param {{ num_output: 48 kernel_size: 3 pad: 1 weight_filler {{ type: "msra" }} }}
}}
layer {{ name: "relu2" type: "ReLU" bottom: "conv2" top: "conv2" }}
layer {{ name: "pool2" type: "Pooling" bottom: "conv2" top: "pool2" pooling_param {{ kernel_size: 2 stride: 2 }} }}
layer {{
  name: "fc" type: "InnerProduct" bottom: "pool2" top: "fc"
  inner_product_param {{ num_output: 10 weight_filler {{ type: "xavier" }} }}
}}
layer {{ name: "loss" type: "SoftmaxWithLoss" bottom: "fc" bottom: "label" top: "loss" }}
"""


class Stopwatch:
    """Notes how long a source is asked for shapes and batches, from now on."""

    def __init__(self, source: Source) -> None:
        self.seconds = 0.0
        # The layer calls the instance's own methods.
        source.shapes = self._timed(source.shapes)
        source.read = self._timed(source.read)

    def _timed(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(argument: object) -> object:
            begin = time.perf_counter()
            try:
                return method(argument)
            finally:
                self.seconds += time.perf_counter() - begin

        return call


@dataclass(frozen=True)
class Run:
    """Seconds of all iterations of a run, and of those the ones spent waiting for data."""

    total: float
    waiting: float


def make_database(folder: Path) -> Path:
    """An LMDB of smooth random JPEGs, about as large as photos of their size are."""
    random = np.random.default_rng(0)

    def image() -> Array:
        coarse = random.integers(0, 256, (3, SIZE // 8, SIZE // 8), np.uint8)
        noise = random.integers(0, 24, (3, SIZE, SIZE), np.uint8)
        return (coarse.repeat(8, axis=1).repeat(8, axis=2) // 2 + noise).astype(np.uint8)

    records = ((b"%08d" % index, encoded_datum(encode_image(image(), "jpg"), index % 10)) for index in range(IMAGES))
    write_lmdb(folder / "jpegs", records)
    return folder / "jpegs"


def train(database: Path, prefetch: int, iterations: int) -> Run:
    """Forward and backward passes, after two to warm up."""
    os.environ[VARIABLE] = str(prefetch)
    with Net(NET.format(database=database, batch=BATCH, crop=CROP), TRAIN, seed=1) as net:
        watch = Stopwatch(net._sources.opened["data"])
        for iteration in range(-2, iterations):
            if iteration == 0:
                watch.seconds, begin = 0.0, time.perf_counter()
            net.forward()
            net.gradient()
        return Run(time.perf_counter() - begin, watch.seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--iterations", type=int, default=20)
    options = parser.parse_args()
    runs: dict[int, list[Run]] = {0: [], 3: []}
    with tempfile.TemporaryDirectory() as folder:
        database = make_database(Path(folder))
        for _ in range(options.rounds):
            for prefetch, done in runs.items():
                done.append(train(database, prefetch, options.iterations))
    print(f"{BATCH} JPEGs of {SIZE} x {SIZE} a batch, {processors()} processors")
    print(f"{'':<22} {'ms an iteration':>16} {'ms waiting':>11} {'waiting':>8}")
    for prefetch, done in runs.items():
        total = statistics.median(run.total for run in done) / options.iterations * 1e3
        waiting = statistics.median(run.waiting for run in done) / options.iterations * 1e3
        share = statistics.median(run.waiting / run.total for run in done)
        name = f"{prefetch} batches ahead" if prefetch else "decoded in line"
        print(f"{name:<22} {total:16.1f} {waiting:11.2f} {share:8.1%}")
    ratio = statistics.median(inline.total / ahead.total for inline, ahead in zip(runs[0], runs[3], strict=True))
    print(f"iterations are {ratio:.2f}x as fast with batches made ready ahead")


if __name__ == "__main__":
    main()
