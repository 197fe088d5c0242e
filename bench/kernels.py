"""How fast kernels are that move numbers rather than multiply them: `python bench/kernels.py [numpy|fast]`.

One thread, float32, channels-last: the processor time of the best of twelve passes. GB/s counts every array that a
kernel must read or write once; the last line is a plain copy of the largest array, measured in the same run.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from netcc.kernels import updates
from netcc.kernels.batch_norm import BatchNorm, coefficients
from netcc.kernels.lrn import LRN
from netcc.kernels.pooling import AveragePooling, MaxPooling
from netcc.kernels.scale_bias import ScaleBias
from netcc.kernels.twins import pick, picker, use_target
from netcc.kernels.windows import PoolingGeometry
from netcc.solver.optimizer import TILE
from netcc.testing import make_layer, run_layer
from netcc.types import Array, Shape

POOLINGS = [
    ("AlexNet pool1, max 3/2", "MAX", (8, 55, 55, 96), 3, 2, 0),
    ("GoogLeNet pool1, max 3/2", "MAX", (4, 112, 112, 64), 3, 2, 0),
    ("GoogLeNet pool2, max 3/2", "MAX", (4, 56, 56, 192), 3, 2, 0),
    ("GoogLeNet 3a, max 3/1", "MAX", (4, 28, 28, 192), 3, 1, 1),
    ("GoogLeNet 4a, max 3/1", "MAX", (4, 14, 14, 480), 3, 1, 1),
    ("VGG-16 pool1, max 2/2", "MAX", (2, 224, 224, 64), 2, 2, 0),
    ("LeNet pool1, max 2/2", "MAX", (32, 24, 24, 20), 2, 2, 0),
    ("CIFAR quick pool1, max 3/2", "MAX", (50, 32, 32, 32), 3, 2, 0),
    ("CIFAR quick pool2, mean 3/2", "AVE", (50, 16, 16, 32), 3, 2, 0),
    ("GoogLeNet pool5, mean of all", "AVE", (4, 7, 7, 1024), 7, 1, 0),
    ("ResNet-50 pool5, mean of all", "AVE", (4, 7, 7, 2048), 7, 1, 0),
]
LRNS: list[tuple[str, Shape, bool]] = [
    ("AlexNet norm1", (8, 55, 55, 96), False),
    ("AlexNet norm2", (8, 27, 27, 256), False),
    ("GoogLeNet norm2", (4, 56, 56, 192), False),
    ("CIFAR full norm1, within", (50, 16, 16, 32), True),
]
NORMS: list[tuple[str, Shape]] = [
    ("ResNet-50 conv1", (4, 112, 112, 64)),
    ("ResNet-50 res2a 2c", (4, 56, 56, 256)),
    ("ResNet-50 res4a 2b", (4, 14, 14, 256)),
    ("ResNet-50 res5a 2c", (4, 7, 7, 2048)),
]
LAYERS: list[tuple[str, str, str, Shape, int]] = [
    ("ReLU", "ReLU", "", (4, 256, 56, 56), 1),
    ("ReLU, slope 0.1", "ReLU", "relu_param { negative_slope: 0.1 }", (4, 256, 56, 56), 1),
    ("PReLU", "PReLU", "", (4, 64, 56, 56), 1),
    ("ELU", "ELU", "", (4, 64, 56, 56), 1),
    ("Sigmoid", "Sigmoid", "", (4, 64, 56, 56), 1),
    ("Eltwise sum of 2", "Eltwise", "", (4, 256, 56, 56), 2),
    ("Eltwise difference of 2", "Eltwise", "eltwise_param { coeff: 1 coeff: -1 }", (4, 64, 56, 56), 2),
    ("Eltwise maximum of 2", "Eltwise", "eltwise_param { operation: MAX }", (4, 64, 56, 56), 2),
    ("Dropout", "Dropout", "", (16, 4096), 1),
    ("Softmax", "Softmax", "", (64, 1000), 1),
    ("Softmax of 21 x 128 x 128", "Softmax", "", (4, 21, 128, 128), 1),
]
LOSSES: list[tuple[str, str, Shape]] = [
    ("SoftmaxWithLoss", "SoftmaxWithLoss", (64, 1000)),
    ("SoftmaxWithLoss of 21 x 128 x 128", "SoftmaxWithLoss", (4, 21, 128, 128)),
    ("SigmoidCrossEntropyLoss", "SigmoidCrossEntropyLoss", (4, 21, 128, 128)),
    ("EuclideanLoss", "EuclideanLoss", (4, 21, 128, 128)),
]
UPDATES: list[tuple[str, updates.Update, updates.Numbers, int]] = [
    ("SGD", updates.momentum, (0.9,), 1),
    ("Nesterov", updates.nesterov, (0.9,), 1),
    ("AdaGrad", updates.adagrad, (1e-8,), 1),
    ("RMSProp", updates.rmsprop, (0.98, 1e-8), 1),
    ("AdaDelta", updates.adadelta, (0.95, 1e-6), 2),
    ("Adam", updates.adam, (0.9, 0.999, 1e-8), 2),
]


@dataclass(frozen=True)
class Measurement:
    """One kernel: what it is, and the numbers that it must read or write."""

    name: str
    numbers: float
    work: Callable[[], object]


def draw(*shape: int) -> Array:
    return np.random.default_rng(0).standard_normal(shape, np.float32)


def poolings() -> Iterator[Measurement]:
    for name, method, shape, kernel, stride, pad in POOLINGS:
        images, height, width, channels = shape
        rows, columns = (-(-(size + 2 * pad - kernel) // stride) + 1 for size in (height, width))
        window = ((kernel, kernel), (stride, stride), (pad, pad))
        geometry = PoolingGeometry(images, height, width, channels, rows, columns, *window)
        x, y, dx = draw(*shape), draw(*geometry.y_shape), draw(*shape)
        if method == "AVE":
            mean = AveragePooling(geometry)
            scratch = np.empty(max(mean.scratch, mean.scratch_backward), np.float32)
            yield Measurement(f"{name}: forward", x.size + y.size, _bind(mean.forward, x, y, scratch))
            yield Measurement(f"{name}: backward", x.size + y.size, _bind(mean.backward, y, dx, scratch))
            continue
        most = MaxPooling(geometry)
        saved = np.empty(geometry.y_shape, np.uint8)
        scratch = np.empty(max(most.scratch, most.scratch_training, most.scratch_backward), np.float32)
        yield Measurement(f"{name}: forward", x.size + y.size, _bind(most.forward, x, y, None, scratch))
        training = x.size + 1.25 * y.size
        yield Measurement(f"{name}: in training", training, _bind(most.forward, x, y, saved, scratch))
        yield Measurement(f"{name}: backward", training, _bind(most.backward, y, saved, dx, scratch))


def lrns() -> Iterator[Measurement]:
    for name, shape, within in LRNS:
        kernel = LRN(shape, 3 if within else 5, 1e-4, 0.75, 1, within=within)
        x, y, saved, dx = (draw(*shape) for _ in range(4))
        scratch = np.empty(max(kernel.scratch, kernel.scratch_backward), np.float32)
        yield Measurement(f"{name}: forward", 2 * x.size, _bind(kernel.forward, x, y, None, scratch))
        yield Measurement(f"{name}: in training", 3 * x.size, _bind(kernel.forward, x, y, saved, scratch))
        yield Measurement(f"{name}: backward", 4 * x.size, _bind(kernel.backward, x, saved, y, dx, scratch))


def norms() -> Iterator[Measurement]:
    for name, shape in NORMS:
        norm, scale = BatchNorm(shape, 0), ScaleBias(shape)
        x, y, dy, dx = (draw(*shape) for _ in range(4))
        mean, factor, out = draw(shape[3]), np.ones(shape[3]), np.ones((2, shape[3]))
        scratch = np.empty(max(norm.scratch, norm.scratch_backward, scale.scratch), np.float32)
        found = coefficients(out, factor, factor, x.size // shape[3])
        yield Measurement(f"{name}: statistics", x.size, _bind(norm.statistics, x, out.copy(), scratch))
        yield Measurement(
            f"{name}: norm, scale, ReLU", 2 * x.size, _bind(norm.normalise, x, mean, factor, mean, y, scratch)
        )
        yield Measurement(f"{name}: sums", 4 * x.size, _bind(norm.sums, dy, y, x, mean, dx, out.copy(), scratch))
        yield Measurement(f"{name}: gradient", 3 * x.size, _bind(norm.apply, dx, x, mean, found, dx, scratch))
        yield Measurement(f"{name}: scale", 2 * x.size, _bind(scale.forward, x, None, factor, mean, y, scratch))


def layers() -> Iterator[Measurement]:
    for name, kind, fields, shape, bottoms in LAYERS:
        layer = make_layer(kind, fields, bottoms=bottoms)
        values = [draw(*shape) for _ in range(bottoms)]
        operands = run_layer(layer, values, top_diffs=[draw(*shape)], dtype=np.float32).operands
        operands.pick = picker()
        numbers = (bottoms + 1) * values[0].size
        yield Measurement(f"{name}: forward", numbers, _bind(layer.forward, operands))
        read = sum(map(len, (layer.needs().bottoms, layer.needs().tops)))
        yield Measurement(f"{name}: backward", numbers + read * values[0].size, _bind(layer.backward, operands))


def losses() -> Iterator[Measurement]:
    for name, kind, shape in LOSSES:
        layer, scores = make_layer(kind, bottoms=2), draw(*shape)
        labels = np.zeros((shape[0], *shape[2:]), np.float32) if kind.startswith("Softmax") else draw(*shape)
        operands = run_layer(layer, [scores, labels], top_diffs=[np.ones(())], dtype=np.float32).operands
        operands.pick = picker()
        numbers = scores.size + labels.size
        yield Measurement(f"{name}: forward", numbers, _bind(layer.forward, operands))
        yield Measurement(f"{name}: backward", numbers + scores.size, _bind(layer.backward, operands))


def rules() -> Iterator[Measurement]:
    """A million parameters in pieces, with weight decay."""
    step = pick(updates.step)
    scratch = np.empty((2, TILE), np.float32)

    def update(rule: updates.Update, numbers: updates.Numbers, arrays: Sequence[Array]) -> None:
        for data, gradient, *moments in zip(*arrays, strict=True):
            step(rule, data, gradient, moments, scratch, 1, 5e-4, 0, False, 0.01, numbers)

    for name, rule, numbers, moments in UPDATES:
        arrays = [np.abs(draw(16, TILE)) for _ in range(2 + moments)]
        yield Measurement(f"{name}: update", (4 + 2 * moments) * arrays[0].size, _bind(update, rule, numbers, arrays))


def _bind(call: Callable[..., object], *arguments: object) -> Callable[[], object]:
    return lambda: call(*arguments)


def seconds(work: Callable[[], object], passes: int = 12) -> float:
    work()
    times = []
    for _ in range(passes):
        start = time.thread_time()
        work()
        times.append(time.thread_time() - start)
    return min(times)


def main() -> None:
    target = sys.argv[1] if len(sys.argv) > 1 else "numpy"
    source, copy = draw(4, 56, 56, 256), draw(4, 56, 56, 256)
    print(f"{'kernel':46} {'ms':>8} {'GB/s':>7}")
    with threadpool_limits(1), use_target(target), np.errstate(all="ignore"):
        for family in (poolings, lrns, norms, layers, losses, rules):
            for measurement in family():
                took = seconds(measurement.work)
                print(
                    f"{measurement.name:46} {took * 1e3:8.3f} {4 * measurement.numbers / took / 1e9:7.1f}", flush=True
                )
        took = seconds(_bind(np.copyto, copy, source))
    print(f"{'copy of 12.8 MB':46} {took * 1e3:8.3f} {8 * source.size / took / 1e9:7.1f}")


if __name__ == "__main__":
    main()
