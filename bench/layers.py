"""How long layers take, forward and backward: `python bench/layers.py`.

float32, two BLAS threads, the lower quartile of thirty passes. MAC/s counts multiply-adds of the products alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from threadpoolctl import threadpool_limits

from netcc.testing import make_layer, run_layer
from netcc.types import Shape

CONVOLUTION = "convolution_param {{ num_output: {} kernel_size: {} pad: {} stride: {} group: {} }}"
POOLING = "pooling_param {{ pool: {} kernel_size: {} stride: {} }}"

CASES: list[tuple[str, str, str, Shape]] = [
    ("LeNet conv1", "Convolution", CONVOLUTION.format(20, 5, 0, 1, 1), (64, 1, 28, 28)),
    ("LeNet conv2", "Convolution", CONVOLUTION.format(50, 5, 0, 1, 1), (64, 20, 12, 12)),
    ("LeNet pool1", "Pooling", POOLING.format("MAX", 2, 2), (64, 20, 24, 24)),
    ("LeNet pool2", "Pooling", POOLING.format("MAX", 2, 2), (64, 50, 8, 8)),
    ("LeNet ip1", "InnerProduct", "inner_product_param { num_output: 500 }", (64, 50, 4, 4)),
    ("AlexNet conv1, stride 4", "Convolution", CONVOLUTION.format(96, 11, 0, 4, 1), (8, 3, 227, 227)),
    ("AlexNet conv2, 2 groups", "Convolution", CONVOLUTION.format(256, 5, 2, 1, 2), (8, 96, 27, 27)),
    ("VGG conv1_2, 1 image", "Convolution", CONVOLUTION.format(64, 3, 1, 1, 1), (1, 64, 224, 224)),
    ("ResNet stem", "Convolution", CONVOLUTION.format(64, 7, 3, 2, 1), (4, 3, 224, 224)),
    ("ResNet 3x3 at 14", "Convolution", CONVOLUTION.format(256, 3, 1, 1, 1), (16, 256, 14, 14)),
    ("ResNet 3x3, stride 2", "Convolution", CONVOLUTION.format(128, 3, 1, 2, 1), (16, 128, 28, 28)),
    ("ResNet 1x1 at 56", "Convolution", CONVOLUTION.format(256, 1, 0, 1, 1), (8, 64, 56, 56)),
    ("ResNet 1x1 at 7", "Convolution", CONVOLUTION.format(512, 1, 0, 1, 1), (16, 2048, 7, 7)),
    ("depthwise 3x3 at 56", "Convolution", CONVOLUTION.format(64, 3, 1, 1, 64), (8, 64, 56, 56)),
    ("max pool 3, stride 2", "Pooling", POOLING.format("MAX", 3, 2), (16, 64, 56, 56)),
    ("mean pool 3, stride 2", "Pooling", POOLING.format("AVE", 3, 2), (16, 64, 56, 56)),
]


def milliseconds(work: Callable[[], object], passes: int = 30) -> float:
    times = []
    for _ in range(passes):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return sorted(times)[passes // 4] * 1e3


def measure(kind: str, fields: str, bottom: Shape) -> tuple[float, float, int]:
    """Milliseconds forward and backward, and the multiply-adds of one forward pass."""
    random = np.random.default_rng(0)
    layer = make_layer(kind, fields)
    signature = layer.infer([bottom], 1)
    top_diff = random.uniform(-1, 1, signature.tops[0])
    operands = run_layer(layer, [random.uniform(-1, 1, bottom)], top_diffs=[top_diff], dtype=np.float32).operands
    forward = milliseconds(lambda: layer.forward(operands))
    backward = milliseconds(lambda: layer.backward(operands))
    return forward, backward, signature.macs


def main() -> None:
    print(f"{'layer':24} {'forward ms':>11} {'backward ms':>12} {'GMAC/s':>8} {'GMAC/s':>8}")
    with threadpool_limits(2):
        for name, kind, fields, bottom in CASES:
            forward, backward, macs = measure(kind, fields, bottom)
            rates = f"{macs / forward / 1e6:8.1f} {2 * macs / backward / 1e6:8.1f}" if macs else ""
            print(f"{name:24} {forward:11.2f} {backward:12.2f} {rates}")


if __name__ == "__main__":
    main()
