"""Nets that give every pixel a class: FCN-8s and U-Net."""

from __future__ import annotations

from typing import Any

from netcc.pycaffe import layers as L  # noqa: N812
from netcc.pycaffe.net_spec import Top
from netcc.schema import caffe_pb2
from zoo.generate.net import BGR_MEAN, ZooNet
from zoo.generate.vgg import CHANNELS
from zoo.generate.writer import NetWriter

VOC_CLASSES = 21
IGNORED = 255
"""The label of pixels at the rim of objects, which count neither way."""

TRAIN = {"phase": caffe_pb2.TRAIN}
TEST = {"phase": caffe_pb2.TEST}


def crop(net: NetWriter, name: str, bottom: Top, like: Top, offset: int) -> Top:
    """The part of `bottom` that has the size of `like`, from `offset` on in both directions."""
    return net.add(name, L.Crop(bottom, like, axis=2, offset=offset))


def deconvolution(net: NetWriter, name: str, bottom: Top, outputs: int, kernel: int, stride: int, **fields: Any) -> Top:
    """A transposed convolution, which enlarges the image `stride` times."""
    own = {"num_output": outputs, "kernel_size": kernel, "stride": stride, **fields.pop("own", {})}
    return net.add(name, L.Deconvolution(bottom, convolution_param=own, **fields))


def enlarged(net: NetWriter, name: str, bottom: Top, kernel: int, stride: int) -> Top:
    """Bilinear interpolation of the scores, which does not learn.

    Each class is a group of its own: Caffe's filler gives all pairs of channels the same kernel, so without groups
    every class would get the sum of all, and no gradient would come back.
    """
    fields: dict[str, Any] = {"param": [{"lr_mult": 0}]} if net.training else {}
    own = {"bias_term": False, "group": VOC_CLASSES, "weight_filler": {"type": "bilinear"}}
    return deconvolution(net, name, bottom, VOC_CLASSES, kernel, stride, own=own, **fields)


def fcn8s(net: NetWriter, data: Top) -> Top:
    """Pads by 100 so that even small images leave something behind pool5; the crops take that off again."""
    top, pools = data, {}
    for stage, (depth, channels) in enumerate(zip((2, 2, 3, 3, 3), CHANNELS, strict=True), 1):
        for number in range(1, depth + 1):
            pad = 100 if stage == number == 1 else 1
            top = net.convolution(f"conv{stage}_{number}", top, channels, 3, pad=pad)
            top = net.relu(f"relu{stage}_{number}", top)
        top = pools[stage] = net.max_pool(f"pool{stage}", top, 2, 2)
        net.stage(f"conv{stage}, pool{stage}")
    for number, kernel in ((6, 7), (7, 1)):
        top = net.relu(f"relu{number}", net.convolution(f"fc{number}", top, 4096, kernel))
        top = net.dropout(f"drop{number}", top)
        net.stage(f"fc{number}, {kernel} x {kernel}")
    zero = {"type": "constant"}
    top = enlarged(net, "upscore2", net.convolution("score_fr", top, VOC_CLASSES, 1, filler=zero), 4, 2)
    net.stage("score_fr, upscore2")
    for pool, offset, name in ((4, 5, "upscore_pool4"), (3, 9, "upscore8")):
        scores = net.convolution(f"score_pool{pool}", pools[pool], VOC_CLASSES, 1, filler=zero)
        scores = crop(net, f"score_pool{pool}c", scores, top, offset)
        top = net.sum(f"fuse_pool{pool}", top, scores)
        top = enlarged(net, name, top, *((4, 2) if pool == 4 else (16, 8)))
        net.stage(f"score_pool{pool}, fuse_pool{pool}, {name}")
    top = crop(net, "score", top, data, 31)
    net.stage("score")
    return top


def images_with_labels(net: NetWriter, name: str, batch: int, size: dict[str, int]) -> tuple[Top, Top, list[Any]]:
    """Two databases in step, one of images, one of maps of labels, and their fields in tests."""

    def fields(part: str, kind: str) -> dict[str, Any]:
        transform = {"mean_value": BGR_MEAN if name.startswith("voc") else [128]} if kind == "images" else {}
        source = {"source": f"{name}_{part}_{kind}_lmdb", "batch_size": batch, "backend": "LMDB"}
        return {"data_param": source, **({"transform_param": transform} if transform else {})}

    data = net.add("data", L.Data(include=TRAIN, **fields("train", "images")))
    label = net.add("label", L.Data(include=TRAIN, **fields("train", "labels")))
    return data, label, [fields("test", "images"), fields("test", "labels")]


def pixel_loss(net: NetWriter, scores: Top, label: Top, **loss_param: Any) -> None:
    net.add("loss", L.SoftmaxWithLoss(scores, label, loss_param={"ignore_label": IGNORED, **loss_param}))
    net.add("accuracy", L.Accuracy(scores, label, ignore_label=IGNORED, include=TEST))


def fcn_train(net: NetWriter) -> list[Any]:
    data, label, in_tests = images_with_labels(net, "voc", 1, {})
    pixel_loss(net, fcn8s(net, data), label, normalize=False)
    return in_tests


def fcn_deploy(net: NetWriter) -> None:
    fcn8s(net, net.add("data", L.Input(shape={"dim": [1, 3, 500, 500]})))


WIDTHS = (64, 128, 256, 512, 1024)


