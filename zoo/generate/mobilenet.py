"""MobileNets: depthwise convolutions, then inverted residuals."""

from __future__ import annotations

from typing import Any

from netcc.pycaffe import layers as L  # noqa: N812
from netcc.pycaffe.net_spec import Top
from zoo.generate.net import ZooNet, imagenet
from zoo.generate.writer import NetWriter

PAIRS = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1)]
"""Outputs and stride of each depthwise separable convolution of the first MobileNet."""

INVERTED = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]
"""Expansion, outputs, blocks and first stride of each stage of the second (table 2 of its paper)."""


def normalized(
    net: NetWriter, name: str, bottom: Top, outputs: int, kernel: int, stride: int = 1, group: int = 1
) -> Top:
    top = net.convolution(name, bottom, outputs, kernel, stride=stride, pad=kernel // 2, group=group, bias=False)
    return net.batch_norm(f"{name}/bn", f"{name}/scale", top)


def v1(net: NetWriter, data: Top) -> Top:
    def active(name: str, bottom: Top, outputs: int, kernel: int, stride: int = 1, group: int = 1) -> Top:
        return net.relu(f"relu_{name}", normalized(net, name, bottom, outputs, kernel, stride, group))

    top, channels = active("conv1", data, 32, 3, 2), 32
    net.stage("conv1")
    for number, (outputs, stride) in enumerate(PAIRS, 2):
        top = active(f"conv{number}/dw", top, channels, 3, stride, channels)
        top, channels = active(f"conv{number}/sep", top, outputs, 1), outputs
        net.stage(f"conv{number}, depthwise and 1 x 1")
    top = net.global_pool("pool", top)
    net.stage("pool")
    top = net.inner_product("fc", top, 1000)
    net.stage("fc")
    return top


def inverted_residual(
    net: NetWriter, name: str, bottom: Top, inputs: int, outputs: int, expansion: int, stride: int
) -> Top:
    """Widen, filter each channel by itself, project without a ReLU; add the input where sizes allow."""
    wide = inputs * expansion

    def active(part: str, top: Top, kernel: int, stride: int = 1, group: int = 1) -> Top:
        top = normalized(net, f"{name}/{part}", top, wide, kernel, stride, group)
        return net.add(f"{name}/{part}/relu6", L.Clip(top, min=0, max=6, in_place=True))

    top = active("expand", bottom, 1) if expansion > 1 else bottom
    top = active("dw", top, 3, stride, wide)
    top = normalized(net, f"{name}/project", top, outputs, 1)
    return net.sum(name, bottom, top) if stride == 1 and inputs == outputs else top


def v2(net: NetWriter, data: Top) -> Top:
    def active(name: str, bottom: Top, outputs: int, kernel: int, stride: int = 1) -> Top:
        top = normalized(net, name, bottom, outputs, kernel, stride)
        return net.add(f"{name}/relu6", L.Clip(top, min=0, max=6, in_place=True))

    top, channels = active("conv1", data, 32, 3, 2), 32
    net.stage("conv1")
    for stage, (expansion, outputs, blocks, stride) in enumerate(INVERTED, 2):
        for block in range(1, blocks + 1):
            first_stride = stride if block == 1 else 1
            top = inverted_residual(net, f"block{stage}_{block}", top, channels, outputs, expansion, first_stride)
            channels = outputs
        net.stage(f"block{stage}, {blocks} inverted residual{'s' if blocks > 1 else ''}")
    top = active("conv9", top, 1280, 1)
    net.stage("conv9")
    top = net.dropout("drop", net.global_pool("pool", top), 0.2)
    net.stage("pool")
    top = net.inner_product("fc", top, 1000)
    net.stage("fc")
    return top


SOLVER = {
    "test_iter": 1000,
    "test_interval": 10000,
    "test_initialization": False,
    "type": "RMSProp",
    "rms_decay": 0.9,
    "delta": 1,
    "base_lr": 0.045,
    "lr_policy": "step",
    "weight_decay": 0.00004,
    "display": 100,
    "snapshot": 20000,
}

COLOURS: dict[str, Any] = {"mean_value": [103.94, 116.78, 123.68], "scale": 0.017}

NETS = [
    ZooNet(
        name="mobilenet_v1",
        title="MobileNet-v1",
        paper="""A. G. Howard et al.: *MobileNets: Efficient convolutional neural networks for mobile vision
        applications*, arXiv:1704.04861, 2017.""",
        text="""A convolution of 3 x 3 is split in two: a depthwise one, in which every channel is filtered by
        itself, and one of 1 x 1 that mixes channels. That takes an eighth to a ninth of the work, and makes
        nets for telephones. In Caffe a depthwise convolution is one with as many groups as channels.""",
        input=(3, 224, 224),
        parameters=4_231_976,
        source="""Keras' `MobileNet`, whose summary prints 4,253,864, of which 21,888 do not learn (running means and
        variances); the table of pytorchcv has 4,231,976 for its `mobilenet_w1`. The paper says 4.2 million.""",
        body=v1,
        database=imagenet(224, 96, **COLOURS),
        solver={**SOLVER, "gamma": 0.94, "stepsize": 26690, "max_iter": 1334500},
        training="""RMSProp as in Inception-v3, which the paper refers to: decay 0.9, epsilon 1, rate 0.045 that
        falls by 6 % every two passes over the data (26,690 iterations of 96 images). The paper used less
        augmentation than for large nets, and little or no weight decay on depthwise filters.""",
    ),
    ZooNet(
        name="mobilenet_v2",
        title="MobileNet-v2",
        paper="M. Sandler, A. Howard, M. Zhu, A. Zhmoginov, L.-C. Chen: *MobileNetV2: Inverted residuals and linear "
        "bottlenecks*, CVPR 2018.",
        text="""Blocks that are thin outside and wide inside: 1 x 1 to six times the channels, a depthwise 3 x
        3, and 1 x 1 back without a ReLU, since in few channels a ReLU loses too much. The shortcuts join the
        thin ends. ReLUs stop at 6, which `Clip` does.""",
        input=(3, 224, 224),
        parameters=3_504_872,
        source="torchvision's `mobilenet_v2` (`num_params` of its published weights); the paper says 3.4 million.",
        body=v2,
        database=imagenet(224, 96, **COLOURS),
        solver={**SOLVER, "gamma": 0.98, "stepsize": 13345, "max_iter": 4003500},
        training="""RMSProp with decay 0.9, rate 0.045 that falls by 2 % every pass over the data (13,345
        iterations of 96 images), weight decay 0.00004, as in the paper; its momentum of 0.9 is left out, since
        Caffe's RMSProp has none.""",
    ),
]
