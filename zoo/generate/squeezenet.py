"""SqueezeNet: AlexNet's accuracy with a fiftieth of its parameters."""

from __future__ import annotations

from functools import partial

from netcc.pycaffe.net_spec import Top
from zoo.generate.net import ZooNet, imagenet
from zoo.generate.writer import XAVIER, NetWriter, gaussian

FIRES = {
    2: (16, 64),
    3: (16, 64),
    4: (32, 128),
    5: (32, 128),
    6: (48, 192),
    7: (48, 192),
    8: (64, 256),
    9: (64, 256),
}
"""Channels to which each fire module squeezes, and those of each of its two expansions."""

VERSIONS = {"1.0": (96, 7, (1, 4, 8), 1_248_424), "1.1": (64, 3, (1, 3, 5), 1_235_496)}
"""Outputs and kernel of conv1, the modules behind which is pooled, the parameters."""


def fire(net: NetWriter, number: int, bottom: Top) -> Top:
    """1 x 1 to few channels, then 1 x 1 and 3 x 3 side by side."""
    squeezed, expanded = FIRES[number]

    def part(label: str, bottom: Top, outputs: int, kernel: int) -> Top:
        name = f"fire{number}/{label}"
        top = net.convolution(name, bottom, outputs, kernel, pad=kernel // 2, filler=XAVIER, params=[])
        return net.relu(f"fire{number}/relu_{label}", top)

    top = part("squeeze1x1", bottom, squeezed, 1)
    top = net.concat(f"fire{number}/concat", part("expand1x1", top, expanded, 1), part("expand3x3", top, expanded, 3))
    net.stage(f"fire{number}")
    return top


def squeezenet(net: NetWriter, data: Top, version: str) -> Top:
    outputs, kernel, pooled_after, _ = VERSIONS[version]
    top = net.convolution("conv1", data, outputs, kernel, stride=2, filler=XAVIER, params=[])
    top = net.relu("relu_conv1", top)
    net.stage("conv1")
    for number in range(1, 10):
        if number > 1:
            top = fire(net, number, top)
        if number in pooled_after:
            top = net.max_pool(f"pool{number}", top, 3, 2)
            net.stage(f"pool{number}")
    top = net.convolution("conv10", net.dropout("drop9", top), 1000, 1, filler=gaussian(0.01), params=[])
    top = net.relu("relu_conv10", top)
    net.stage("dropout, conv10")
    top = net.global_pool("pool10", top)
    net.stage("pool10")
    return top


def entry(version: str) -> ZooNet:
    parameters = VERSIONS[version][3]
    lighter = (
        """Version 1.1 begins with 3 x 3 rather than 7 x 7 and pools earlier: half the work for the same accuracy."""
    )
    return ZooNet(
        name=f"squeezenet_{version.replace('.', '_')}",
        title=f"SqueezeNet {version}",
        paper="""F. N. Iandola, S. Han, M. W. Moskewicz, K. Ashraf, W. J. Dally, K. Keutzer: *SqueezeNet:
        AlexNet-level accuracy with 50x fewer parameters and <0.5MB model size*, arXiv:1602.07360, 2016.""",
        text=f"""Fire modules squeeze to few channels with 1 x 1, then expand with 1 x 1 and 3 x 3 side by side;
        the classes are the means of maps, as in NIN. AlexNet's accuracy in a weights file of 5 MB. {
            lighter if version == "1.1" else ""
        }""",
        input=(3, 227, 227),
        parameters=parameters,
        source=f"""torchvision's `squeezenet1_{version[-1]}` (`num_params` of its published weights), the
        authors' net; their Caffe weights file has 4.8 MB.""",
        body=partial(squeezenet, version=version),
        database=imagenet(227, 32, 25),
        solver={
            "test_iter": 2000,
            "test_interval": 1000,
            "test_initialization": False,
            "base_lr": 0.04,
            "lr_policy": "poly",
            "power": 1,
            "max_iter": 170000,
            "iter_size": 16,
            "momentum": 0.9,
            "weight_decay": 0.0002,
            "average_loss": 40,
            "display": 40,
            "snapshot": 1000,
        },
        training="""The authors' published recipe: batches of 512 (16 times 32), rate 0.04 that falls to 0 along
        a line in 170,000 iterations, momentum 0.9, weight decay 0.0002.""",
    )


NETS = [entry(version) for version in VERSIONS]
