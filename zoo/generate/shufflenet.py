"""ShuffleNet: grouped convolutions of 1 x 1, and channels that change groups."""

from __future__ import annotations

from netcc.pycaffe import layers as L  # noqa: N812
from netcc.pycaffe.net_spec import Top
from zoo.generate.net import ZooNet, imagenet
from zoo.generate.writer import NetWriter

GROUPS = 3
STAGES = {2: (240, 4), 3: (480, 8), 4: (960, 4)}
"""Channels and units of each stage (table 1 of the paper, three groups)."""


def normalized(
    net: NetWriter, name: str, bottom: Top, outputs: int, kernel: int, *, stride: int = 1, group: int = 1
) -> Top:
    top = net.convolution(name, bottom, outputs, kernel, stride=stride, pad=kernel // 2, group=group, bias=False)
    return net.batch_norm(f"{name}/bn", f"{name}/scale", top)


def shuffle_unit(net: NetWriter, name: str, bottom: Top, inputs: int, outputs: int) -> Top:
    """Grouped 1 x 1, shuffle, depthwise 3 x 3, grouped 1 x 1; added to the input, or beside it if the image shrinks."""
    shrinks, inner = inputs != outputs, outputs // 4
    first = 1 if inputs == 24 else GROUPS  # so few channels are not split
    top = normalized(net, f"{name}/conv1", bottom, inner, 1, group=first)
    top = net.add(f"{name}/shuffle", L.ShuffleChannel(net.relu(f"{name}/conv1/relu", top), group=GROUPS))
    top = normalized(net, f"{name}/conv2", top, inner, 3, stride=2 if shrinks else 1, group=inner)
    top = normalized(net, f"{name}/conv3", top, outputs - inputs if shrinks else outputs, 1, group=GROUPS)
    if shrinks:
        joined = net.concat(name, net.average_pool(f"{name}/pool", bottom, 3, 2), top)
    else:
        joined = net.sum(name, bottom, top)
    return net.relu(f"{name}/relu", joined)


def shufflenet(net: NetWriter, data: Top) -> Top:
    top, channels = net.relu("conv1/relu", normalized(net, "conv1", data, 24, 3, stride=2)), 24
    net.stage("conv1")
    top = net.max_pool("pool1", top, 3, 2)
    net.stage("pool1")
    for stage, (outputs, units) in STAGES.items():
        for number in range(1, units + 1):
            top = shuffle_unit(net, f"stage{stage}_{number}", top, channels, outputs)
            channels = outputs
        net.stage(f"stage{stage}, {units} units")
    top = net.global_pool("pool5", top)
    net.stage("pool5")
    top = net.inner_product("fc", top, 1000)
    net.stage("fc")
    return top


NETS = [
    ZooNet(
        name="shufflenet",
        title="ShuffleNet",
        paper="""X. Zhang, X. Zhou, M. Lin, J. Sun: *ShuffleNet: An extremely efficient convolutional neural
        network for mobile devices*, CVPR 2018.""",
        text="""In a net of depthwise convolutions nearly all work is in those of 1 x 1. Here they are split
        into three groups, and a shuffle of the channels lets each group hear from all others. This is the net
        of full width (1x) for three groups; where the image shrinks, the shortcut is a mean and is joined
        rather than added.""",
        input=(3, 224, 224),
        parameters=1_865_728,
        source="""the table of pytorchcv (osmr's `imgclsmob`) for its `shufflenet_g3_w1`; the paper gives work, not
        parameters.""",
        body=shufflenet,
        database=imagenet(224, 64, mean_value=[103.94, 116.78, 123.68], scale=0.017),
        solver={
            "test_iter": 1000,
            "test_interval": 5000,
            "test_initialization": False,
            "base_lr": 0.5,
            "lr_policy": "poly",
            "power": 1,
            "max_iter": 300000,
            "iter_size": 16,
            "momentum": 0.9,
            "weight_decay": 0.00004,
            "display": 20,
            "snapshot": 10000,
        },
        training="""As in the paper: batches of 1,024 (here 16 times 64), 300,000 iterations, rate 0.5 that
        falls to 0 along a line, weight decay 0.00004.""",
    ),
]
