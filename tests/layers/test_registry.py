"""Layer types announce themselves."""

from __future__ import annotations

import subprocess
import sys

import pytest

from netcc.errors import LayerError
from netcc.layers.activation import ReLU
from netcc.layers.registry import layer_class, layer_types, register


def test_types_are_found_by_name() -> None:
    assert layer_class("ReLU") is ReLU
    assert ReLU.type == "ReLU"
    assert {"Convolution", "Data", "Pooling", "SoftmaxWithLoss"} <= set(layer_types())
    assert layer_types() == sorted(layer_types())


def test_unknown_type() -> None:
    with pytest.raises(LayerError) as caught:
        layer_class("Convolutions")
    first, near, advice, question = str(caught.value).splitlines()
    assert first == "error: unknown layer type 'Convolutions'"
    assert near.startswith("  near names: Convolution, Deconvolution")
    assert advice == ("  `netcc layers` lists all; docs/adding_a_layer.md shows how to register a class of your own")
    assert question == "  did you mean 'Convolution'?"
    assert caught.value.field == ("type",)


def test_a_type_has_one_class() -> None:
    with pytest.raises(LayerError) as caught:
        register("ReLU")(ReLU)
    assert caught.value.message == "layer type 'ReLU' is registered twice: ReLU, ReLU"


def in_a_new_process(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_only_the_family_of_a_type_is_loaded() -> None:
    code = (
        "import sys; from netcc.layers.registry import layer_class; layer_class('ReLU')\n"
        "print([name in sys.modules for name in ('netcc.layers.activation', 'netcc.layers.pooling')])\n"
    )
    assert in_a_new_process(code) == "[True, False]\n"


def test_a_type_is_found_without_sources() -> None:
    code = (
        "from netcc.layers import registry\nregistry._families = dict\nprint(registry.layer_class('ReLU').__name__)\n"
    )
    assert in_a_new_process(code) == "ReLU\n"
