"""How fast the convolutions of well-known nets run, channels-last, on one thread: `python bench/convolution.py`.

Every distinct convolution of the zoo's nets at half their usual batch, which is the slice one of two threads works on.
Rates count the operations of the direct sum, whatever the algorithm; per cent are of what `matmul` reached in the same
run. `--all` measures every algorithm that fits, `--threads 2` lets two threads work side by side on a slice each (the
rate is that of one), `--net NAME` picks nets, `--target numpy` leaves the twins out. Times are processor times of the
threads.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import click
import numpy as np
from threadpoolctl import threadpool_limits

from netcc.compiler import bind_net, shaped_graph
from netcc.kernels import twins
from netcc.kernels.convolution import ConvolutionKernel, Geometry, candidates, choose
from netcc.kernels.twins import use_target
from netcc.layers.convolution import Convolution
from netcc.schema.select import select
from netcc.types import TEST, Array

BATCHES = {
    "lenet": 32,
    "cifar10_quick": 50,
    "alexnet": 8,
    "vgg16": 2,
    "googlenet": 4,
    "resnet50": 4,
    "mobilenet_v1": 4,
    "squeezenet_1_1": 4,
}
ZOO = Path(__file__).parents[1] / "zoo"


def geometries(net: str) -> dict[Geometry, int]:
    """The distinct convolutions of a net, in order, and how often each occurs."""
    definition = select(bind_net(ZOO / net / "deploy.prototxt"), TEST)
    graph = shaped_graph(definition)
    data = graph.inputs()[0]
    graph = shaped_graph(definition, {data.name: (BATCHES[net], *data.shape[1:])})
    found: dict[Geometry, int] = {}
    for node in graph.nodes:
        if isinstance(node.layer, Convolution):
            images, channels, height, width = node.inputs[0].shape
            window = node.layer.window.window(2)
            geometry = Geometry(
                images,
                height,
                width,
                channels,
                node.layer.num_output,
                node.layer.group,
                *((a, b) for a, b in (window.kernel, window.stride, window.pad, window.dilation)),
            )
            found[geometry] = found.get(geometry, 0) + 1
    return found


class Work:
    """A kernel with its operands."""

    def __init__(self, kernel: ConvolutionKernel) -> None:
        geometry, random = kernel.geometry, np.random.default_rng(0)

        def blob(*shape: int) -> Array:
            return random.standard_normal(shape, np.float32)

        self.kernel = kernel
        self.x = blob(geometry.images, geometry.height, geometry.width, geometry.channels)
        self.y = blob(geometry.images, geometry.out_height, geometry.out_width, geometry.outputs)
        self.dy, self.dx = blob(*self.y.shape), blob(*self.x.shape)
        self.weights = blob(geometry.outputs, geometry.channels // geometry.groups, *geometry.kernel)
        self.dw, self.bias = blob(*self.weights.shape), blob(geometry.outputs)
        self.scratch = np.zeros(max(kernel.scratch, kernel.scratch_backward), np.float32)
        self.front = self.back = self.weights
        if kernel.prepared is not None:
            self.front = np.empty(kernel.prepared, np.float32)
        if kernel.prepared_backward is not None:
            self.back = np.empty(kernel.prepared_backward, np.float32)
        self.prepare()

    def prepare(self) -> None:
        if self.kernel.prepared is not None:
            self.kernel.prepare(self.weights, self.front)
        if self.kernel.prepared_backward is not None:
            self.kernel.prepare_backward(self.weights, self.back)

    def forward(self) -> None:
        self.kernel.forward(self.x, self.front, self.bias, self.y, self.scratch, relu=0.0)

    def weights_gradient(self) -> None:
        self.kernel.weights_gradient(self.x, self.dy, self.dw, self.scratch, add=False)

    def image_gradient(self) -> None:
        self.kernel.image_gradient(self.dy, self.back, self.dx, self.scratch)


def seconds(works: list[Callable[[], None]], pool: ThreadPoolExecutor, least: float = 0.03) -> float:
    """The lower quartile of the processor times of one pass, all `works` side by side."""

    def passes(work: Callable[[], None], number: int) -> list[float]:
        times = []
        for _ in range(number):
            start = time.thread_time()
            work()
            times.append(time.thread_time() - start)
        return times

    once = max(passes(works[0], 2)[1], 1e-6)
    number = min(200, max(5, int(least / once)))
    times = sorted(t for result in pool.map(lambda work: passes(work, number), works) for t in result)
    return times[len(times) // 4]


def peak(threads: int, pool: ThreadPoolExecutor) -> float:
    """GFLOP/s of one thread in a product that suits BLAS."""
    a, b = (np.random.default_rng(0).standard_normal((768, 768), np.float32) for _ in range(2))
    outs = [np.empty_like(a) for _ in range(threads)]
    works: list[Callable[[], None]] = [lambda out=out: np.matmul(a, b, out=out) for out in outs]  # type: ignore[misc]
    return 2 * 768**3 / seconds(works, pool) / 1e9


def describe(geometry: Geometry) -> str:
    text = f"{geometry.images}x{geometry.height}x{geometry.width}x{geometry.channels} {geometry.outputs}"
    text += f" {geometry.kernel[0]}x{geometry.kernel[1]}"
    if geometry.stride != (1, 1):
        text += f"/{geometry.stride[0]}"
    if geometry.groups > 1:
        text += f" g{geometry.groups}"
    return text


def kernels(geometry: Geometry, every: bool, exact: bool, training: bool) -> Iterator[ConvolutionKernel]:
    if every:
        yield from candidates(geometry, exact=exact, training=training)
    else:
        yield choose(geometry, exact=exact, training=training)


def _target(name: str | None) -> AbstractContextManager[None]:
    return nullcontext() if name is None else use_target(name)


@click.command()
@click.option("--net", "nets", multiple=True, type=click.Choice(list(BATCHES)))
@click.option("--all", "every", is_flag=True, help="Measure every algorithm that fits.")
@click.option("--exact", is_flag=True, help="No Winograd.")
@click.option("--training", is_flag=True, help="Choose for a training step, not for inference.")
@click.option("--threads", default=1, show_default=True)
@click.option("--target", type=click.Choice(["numpy", "fast"]), default=None)
def main(nets: tuple[str, ...], every: bool, exact: bool, training: bool, threads: int, target: str | None) -> None:
    with threadpool_limits(1), ThreadPoolExecutor(threads) as pool, _target(target):
        top = peak(threads, pool)
        print(f"matmul: {top:.0f} GFLOP/s a thread, {threads} thread(s), target {twins.target()}")
        for net in nets or BATCHES:
            print(f"\n{net:36} {'':22} {'forward':>17} {'image gradient':>17} {'weights gradient':>17} {'prepare':>9}")
            totals = [0.0] * 5
            for geometry, number in geometries(net).items():
                flops = 2 * geometry.macs
                mark = "*" if every else ""
                for kernel in kernels(geometry, every, exact, training):
                    works = [Work(kernel) for _ in range(threads)]
                    times = [
                        seconds([getattr(work, part) for work in works], pool)
                        for part in ("forward", "image_gradient", "weights_gradient", "prepare")
                    ]
                    columns = [f"{t * 1e3:8.3f} ms {flops / t / top / 1e7:4.0f} %" for t in times[:3]]
                    name = f"{number} x {describe(geometry)}"
                    print(f"{name:36} {kernel.name + mark:22} {' '.join(columns)} {times[3] * 1e3:8.3f}")
                    if mark or not every:
                        totals = [a + number * b for a, b in zip(totals, (*times, flops / top / 1e9), strict=True)]
                    mark = ""
            columns = [f"{t * 1e3:8.2f} ms {totals[4] / t * 100:4.0f} %" for t in totals[:3]]
            print(f"{'total of the chosen':36} {'':22} {' '.join(columns)} {totals[3] * 1e3:8.2f}")


if __name__ == "__main__":
    main()