def unet(net: NetWriter, data: Top, classes: int = 2) -> Top:
    """Down and up again; on each way up the map of the same size on the way down is joined."""

    def twice(name: str, bottom: Top, outputs: int) -> Top:
        top = bottom
        for number in (1, 2):
            top = net.convolution(f"{name}_{number}", top, outputs, 3)
            top = net.relu(f"relu_{name}_{number}", top)
        return top

    top, kept = data, []
    for level, width in enumerate(WIDTHS, 1):
        top = twice(f"down{level}", top, width)
        if level > 3:
            top = net.dropout(f"drop{level}", top)
        net.stage(f"down{level}")
        if level < len(WIDTHS):
            kept.append(top)
            top = net.max_pool(f"pool{level}", top, 2, 2)
    side = {1: 568, 2: 280, 3: 136, 4: 64}
    size = 28
    for level, width in reversed(list(enumerate(WIDTHS[:-1], 1))):
        own = {"weight_filler": {"type": "msra"}, "bias_filler": {"type": "constant"}} if net.training else {}
        top = net.relu(f"relu_up{level}", deconvolution(net, f"up{level}", top, width, 2, 2, own=own))
        same = crop(net, f"crop{level}", kept[level - 1], top, (side[level] - 2 * size) // 2)
        top = twice(f"merge{level}", net.concat(f"join{level}", same, top), width)
        net.stage(f"up{level}, merge{level}")
        size = 2 * size - 4
    top = net.convolution("score", top, classes, 1)
    net.stage("score")
    return top


def unet_train(net: NetWriter) -> list[Any]:
    data, label, in_tests = images_with_labels(net, "cells", 1, {})
    pixel_loss(net, unet(net, data), label)
    return in_tests


def unet_deploy(net: NetWriter) -> None:
    scores = unet(net, net.add("data", L.Input(shape={"dim": [1, 1, 572, 572]})))
    net.add("prob", L.Softmax(scores))


NETS = [
    ZooNet(
        name="fcn8s",
        title="FCN-8s",
        paper="""J. Long, E. Shelhamer, T. Darrell: *Fully convolutional networks for semantic segmentation*,
        CVPR 2015.""",
        text="""A classifier slid over the image: VGG-16 with its inner products as convolutions gives a coarse
        map of classes, and maps of pool4 and pool3, which see finer detail, are added before it is enlarged 8
        times. Any size of image will do. Enlarging is a transposed convolution with bilinear weights that does
        not learn.""",
        input=(3, 500, 500),
        parameters=134_368_799,
        source="""a sum over the layers: VGG-16's convolutions 14,714,688, fc6 102,764,544 and fc7 16,781,312, three
        layers of scores 86,037 + 10,773 + 5,397, three of interpolation 336 + 336 + 5,376; the paper says 134
        million.""",
        deploy=fcn_deploy,
        train=fcn_train,
        data_shapes={"data": (2, 3, 500, 500), "label": (2, 1, 500, 500)},
        solver={
            "test_iter": 736,
            "test_interval": 4000,
            "test_initialization": False,
            "base_lr": 1e-10,
            "lr_policy": "fixed",
            "momentum": 0.99,
            "weight_decay": 0.0005,
            "max_iter": 100000,
            "average_loss": 20,
            "display": 20,
            "snapshot": 4000,
        },
        training="""Data: PASCAL VOC segmentation in four databases in step, `voc_train_images_lmdb` and
        `voc_train_labels_lmdb` (one channel of class numbers, 255 is ignored), and the same with `test`.

        One image at a time, momentum 0.99 and a loss that is summed over pixels, so the rate is tiny: the
        authors' "heavy" recipe. They begin from VGG-16's weights (`netcc train ... --weights`), whose fc6 and
        fc7 have the right number of values in another shape (`--mismatch reshape`), and go by way of FCN-32s and
        FCN-16s.

        The authors' nets enlarge without groups, each class from all, with weights that a script of theirs sets to
        zero but for a class and itself. Caffe's `bilinear` filler sets no weight to zero: all classes would get the
        same scores, and learn nothing. So each class is a group here, which computes the same. Their weights fit
        with `--mismatch skip` (`netcc.Net("zoo:fcn8s", netcc.TEST).copy_from(FILE, mismatch="skip")`), which leaves
        the three layers as the filler made them.""",
    ),
    ZooNet(
        name="unet",
        title="U-Net",
        paper="""O. Ronneberger, P. Fischer, T. Brox: *U-Net: Convolutional networks for biomedical image
        segmentation*, MICCAI 2015.""",
        text="""An image goes down through four poolings and up again through four transposed convolutions, and
        on each level what was seen on the way down is cropped and joined. Convolutions have no borders, so the
        map of 388 x 388 belongs to the middle of an image of 572 x 572, and large images are cut into tiles
        without seams. The net first ran in Caffe.""",
        input=(1, 572, 572),
        parameters=31_030_658,
        source="""implementations of figure 1 of the paper with two classes and no borders, whose summaries print it:
        G. Chlebus' page on the memory of U-Net (gchlebus.github.io) counts 31030658. The paper gives the layers but
        not their sum.""",
        deploy=unet_deploy,
        train=unet_train,
        data_shapes={"data": (2, 1, 572, 572), "label": (2, 1, 388, 388)},
        solver={
            "test_iter": 10,
            "test_interval": 1000,
            "test_initialization": False,
            "base_lr": 0.001,
            "lr_policy": "fixed",
            "momentum": 0.99,
            "max_iter": 60000,
            "average_loss": 20,
            "display": 20,
            "snapshot": 5000,
        },
        training="""Data: tiles of 572 x 572 grey pixels in `cells_train_images_lmdb`, the classes of their
        middle 388 x 388 in `cells_train_labels_lmdb` (255 is ignored), and the same with `test`.

        One tile at a time with momentum 0.99, weights that begin as He et al. have it, dropout at the bottom of
        the U, as in the paper. It does not give its rate; 0.001 is ours. Its elastic deformations and its
        weights for pixels between touching cells are not carried over.""",
    ),
]
