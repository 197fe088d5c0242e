"""All nets and blocks that are written by Python, by name."""

from __future__ import annotations

from zoo.generate import (
    alexnet,
    char_lstm,
    cifar10,
    cifar_resnet,
    deeplab,
    densenet,
    googlenet,
    inception,
    mnist,
    mobilenet,
    resnet,
    segmentation,
    shufflenet,
    squeezenet,
    ssd,
    vgg,
    xception,
)
from zoo.generate.files import files_of
from zoo.generate.gallery import GALLERY, block_files
from zoo.generate.net import ZooNet

FAMILIES = [
    mnist,
    cifar10,
    cifar_resnet,
    alexnet,
    vgg,
    googlenet,
    inception,
    resnet,
    densenet,
    squeezenet,
    xception,
    mobilenet,
    shufflenet,
    segmentation,
    deeplab,
    ssd,
    char_lstm,
]

NETS: dict[str, ZooNet] = {net.name: net for family in FAMILIES for net in family.NETS}


NAMES = [*NETS, *GALLERY]


def files(name: str) -> dict[str, str]:
    """Name and text of each file of the net or block `name`."""
    return files_of(NETS[name]) if name in NETS else block_files(name)
