"""All nets that are written by Python, by name."""

from __future__ import annotations

from zoo.generate import alexnet, cifar10, googlenet, mobilenet, resnet, squeezenet, vgg
from zoo.generate.files import files_of
from zoo.generate.net import ZooNet

FAMILIES = [cifar10, alexnet, vgg, googlenet, resnet, mobilenet, squeezenet]

NETS: dict[str, ZooNet] = {net.name: net for family in FAMILIES for net in family.NETS}


def files(name: str) -> dict[str, str]:
    """Name and text of each file of the net `name`."""
    return files_of(NETS[name])
