"""Residual nets for ImageNet, the plain nets they were compared with, and the one with squeeze and excitation."""

from __future__ import annotations

import string
from functools import partial

from netcc.pycaffe import layers as L  # noqa: N812
from netcc.pycaffe.net_spec import Top
from zoo.generate.net import ZooNet, imagenet
from zoo.generate.writer import NetWriter

DEPTHS = {
    18: ((2, 2, 2, 2), 11_689_512),
    34: ((3, 4, 6, 3), 21_797_672),
    50: ((3, 4, 6, 3), 25_557_032),
    101: ((3, 4, 23, 3), 44_549_160),
    152: ((3, 8, 36, 3), 60_192_808),
}
"""Blocks of each of the four stages, parameters."""

CHANNELS = (64, 128, 256, 512)
EXPANSION = 4
"""A bottleneck widens its thin channels by this factor."""


def unit(net: NetWriter, part: str, bottom: Top, outputs: int, kernel: int, stride: int = 1, dilation: int = 1) -> Top:
    """Convolution, normalization, factor and bias: res2a_branch1, bn2a_branch1, scale2a_branch1."""
    pad = dilation * (kernel // 2)
    top = net.convolution(
        f"""res{part}""", bottom, outputs, kernel, stride=stride, pad=pad, dilation=dilation, bias=False
    )
    return net.batch_norm(f"bn{part}", f"scale{part}", top)


def basic_branch(net: NetWriter, block: str, bottom: Top, channels: int, stride: int) -> Top:
    """Two convolutions of 3 x 3."""
    top = unit(net, f"{block}_branch2a", bottom, channels, 3, stride)
    return unit(net, f"{block}_branch2b", net.relu(f"res{block}_branch2a_relu", top), channels, 3)


def bottleneck_branch(net: NetWriter, block: str, bottom: Top, channels: int, stride: int, dilation: int = 1) -> Top:
    """Thin, look around, widen: 1 x 1, 3 x 3, 1 x 1."""
    top = unit(net, f"{block}_branch2a", bottom, channels, 1, stride)
    top = net.relu(f"res{block}_branch2a_relu", top)
    top = unit(net, f"{block}_branch2b", top, channels, 3, dilation=dilation)
    top = net.relu(f"res{block}_branch2b_relu", top)
    return unit(net, f"{block}_branch2c", top, EXPANSION * channels, 1)


def squeeze_excite(net: NetWriter, block: str, bottom: Top, channels: int, reduction: int = 16) -> Top:
    """Each channel times a number between 0 and 1 that all channels decide upon together."""
    top = net.inner_product(f"fc{block}_down", net.global_pool(f"pool{block}", bottom), channels // reduction)
    top = net.inner_product(f"fc{block}_up", net.relu(f"fc{block}_relu", top), channels)
    gate = net.add(f"fc{block}_prob", L.Sigmoid(top, in_place=True))
    return net.add(f"excite{block}", L.Scale(bottom, gate, axis=0))


def stem(net: NetWriter, data: Top) -> Top:
    top = net.convolution("conv1", data, 64, 7, stride=2, pad=3, bias=False)
    top = net.relu("conv1_relu", net.batch_norm("bn_conv1", "scale_conv1", top))
    net.stage("conv1")
    top = net.max_pool("pool1", top, 3, 2)
    net.stage("pool1")
    return top


def block_names(stage: int, blocks: int) -> list[str]:
    """2a, 2b, 2c ...; in long stages 4a, 4b1, 4b2 ..., as the published files have them."""
    if blocks <= 8:
        return [f"{stage}{letter}" for letter in string.ascii_lowercase[:blocks]]
    return [f"{stage}a", *(f"{stage}b{number}" for number in range(1, blocks))]


def resnet(net: NetWriter, data: Top, layers: int, *, excite: bool = False, shortcuts: bool = True) -> Top:
    top = stem(net, data)
    for stage, (blocks, channels) in enumerate(zip(DEPTHS[layers][0], CHANNELS, strict=True), 2):
        for block in block_names(stage, blocks):
            first = block.endswith("a")
            stride = 2 if first and stage > 2 else 1
            widened = first and (layers >= 50 or stage > 2)
            if layers >= 50:
                branch = bottleneck_branch(net, block, top, channels, stride)
            else:
                branch = basic_branch(net, block, top, channels, stride)
            if excite:
                branch = squeeze_excite(net, block, branch, EXPANSION * channels)
            if shortcuts:
                outputs = channels * (EXPANSION if layers >= 50 else 1)
                shortcut = unit(net, f"{block}_branch1", top, outputs, 1, stride) if widened else top
                branch = net.sum(f"res{block}", shortcut, branch)
            top = net.relu(f"res{block}_relu", branch)
        net.stage(f"conv{stage}_x, {blocks} blocks")
    top = net.global_pool("pool5", top)
    net.stage("pool5")
    top = net.inner_product("fc1000", top, 1000)
    net.stage("fc1000")
    return top


SOLVER = {
    "test_iter": 2000,
    "test_interval": 5000,
    "test_initialization": False,
    "base_lr": 0.1,
    "lr_policy": "multistep",
    "gamma": 0.1,
    "stepvalue": [150000, 300000],
    "max_iter": 600000,
    "iter_size": 8,
    "momentum": 0.9,
    "weight_decay": 0.0001,
    "display": 20,
    "snapshot": 10000,
}

RECIPE = """As in the paper: batches of 256 (here 8 times 32, over which the batch is normalized as on each of
eight GPUs), momentum 0.9, weight decay 0.0001, no dropout, rate 0.1 divided by 10 where the error stands still
(here after 150,000 and 300,000 iterations), up to 600,000 iterations. The paper also scales images so that the
shorter side has 256 to 480 pixels, which the data layer does not do."""

PAPER = "K. He, X. Zhang, S. Ren, J. Sun: *Deep residual learning for image recognition*, CVPR 2016."


def entry(layers: int) -> ZooNet:
    block = "bottlenecks of 1 x 1, 3 x 3 and 1 x 1" if layers >= 50 else "pairs of 3 x 3 convolutions"
    return ZooNet(
        name=f"resnet{layers}",
        title=f"ResNet-{layers}",
        paper=PAPER,
        text=f"""Each block adds to its input what it has learned, rather than replacing it, so that the
        gradient has a way past every block and depth stops to hurt. {layers} layers that learn, in four stages
        of {block}; where a stage begins, a projection of 1 x 1 brings the shortcut to its size (option B of the
        paper).""",
        input=(3, 224, 224),
        parameters=DEPTHS[layers][1],
        source=f"""torchvision's `resnet{layers}` (`num_params` of its published weights), which counts as we
        do: factors and biases of the normalization, not its running sums.""",
        body=partial(resnet, layers=layers),
        database=imagenet(224, 32, 25),
        solver=SOLVER,
        training=RECIPE,
    )


PROJECTIONS = 173_824
"""Parameters of the three projections: 64 x 128, 128 x 256, 256 x 512 weights, and two for each output channel."""


def plain_entry(layers: int) -> ZooNet:
    return ZooNet(
        name=f"plain{layers}",
        title=f"plain-{layers}",
        paper=PAPER,
        text=f"""ResNet-{layers} without its shortcuts: what the paper compares it with. The deeper plain net
        learns worse, on the training images too: the observation with which the paper begins.""",
        input=(3, 224, 224),
        parameters=DEPTHS[layers][1] - PROJECTIONS,
        source=f"""torchvision's `resnet{layers}`, {DEPTHS[layers][1]:,}, less the three projections and their
        factors and biases: {PROJECTIONS:,}.""",
        body=partial(resnet, layers=layers, shortcuts=False),
        database=imagenet(224, 32, 25),
        solver=SOLVER,
        training=RECIPE,
    )


SE_RESNET_50 = ZooNet(
    name="se_resnet50",
    title="SE-ResNet-50",
    paper="J. Hu, L. Shen, G. Sun: *Squeeze-and-excitation networks*, CVPR 2018.",
    text="""ResNet-50 in which each block weighs its channels before they are added: the mean of every channel
    goes through two inner products, thin in the middle by a factor of 16, and comes back as a number between 0
    and 1 for each channel. A hundredth of the work more, and the accuracy of ResNet-101. `Scale` with two
    bottoms does the weighing; the authors' own layer Axpy joins it with the sum.""",
    input=(3, 224, 224),
    parameters=28_088_024,
    source="""the table of pytorchcv (osmr's `imgclsmob`) for its `seresnet50`. By hand they are ResNet-50's
    25,557,032 and those of the inner products, c x c / 16 + c / 16 + c / 16 x c + c in each block of c channels:
    3 x 8,464 + 4 x 33,312 + 6 x 132,160 + 3 x 526,464 = 2,530,992.""",
    body=partial(resnet, layers=50, excite=True),
    database=imagenet(224, 32, 25),
    solver={**SOLVER, "base_lr": 0.6, "iter_size": 32, "stepvalue": [37530, 75060, 112590], "max_iter": 125100},
    training="""As in the paper: batches of 1,024 (here 32 times 32), momentum 0.9, rate 0.6 divided by 10 each
    30 passes over the data (37,530 iterations), 100 passes. Its cropping by area and aspect is not carried
    over.""",
)

NETS = [*(entry(layers) for layers in DEPTHS), plain_entry(18), plain_entry(34), SE_RESNET_50]
