"""GoogLeNet: inception modules and auxiliary classifiers."""

from __future__ import annotations

from netcc.pycaffe.net_spec import Top
from zoo.generate.net import Losses, ZooNet, imagenet
from zoo.generate.writer import XAVIER, NetWriter

MODULES = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}
"""Channels of each module: 1x1, 3x3 reduced and 3x3, 5x5 reduced and 5x5, pooled."""

POOLED_AFTER = {"3b": "pool3/3x3_s2", "4e": "pool4/3x3_s2"}
AUXILIARY_AFTER = {"4a": "loss1", "4d": "loss2"}


def convolution(net: NetWriter, name: str, relu: str, bottom: Top, outputs: int, kernel: int, stride: int = 1) -> Top:
    top = net.convolution(name, bottom, outputs, kernel, stride=stride, pad=kernel // 2, filler=XAVIER, bias_value=0.2)
    return net.relu(relu, top)


def inception(net: NetWriter, module: str, bottom: Top, channels: tuple[int, ...]) -> Top:
    """Four views of the same blob side by side: three sizes of windows and a pooling."""
    name = f"inception_{module}"
    one, reduced_three, three, reduced_five, five, pooled = channels

    def part(label: str, bottom: Top, outputs: int, kernel: int) -> Top:
        return convolution(net, f"{name}/{label}", f"{name}/relu_{label}", bottom, outputs, kernel)

    return net.concat(
        f"{name}/output",
        part("1x1", bottom, one, 1),
        part("3x3", part("3x3_reduce", bottom, reduced_three, 1), three, 3),
        part("5x5", part("5x5_reduce", bottom, reduced_five, 1), five, 5),
        part("pool_proj", net.max_pool(f"{name}/pool", bottom, 3, 1, 1), pooled, 1),
    )


def auxiliary(net: NetWriter, name: str, bottom: Top) -> None:
    """A small classifier half way up, whose loss reaches the lower layers by a shorter way."""
    top = net.average_pool(f"{name}/ave_pool", bottom, 5, 3)
    top = convolution(net, f"{name}/conv", f"{name}/relu_conv", top, 128, 1)
    top = net.relu(f"{name}/relu_fc", net.inner_product(f"{name}/fc", top, 1024, bias_value=0.2))
    net.inner_product(f"{name}/classifier", net.dropout(f"{name}/drop_fc", top, 0.7), 1000, bias_value=0)


def googlenet(net: NetWriter, data: Top) -> Top:
    top = convolution(net, "conv1/7x7_s2", "conv1/relu_7x7", data, 64, 7, 2)
    net.stage("conv1")
    top = net.lrn("pool1/norm1", net.max_pool("pool1/3x3_s2", top, 3, 2))
    net.stage("pool1, norm1")
    top = convolution(net, "conv2/3x3_reduce", "conv2/relu_3x3_reduce", top, 64, 1)
    top = net.lrn("conv2/norm2", convolution(net, "conv2/3x3", "conv2/relu_3x3", top, 192, 3))
    net.stage("conv2, norm2")
    top = net.max_pool("pool2/3x3_s2", top, 3, 2)
    net.stage("pool2")
    for module, channels in MODULES.items():
        top = inception(net, module, top, channels)
        net.stage(f"inception {module}")
        if net.training and module in AUXILIARY_AFTER:
            auxiliary(net, AUXILIARY_AFTER[module], top)
        if module in POOLED_AFTER:
            top = net.max_pool(POOLED_AFTER[module], top, 3, 2)
            net.stage(POOLED_AFTER[module].partition("/")[0])
    top = net.dropout("pool5/drop", net.average_pool("pool5/7x7_s1", top, 7), 0.4)
    net.stage("pool5, dropout 0.4")
    top = net.inner_product("loss3/classifier", top, 1000, bias_value=0)
    net.stage("classifier")
    return top


NETS = [
    ZooNet(
        name="googlenet",
        title="GoogLeNet",
        paper="C. Szegedy, W. Liu, Y. Jia, P. Sermanet, S. Reed, D. Anguelov, D. Erhan, V. Vanhoucke, A. Rabinovich: "
        "*Going deeper with convolutions*, CVPR 2015.",
        text="""Nine inception modules, each of which looks at its input through windows of 1 x 1, 3 x 3 and 5 x
        5 and a pooling at once, with convolutions of 1 x 1 to make the input thin first: 22 layers with an
        eighth of AlexNet's parameters. In training two auxiliary classifiers behind modules 4a and 4d add 0.3
        of their losses.""",
        input=(3, 224, 224),
        parameters=6_998_552,
        train_parameters=13_378_280,
        source="""BVLC's `models/bvlc_googlenet` (6,998,552 in deploy.prototxt, 13,378,280 with both auxiliary
        classifiers, a weights file of 53.5 MB); table 1 of the paper lists 6.8 million rounded by module.""",
        body=googlenet,
        database=imagenet(224, 32),
        losses=Losses({"loss1/classifier": 0.3, "loss2/classifier": 0.3}),
        solver={
            "test_iter": 1000,
            "test_interval": 4000,
            "test_initialization": False,
            "base_lr": 0.01,
            "lr_policy": "step",
            "gamma": 0.96,
            "stepsize": 320000,
            "max_iter": 10000000,
            "momentum": 0.9,
            "weight_decay": 0.0002,
            "display": 40,
            "average_loss": 40,
            "snapshot": 40000,
        },
        training="""SGD with momentum 0.9; the rate falls by 4 % every 8 passes over the data, which are 320,000
        iterations of 32 images, as in the paper and in BVLC's model. The paper's averaging of weights and its
        sampling of patches of 8 to 100 % of the image are not carried over.""",
    ),
]
