"""The room of the layers can be called."""

from __future__ import annotations

import pytest

import netcc
import netcc.layers.base
from netcc.layers.registry import UnknownTypeError


def test_it_lists_types_and_gives_classes() -> None:
    types = netcc.layers()
    assert types == sorted(types)
    assert "Convolution" in types
    assert issubclass(netcc.layers("Pooling"), netcc.layers.base.Layer)
    assert (netcc.layers("Pooling").__doc__ or "").startswith("The largest (MAX) or mean (AVE) number")


def test_an_unknown_type_has_near_ones() -> None:
    with pytest.raises(UnknownTypeError, match=r"unknown layer type 'Poolin'(.|\n)*did you mean 'Pooling'"):
        netcc.layers("Poolin")


def test_only_public_names_are_offered() -> None:
    assert dir(netcc) == sorted(netcc.__all__)
    assert netcc.format.__name__ == "format"
