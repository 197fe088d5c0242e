"""DeepLab-v3: a residual net with holes in its windows, and a pyramid of them on top."""

from __future__ import annotations

from typing import Any

from netcc.pycaffe import layers as L  # noqa: N812
from netcc.pycaffe.net_spec import Top
from zoo.generate.net import ZooNet
from zoo.generate.resnet import CHANNELS, DEPTHS, EXPANSION, block_names, bottleneck_branch, unit
from zoo.generate.segmentation import IGNORED, VOC_CLASSES, images_with_labels, pixel_loss
from zoo.generate.writer import NetWriter

SIZE, COARSE = 513, 65
"""The sides of the image and of the map of an eighth of its size."""

RATES = (12, 24, 36)
WIDTH = 256
DILATIONS = {2: (1, 1), 3: (1, 1), 4: (1, 2), 5: (2, 4)}
"""Holes in the first block of each stage, and in the others: where strides are left out, windows grow instead."""


def normalized(net: NetWriter, name: str, bottom: Top, outputs: int, kernel: int, dilation: int = 1) -> Top:
    pad = dilation * (kernel // 2)
    top = net.convolution(name, bottom, outputs, kernel, pad=pad, dilation=dilation, bias=False)
    return net.relu(f"{name}/relu", net.batch_norm(f"{name}/bn", f"{name}/scale", top))


def dilated_resnet(net: NetWriter, data: Top) -> dict[int, Top]:
    """ResNet-50 whose last two stages keep an eighth of the image; the ends of its stages."""
    top = net.convolution("conv1", data, 64, 7, stride=2, pad=3, bias=False)
    top = net.relu("conv1_relu", net.batch_norm("bn_conv1", "scale_conv1", top))
    top = net.max_pool("pool1", top, 3, 2, 1)
    net.stage("conv1, pool1")
    ends = {}
    for stage, (blocks, channels) in enumerate(zip(DEPTHS[50][0], CHANNELS, strict=True), 2):
        for block in block_names(stage, blocks):
            first = block.endswith("a")
            stride = 2 if first and stage == 3 else 1
            branch = bottleneck_branch(net, block, top, channels, stride, DILATIONS[stage][0 if first else 1])
            shortcut = unit(net, f"{block}_branch1", top, EXPANSION * channels, 1, stride) if first else top
            top = net.relu(f"res{block}_relu", net.sum(f"res{block}", shortcut, branch))
        net.stage(f"conv{stage}_x, {blocks} blocks")
        ends[stage] = top
    return ends


def pyramid(net: NetWriter, bottom: Top) -> Top:
    """Atrous spatial pyramid pooling: 1 x 1, three windows with ever larger holes, and the mean of the image."""
    parts = [normalized(net, "aspp/1x1", bottom, WIDTH, 1)]
    parts += [normalized(net, f"aspp/rate{rate}", bottom, WIDTH, 3, rate) for rate in RATES]
    image = normalized(net, "aspp/image", net.global_pool("aspp/pool", bottom), WIDTH, 1)
    parts.append(net.add("aspp/image_everywhere", L.Interp(image, height=COARSE, width=COARSE)))
    top = normalized(net, "aspp/project", net.concat("aspp/concat", *parts), WIDTH, 1)
    return net.dropout("aspp/drop", top, 0.5)


def scores(net: NetWriter, name: str, bottom: Top) -> Top:
    """Scores of the classes in the size of the image."""
    top = net.convolution(f"{name}_coarse", bottom, VOC_CLASSES, 1)
    return net.add(name, L.Interp(top, height=SIZE, width=SIZE))


def deeplab(net: NetWriter, data: Top) -> Top:
    ends = dilated_resnet(net, data)
    top = pyramid(net, ends[5])
    net.stage("pyramid")
    top = scores(net, "score", normalized(net, "head", top, WIDTH, 3))
    net.stage("head, score")
    if net.training:
        side = net.dropout("aux/drop", normalized(net, "aux/head", ends[4], WIDTH, 3), 0.1)
        scores(net, "aux/score", side)
    return top


def train(net: NetWriter) -> list[Any]:
    data, label, in_tests = images_with_labels(net, f"voc{SIZE}", 2, {})
    pixel_loss(net, deeplab(net, data), label)
    loss = L.SoftmaxWithLoss(net.spec["aux/score"], label, loss_weight=0.5, loss_param={"ignore_label": IGNORED})
    net.add("aux/loss", loss)
    return in_tests


def deploy(net: NetWriter) -> None:
    top = deeplab(net, net.add("data", L.Input(shape={"dim": [1, 3, SIZE, SIZE]})))
    net.add("prob", L.Softmax(top))


NETS = [
    ZooNet(
        name="deeplab_v3",
        title="DeepLab-v3 on ResNet-50",
        paper="""L.-C. Chen, G. Papandreou, F. Schroff, H. Adam: *Rethinking atrous convolution for semantic image
        segmentation*, arXiv:1706.05587, 2017.""",
        text="""A classifier shrinks the image 32 times, too much to draw outlines. Here the last two stages of
        ResNet-50 have holes in their windows rather than strides, and the map keeps an eighth of the image. On
        it stands the pyramid: 1 x 1, three windows of 3 x 3 with holes of 12, 24 and 36 pixels, and the mean of
        the whole image, side by side. `Interp` enlarges the scores.""",
        input=(3, SIZE, SIZE),
        parameters=39_638_869,
        train_parameters=42_004_074,
        source="""torchvision's `deeplabv3_resnet50` (`num_params` of its published weights, 42,004,074 with the
        auxiliary head, whose own are 2,365,205).""",
        deploy=deploy,
        train=train,
        data_shapes={"data": (2, 3, SIZE, SIZE), "label": (2, 1, SIZE, SIZE)},
        solver={
            "test_iter": 725,
            "test_interval": 5000,
            "test_initialization": False,
            "base_lr": 0.007,
            "lr_policy": "poly",
            "power": 0.9,
            "max_iter": 30000,
            "iter_size": 8,
            "momentum": 0.9,
            "weight_decay": 0.0001,
            "average_loss": 20,
            "display": 20,
            "snapshot": 5000,
        },
        training="""Data: PASCAL VOC 2012 with the additional annotations of Hariharan et al., 10,582 images to
        train, brought to 513 x 513 pixels, in four databases in step: `voc513_train_images_lmdb` and
        `voc513_train_labels_lmdb` (one channel of class numbers, 255 is ignored), and the same with `test`.

        Batches of 16 (here 8 times 2, over which the batch is normalized), rate
        0.007 that falls to 0 with a power of 0.9 in 30,000 iterations,
        from the weights of ResNet-50 on ImageNet, as in the paper. Its cuts, scales and mirrors are not carried
        over: Caffe's data layers cannot do the same to image and labels. The auxiliary head with half the weight
        is torchvision's.""",
    ),
]
