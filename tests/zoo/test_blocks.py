"""Every block of the gallery: its page computes right, and gives what the net has."""

from __future__ import annotations

import math
import re

import pytest
from helpers.zoo import ZOO, deploy_table

from zoo.generate.catalogue import files
from zoo.generate.gallery import GALLERY
from zoo.generate.page import learned

blocks = pytest.mark.parametrize("name", GALLERY)


def number(text: str) -> int:
    return int(text.replace(",", ""))


def value(expression: str) -> int:
    """Of a sum of products such as `2 x 3 + 4`."""
    return sum(math.prod(map(number, product.split(" x "))) for product in expression.split(" + "))


@blocks
def test_the_files_are_those_that_the_python_writes(name: str) -> None:
    for file, text in files(name).items():
        assert (ZOO / name / file).read_text(encoding="utf-8") == text, f"python -m zoo.generate {name}"


@blocks
def test_the_page_computes_right(name: str) -> None:
    page = (ZOO / name / "README.md").read_text(encoding="utf-8")
    sums = re.findall(r"^    ([\d, x+]+) = ([\d,]+) ", page, re.MULTILINE)
    assert len(sums) == len(GALLERY[name].sums) > 1
    assert [value(left) for left, _ in sums] == [number(right) for _, right in sums]
    assert GALLERY[name].parameters in [number(right) for _, right in sums]


@blocks
def test_the_block_has_the_parameters_of_its_page(name: str) -> None:
    assert learned(deploy_table(name).layers) == GALLERY[name].parameters


@pytest.mark.parametrize(
    ("name", "outputs"),
    [
        ("residual", (1, 64, 56, 56)),
        ("bottleneck", (1, 512, 28, 28)),
        ("inception", (1, 256, 28, 28)),
        ("factorised_convolution", (1, 128, 17, 17)),
        ("depthwise_separable", (1, 32, 32, 32)),
        ("inverted_residual", (1, 24, 56, 56)),
        ("aspp", (1, 256, 65, 65)),
        ("squeeze_excite", (1, 256, 56, 56)),
        ("dense_block", (1, 192, 56, 56)),
    ],
)
def test_what_comes_out(name: str, outputs: tuple[int, ...]) -> None:
    assert deploy_table(f"blocks/{name}").layers[-1].tops[0][1] == outputs


def test_weights_that_a_block_saves() -> None:
    def weights(name: str) -> int:
        layers = deploy_table(f"blocks/{name}").layers
        return sum(layer.parameters[0].count for layer in layers if layer.type == "Convolution")

    assert (weights("bottleneck"), weights("depthwise_separable")) == (278_528, 656)
    assert weights("factorised_convolution") * 7 == 2 * 128 * 7 * 7 * 128
