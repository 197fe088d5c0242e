"""Writes the text of a deep residual network's deploy file, for benches that need a long prototxt.

The layout follows the published ResNet-152 deploy file (Kaiming He, MIT licence) layer by layer; the text is made here.
"""

from __future__ import annotations

from collections.abc import Iterator

STAGES = ((2, 3, 64), (3, 8, 128), (4, 36, 256), (5, 3, 512))
"""Stage number, number of blocks and inner channels of ResNet-152."""


def resnet_text() -> str:
    """The whole file: about 6,700 lines, 8,600 fields."""
    return "".join(_net())


def _net() -> Iterator[str]:
    yield 'name: "ResNet-152"\ninput: "data"\ninput_dim: 1\ninput_dim: 3\ninput_dim: 224\ninput_dim: 224\n\n'
    yield from _convolution("conv1", "bn_conv1", "scale_conv1", "data", (64, 7, 3, 2))
    yield _layer("ReLU", "conv1_relu", ["conv1"], "conv1")
    yield _layer("Pooling", "pool1", ["conv1"], "pool1", "pooling_param", ["kernel_size: 3", "stride: 2", "pool: MAX"])
    bottom = "pool1"
    for stage, blocks, channels in STAGES:
        for block in range(blocks):
            suffix = "a" if block == 0 else f"b{block}"
            yield from _block(f"{stage}{suffix}", bottom, channels, first=block == 0, stride=2 if stage > 2 else 1)
            bottom = f"res{stage}{suffix}"
    yield _layer("Pooling", "pool5", [bottom], "pool5", "pooling_param", ["kernel_size: 7", "stride: 1", "pool: AVE"])
    yield _layer("InnerProduct", "fc1000", ["pool5"], "fc1000", "inner_product_param", ["num_output: 1000"])
    yield _layer("Softmax", "prob", ["fc1000"], "prob")


def _block(name: str, bottom: str, channels: int, *, first: bool, stride: int) -> Iterator[str]:
    stride = stride if first else 1
    shortcut = bottom
    if first:
        shortcut = f"res{name}_branch1"
        yield from _unit(name, "branch1", bottom, (channels * 4, 1, 0, stride))
    trunk = bottom
    for part, shape in (("a", (channels, 1, 0, stride)), ("b", (channels, 3, 1, 1)), ("c", (channels * 4, 1, 0, 1))):
        yield from _unit(name, f"branch2{part}", trunk, shape)
        trunk = f"res{name}_branch2{part}"
        if part != "c":
            yield _layer("ReLU", f"{trunk}_relu", [trunk], trunk)
    yield _layer("Eltwise", f"res{name}", [shortcut, trunk], f"res{name}")
    yield _layer("ReLU", f"res{name}_relu", [f"res{name}"], f"res{name}")


def _unit(block: str, branch: str, bottom: str, shape: tuple[int, int, int, int]) -> Iterator[str]:
    suffix = f"{block}_{branch}"
    yield from _convolution(f"res{suffix}", f"bn{suffix}", f"scale{suffix}", bottom, shape)


def _convolution(name: str, norm: str, scale: str, bottom: str, shape: tuple[int, int, int, int]) -> Iterator[str]:
    outputs, kernel, pad, stride = shape
    fields = [f"num_output: {outputs}", f"kernel_size: {kernel}", f"pad: {pad}", f"stride: {stride}"]
    yield _layer("Convolution", name, [bottom], name, "convolution_param", [*fields, "bias_term: false"])
    yield _layer("BatchNorm", norm, [name], name, "batch_norm_param", ["use_global_stats: true"])
    yield _layer("Scale", scale, [name], name, "scale_param", ["bias_term: true"])


def _layer(kind: str, name: str, bottoms: list[str], top: str, param: str = "", fields: list[str] | None = None) -> str:
    lines = [f'\tbottom: "{bottom}"' for bottom in bottoms]
    lines += [f'\ttop: "{top}"', f'\tname: "{name}"', f'\ttype: "{kind}"']
    if fields:
        lines += [f"\t{param} {{", *(f"\t\t{field}" for field in fields), "\t}"]
    return "\n".join(["layer {", *lines, "}", "", ""])
