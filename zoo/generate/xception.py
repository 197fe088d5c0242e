"""Xception: depthwise separable convolutions all the way."""

from __future__ import annotations

from netcc.pycaffe import layers as L  # noqa: N812
from netcc.pycaffe.net_spec import Top
from zoo.generate.net import ZooNet, imagenet
from zoo.generate.writer import NetWriter

EPS = 0.001
ENTRY = {2: (128, 147), 3: (256, 74), 4: (728, 37)}
"""Channels of each block of the entry flow, and the size of its image before pooling."""

EXIT_SIZE = 19


def normalized(net: NetWriter, name: str, bottom: Top, outputs: int, kernel: int, stride: int = 1) -> Top:
    top = net.convolution(name, bottom, outputs, kernel, stride=stride, bias=False)
    return net.batch_norm(f"{name}/bn", f"{name}/scale", top, eps=EPS)


def separable(net: NetWriter, name: str, bottom: Top, inputs: int, outputs: int) -> Top:
    """Each channel by itself with 3 x 3, then all channels with 1 x 1; normalized once, behind both."""
    top = net.convolution(f"{name}/dw", bottom, inputs, 3, pad=1, group=inputs, bias=False)
    return normalized(net, name, top, outputs, 1)


def relu_before(net: NetWriter, name: str, bottom: Top) -> Top:
    """A ReLU in a blob of its own: the shortcut needs what comes before it."""
    return net.add(f"{name}/relu", L.ReLU(bottom))


def shrinking(net: NetWriter, block: int, bottom: Top, channels: tuple[int, int, int], size: int) -> Top:
    """Two separable convolutions and a pooling, beside a shortcut of 1 x 1 with stride 2."""
    inputs, middle, outputs = channels
    name = f"block{block}"
    shortcut = normalized(net, f"{name}_shortcut", bottom, outputs, 1, 2)
    top = bottom if block == 2 else relu_before(net, f"{name}_sepconv1", bottom)
    top = separable(net, f"{name}_sepconv1", top, inputs, middle)
    top = separable(net, f"{name}_sepconv2", net.relu(f"{name}_sepconv2/relu", top), middle, outputs)
    pad = size % 2  # half the size, rounded up; Caffe rounds up an even one by itself
    return net.sum(name, shortcut, net.max_pool(f"{name}_pool", top, 3, 2, pad))


def xception(net: NetWriter, data: Top) -> Top:
    top = net.relu("block1_conv1/relu", normalized(net, "block1_conv1", data, 32, 3, 2))
    top = net.relu("block1_conv2/relu", normalized(net, "block1_conv2", top, 64, 3))
    net.stage("block1, two convolutions")
    inputs = 64
    for block, (channels, size) in ENTRY.items():
        top, inputs = shrinking(net, block, top, (inputs, channels, channels), size), channels
        net.stage(f"block{block}")
    for block in range(5, 13):
        bottom = top
        top = relu_before(net, f"block{block}_sepconv1", bottom)
        for number in (1, 2, 3):
            if number > 1:
                top = net.relu(f"block{block}_sepconv{number}/relu", top)
            top = separable(net, f"block{block}_sepconv{number}", top, 728, 728)
        top = net.sum(f"block{block}", bottom, top)
    net.stage("block5 to block12")
    top = shrinking(net, 13, top, (728, 728, 1024), EXIT_SIZE)
    net.stage("block13")
    for number, (inputs, outputs) in enumerate(((1024, 1536), (1536, 2048)), 1):
        name = f"block14_sepconv{number}"
        top = net.relu(f"{name}/relu", separable(net, name, top, inputs, outputs))
    net.stage("block14")
    top = net.global_pool("pool", top)
    net.stage("pool")
    top = net.inner_product("fc", top, 1000)
    net.stage("fc")
    return top


NETS = [
    ZooNet(
        name="xception",
        title="Xception",
        paper="""F. Chollet: *Xception: Deep learning with depthwise separable convolutions*, CVPR 2017.""",
        text="""An extreme Inception: if a module's branches look at separate channels, one may as well look at
        every channel by itself. Thirty-six convolutions, nearly all depthwise separable, with shortcuts round
        every two or three; as many parameters as Inception-v3, and more accurate.""",
        input=(3, 299, 299),
        parameters=22_855_952,
        source="""table 3 of the paper. The table of pytorchcv has the same number for its `xception`; Keras' `Xception`
        has 22,910,480, of which 54,528 are running means and variances.""",
        body=xception,
        database=imagenet(299, 32, stored=342, mean_value=[128, 128, 128], scale=0.0078125),
        solver={
            "test_iter": 1000,
            "test_interval": 10000,
            "test_initialization": False,
            "base_lr": 0.045,
            "lr_policy": "step",
            "gamma": 0.94,
            "stepsize": 80072,
            "max_iter": 4003600,
            "momentum": 0.9,
            "weight_decay": 0.00001,
            "display": 100,
            "snapshot": 40036,
        },
        training="""As in the paper for ImageNet: SGD with momentum 0.9, rate 0.045 that falls by 6 % every two
        passes over the data, weight decay 0.00001. The paper averaged its weights.""",
    ),
]
