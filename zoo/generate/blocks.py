"""The gallery of blocks: what large nets are made of, each as a net of its own, small enough to read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from netcc.pycaffe.net_spec import Top
from zoo.generate import deeplab, densenet, googlenet, mobilenet, resnet
from zoo.generate.writer import NetWriter


@dataclass(frozen=True)
class Block:
    """One block. `text` says what it is for; each of `sums` is a sum of products, the number it gives and what
    that is the number of."""

    name: str
    title: str
    text: str
    input: tuple[int, ...]
    write: Callable[[NetWriter, Top], Top]
    parameters: int
    sums: tuple[tuple[str, str], ...]


def plain(net: NetWriter, name: str, bottom: Top, outputs: int, kernel: int | tuple[int, int], group: int = 1) -> Top:
    """A convolution alone, without bias, that keeps the size of the image."""
    pad = (kernel[0] // 2, kernel[1] // 2) if isinstance(kernel, tuple) else kernel // 2
    return net.convolution(name, bottom, outputs, kernel, pad=pad, group=group, bias=False)


def residual(net: NetWriter, data: Top) -> Top:
    return net.relu("relu", net.sum("sum", data, resnet.basic_branch(net, "", data, 64, 1)))


def bottleneck(net: NetWriter, data: Top) -> Top:
    return net.relu("relu", net.sum("sum", data, resnet.bottleneck_branch(net, "", data, 128, 1)))


def inception(net: NetWriter, data: Top) -> Top:
    return googlenet.inception(net, "3a", data, googlenet.MODULES["3a"])


def factorised(net: NetWriter, data: Top) -> Top:
    top = net.relu("relu_wide", plain(net, "wide", data, 128, (1, 7)))
    return net.relu("relu_high", plain(net, "high", top, 128, (7, 1)))


def separable(net: NetWriter, data: Top) -> Top:
    return plain(net, "pointwise", plain(net, "depthwise", data, 16, 3, group=16), 32, 1)


def inverted(net: NetWriter, data: Top) -> Top:
    return mobilenet.inverted_residual(net, "block", data, 24, 24, 6, 1)


def squeeze_excite(net: NetWriter, data: Top) -> Top:
    return resnet.squeeze_excite(net, "", data, 256)


def dense(net: NetWriter, data: Top) -> Top:
    top = data
    for number in range(1, 5):
        top = densenet.dense_layer(net, f"layer{number}", top, 32)
    return top


BLOCKS = [
    Block(
        "residual",
        "Residual block",
        """Two convolutions of 3 x 3 whose result is added to the input. If the block has nothing to say it need
        only learn to say 0, and the gradient passes it unchanged along the other way. From ResNet-18 and 34.""",
        (64, 56, 56),
        residual,
        73_984,
        (
            ("64 x 3 x 3 x 64", "36,864 weights in each convolution"),
            ("2 x 36,864 + 2 x 2 x 64", "73,984 with a factor and a bias for each channel"),
        ),
    ),
    Block(
        "bottleneck",
        "Bottleneck",
        """512 channels made thin by 1 x 1 to 128, looked at with 3 x 3, and widened again: the block of ResNet-50 and
        deeper. One convolution of 3 x 3 over all 512 channels has more than eight times its weights.""",
        (512, 28, 28),
        bottleneck,
        280_064,
        (
            ("512 x 3 x 3 x 512", "2,359,296 weights in a convolution of 3 x 3 that stays wide"),
            ("512 x 128 + 128 x 3 x 3 x 128 + 128 x 512", "278,528 in the three of the bottleneck"),
            ("278,528 + 2 x 128 + 2 x 128 + 2 x 512", "280,064 with factors and biases"),
        ),
    ),
    Block(
        "inception",
        "Inception module",
        """1 x 1, 3 x 3, 5 x 5 and a pooling side by side, their channels joined: the net need not choose the
        size of its window. The convolutions of 1 x 1 before the large windows keep it affordable. Module 3a of
        GoogLeNet.""",
        (192, 28, 28),
        inception,
        163_696,
        (
            ("192 x 64 + 64", "12,352 in 1 x 1"),
            ("192 x 96 + 96 + 96 x 3 x 3 x 128 + 128", "129,248 in 3 x 3 behind its reduction"),
            ("192 x 16 + 16 + 16 x 5 x 5 x 32 + 32", "15,920 in 5 x 5 behind its reduction"),
            ("192 x 32 + 32", "6,176 behind the pooling"),
            ("12,352 + 129,248 + 15,920 + 6,176", "163,696 in all"),
            ("192 x 5 x 5 x 32 + 32", "153,632 in 5 x 5 alone if it were not reduced first"),
        ),
    ),
    Block(
        "factorised_convolution",
        "Factorised convolution",
        """7 x 7 as 1 x 7 and then 7 x 1: the same window with two sevenths of the weights and of the work. From
        Inception-v3, where it stands at maps of 17 x 17.""",
        (128, 17, 17),
        factorised,
        229_376,
        (
            ("128 x 7 x 7 x 128", "802,816 weights in 7 x 7"),
            ("128 x 1 x 7 x 128 + 128 x 7 x 1 x 128", "229,376 in 1 x 7 and 7 x 1"),
        ),
    ),
    Block(
        "depthwise_separable",
        "Depthwise separable convolution",
        """Each channel filtered by itself, then all channels mixed by 1 x 1. In Caffe the first is a
        convolution with as many groups as channels. From MobileNet and Xception.""",
        (16, 32, 32),
        separable,
        656,
        (
            ("16 x 3 x 3 x 32", "4,608 weights in a convolution of 3 x 3 from 16 to 32 channels"),
            ("16 x 3 x 3 + 16 x 32", "656 in the two that take its place"),
        ),
    ),
    Block(
        "inverted_residual",
        "Inverted residual",
        """Wide inside, thin outside: 24 channels become 144, are filtered each by itself, and come back to 24
        without a ReLU. Only the thin ends must be kept in memory. From MobileNet-v2.""",
        (24, 56, 56),
        inverted,
        8_832,
        (
            ("24 x 144 + 144 x 3 x 3 + 144 x 24", "8,208 weights"),
            ("8,208 + 2 x 144 + 2 x 144 + 2 x 24", "8,832 with factors and biases"),
        ),
    ),
    Block(
        "aspp",
        "Atrous spatial pyramid pooling",
        """The same map seen through 1 x 1, through three windows of 3 x 3 with holes of 12, 24 and 36 pixels,
        and as one mean: objects of any size have a window that fits. Holes cost nothing: a window of 73 x 73
        pixels has nine weights for each pair of channels. From DeepLab-v3.""",
        (2048, 65, 65),
        deeplab.pyramid,
        15_535_104,
        (
            ("2 x 12 + 1", "25 pixels from one end of the first window to the other"),
            ("2 x 36 + 1", "73 pixels for the last"),
            ("2048 x 256", "524,288 weights in 1 x 1, and as many for the mean"),
            ("3 x 2048 x 3 x 3 x 256", "14,155,776 in the three windows"),
            ("5 x 256 x 256", "327,680 to join them"),
            ("6 x 2 x 256", "3,072 factors and biases"),
            ("2 x 524,288 + 14,155,776 + 327,680 + 3,072", "15,535,104 in all"),
        ),
    ),
    Block(
        "squeeze_excite",
        "Squeeze and excitation",
        """The mean of each channel goes through two inner products, thin in the middle, and becomes a number
        between 0 and 1 by which the channel is multiplied: all channels decide together which of them matter.
        From SE-ResNet.""",
        (256, 56, 56),
        squeeze_excite,
        8_464,
        (
            ("256 x 16 + 16", "4,112 down to 16"),
            ("16 x 256 + 256", "4,352 up again"),
            ("4,112 + 4,352", "8,464 in all"),
        ),
    ),
    Block(
        "dense_block",
        "Dense block",
        """Four layers, each of which reads the input and all layers before it and adds 32 channels: 64 become
        192. Before each convolution stand normalization and ReLU; 1 x 1 to 128 channels keeps the 3 x 3
        affordable. From DenseNet.""",
        (64, 56, 56),
        dense,
        206_720,
        (
            ("64 + 96 + 128 + 160", "448 channels that the four layers read"),
            ("448 x 128", "57,344 weights in 1 x 1"),
            ("4 x 128 x 3 x 3 x 32", "147,456 in 3 x 3"),
            ("2 x 448 + 4 x 2 x 128", "1,920 factors and biases"),
            ("57,344 + 147,456 + 1,920", "206,720 in all"),
        ),
    ),
]
