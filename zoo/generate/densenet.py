"""DenseNet: every layer sees all layers before it."""

from __future__ import annotations

from functools import partial

from netcc.pycaffe.net_spec import Top
from zoo.generate.net import ZooNet, imagenet
from zoo.generate.writer import NetWriter

VERSIONS = {
    121: (32, (6, 12, 24, 16), 7_978_856),
    161: (48, (6, 12, 36, 24), 28_681_000),
    169: (32, (6, 12, 32, 32), 14_149_480),
    201: (32, (6, 12, 48, 32), 20_013_928),
}
"""Growth (the channels that each layer adds), layers of each block, parameters."""

BOTTLENECK = 4
"""The convolution of 1 x 1 makes this many times as many channels as the layer adds."""


def before(net: NetWriter, name: str, bottom: Top) -> Top:
    """Normalization and ReLU before a convolution, in a blob of their own: others read `bottom` too."""
    return net.relu(f"{name}/relu", net.batch_norm(f"{name}/bn", f"{name}/scale", bottom, in_place=False))


def dense_layer(net: NetWriter, name: str, bottom: Top, growth: int) -> Top:
    top = net.convolution(f"{name}/x1", before(net, f"{name}/x1", bottom), BOTTLENECK * growth, 1, bias=False)
    top = net.batch_norm(f"{name}/x2/bn", f"{name}/x2/scale", top)
    top = net.convolution(f"{name}/x2", net.relu(f"{name}/x2/relu", top), growth, 3, pad=1, bias=False)
    return net.concat(f"{name}/concat", bottom, top)


def densenet(net: NetWriter, data: Top, layers: int) -> Top:
    growth, blocks, _ = VERSIONS[layers]
    channels = 2 * growth
    top = net.convolution("conv1", data, channels, 7, stride=2, pad=3, bias=False)
    top = net.relu("conv1/relu", net.batch_norm("conv1/bn", "conv1/scale", top))
    net.stage("conv1")
    top = net.max_pool("pool1", top, 3, 2)
    net.stage("pool1")
    for block, depth in enumerate(blocks, 2):
        for number in range(1, depth + 1):
            top = dense_layer(net, f"conv{block}_{number}", top, growth)
        channels += depth * growth
        net.stage(f"dense block {block - 1}, {depth} layers")
        if block < 5:
            channels //= 2
            top = net.convolution(f"conv{block}_blk", before(net, f"conv{block}_blk", top), channels, 1, bias=False)
            top = net.average_pool(f"pool{block}", top, 2, 2)
            net.stage(f"transition {block - 1}")
    top = net.global_pool("pool5", before(net, "conv5_blk", top))
    net.stage("pool5")
    top = net.inner_product("fc6", top, 1000)
    net.stage("fc6")
    return top


def entry(layers: int) -> ZooNet:
    growth, (first, second, third, fourth), parameters = VERSIONS[layers]
    return ZooNet(
        name=f"densenet{layers}",
        title=f"DenseNet-{layers}",
        paper="""G. Huang, Z. Liu, L. van der Maaten, K. Q. Weinberger: *Densely connected convolutional
        networks*, CVPR 2017.""",
        text=f"""Within a block each layer reads the outputs of all layers before it, joined as channels, and
        adds {growth} of its own; nothing is learned twice, so few parameters go far. Blocks of
        {first}, {second}, {third} and {fourth} layers, each of 1 x 1 and 3 x 3 with normalization and
        ReLU before the convolution; between blocks a transition halves channels and image.""",
        input=(3, 224, 224),
        parameters=parameters,
        source=f"torchvision's `densenet{layers}` (`num_params` of its published weights).",
        body=partial(densenet, layers=layers),
        database=imagenet(224, 32, 25, mean_value=[103.94, 116.78, 123.68], scale=0.017),
        solver={
            "test_iter": 2000,
            "test_interval": 5000,
            "test_initialization": False,
            "type": "Nesterov",
            "base_lr": 0.1,
            "lr_policy": "multistep",
            "gamma": 0.1,
            "stepvalue": [150150, 300300],
            "max_iter": 450450,
            "iter_size": 8,
            "momentum": 0.9,
            "weight_decay": 0.0001,
            "display": 20,
            "snapshot": 10000,
        },
        training="""As in the paper: batches of 256 (here 8 times 32), Nesterov's momentum of 0.9, weight decay
        0.0001, 90 passes over the data (450,450 iterations), rate 0.1 divided by 10 after 30 and 60.
        Augmentation by area and aspect is not carried over.""",
    )


NETS = [entry(layers) for layers in VERSIONS]
