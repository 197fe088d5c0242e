"""VGG: depth from small convolutions."""

from __future__ import annotations

from functools import partial

from netcc.pycaffe.net_spec import Top
from zoo.generate.net import ZooNet, imagenet
from zoo.generate.writer import NetWriter, gaussian

CONFIGURATIONS = {
    11: ("A", (1, 1, 2, 2, 2), 132_863_336),
    13: ("B", (2, 2, 2, 2, 2), 133_047_848),
    16: ("D", (2, 2, 3, 3, 3), 138_357_544),
    19: ("E", (2, 2, 4, 4, 4), 143_667_240),
}
"""The letter in the paper, the convolutions of each of the five stages, the parameters."""

CHANNELS = (64, 128, 256, 512, 512)


def features(net: NetWriter, data: Top, depths: tuple[int, ...]) -> Top:
    """The five stages of convolutions of 3 x 3, each of which halves the image at its end."""
    top = data
    for stage, (depth, channels) in enumerate(zip(depths, CHANNELS, strict=True), 1):
        for number in range(1, depth + 1):
            top = net.convolution(f"conv{stage}_{number}", top, channels, 3, pad=1)
            top = net.relu(f"relu{stage}_{number}", top)
        top = net.max_pool(f"pool{stage}", top, 2, 2)
    return top


def vgg(net: NetWriter, data: Top, depths: tuple[int, ...]) -> Top:
    top = features(net, data, depths)
    for number in (6, 7):
        top = net.relu(f"relu{number}", net.inner_product(f"fc{number}", top, 4096, filler=gaussian(0.005)))
        top = net.dropout(f"drop{number}", top)
    return net.inner_product("fc8", top, 1000, filler=gaussian(0.01))


SOLVER = {
    "test_iter": 2000,
    "test_interval": 5000,
    "base_lr": 0.01,
    "lr_policy": "step",
    "gamma": 0.1,
    "stepsize": 100000,
    "max_iter": 370000,
    "iter_size": 8,
    "momentum": 0.9,
    "weight_decay": 0.0005,
    "display": 20,
    "snapshot": 10000,
}


def entry(layers: int) -> ZooNet:
    letter, depths, parameters = CONFIGURATIONS[layers]
    return ZooNet(
        name=f"vgg{layers}",
        title=f"VGG-{layers}",
        paper="""K. Simonyan, A. Zisserman: *Very deep convolutional networks for large-scale image
        recognition*, ICLR 2015.""",
        text=f"""Configuration {letter} of the paper: {sum(depths)} convolutions, all of 3 x 3, and three inner
        products. Two such convolutions see 5 x 5 pixels and three see 7 x 7, with fewer parameters than one
        large window and a ReLU after each; so the net could become deep and stay simple. Nine parameters in ten
        are in fc6, fc7 and fc8.""",
        input=(3, 224, 224),
        parameters=parameters,
        source=f"""torchvision's `vgg{layers}` (`num_params` of its published weights); table 2 of the paper
        rounds it to {round(parameters / 1e6)} million.""",
        body=partial(vgg, depths=depths),
        database=imagenet(224, 32, 25),
        solver=SOLVER,
        training="""As in the paper: batches of 256 (here 8 times 32), momentum 0.9, weight decay 0.0005, rate
        0.01 divided by 10 three times in 370,000 iterations (where the paper waited for the accuracy to stand
        still), dropout of one half. The paper began the deep nets from the weights of the shallow one; with the
        initial values of He et al. used here that is no longer needed. Images of other scales than 256 are not
        carried over.""",
    )


NETS = [entry(layers) for layers in CONFIGURATIONS]
