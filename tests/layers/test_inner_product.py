"""The fully connected layer."""

from __future__ import annotations

import numpy as np
import pytest

from netcc.errors import LayerError, ShapeError
from netcc.testing import make_layer, run_layer
from netcc.types import Shape


def test_equals_the_product_and_transposed_weights_agree() -> None:
    random = np.random.default_rng(0)
    x, weights, bias = random.uniform(size=(2, 3, 4)), random.uniform(size=(5, 12)), random.uniform(size=5)
    expected = x.reshape(2, 12) @ weights.T + bias
    fields = "inner_product_param {{ num_output: 5 transpose: {} }}"
    plain = run_layer(make_layer("InnerProduct", fields.format("false")), [x], [weights, bias]).tops[0]
    turned = run_layer(make_layer("InnerProduct", fields.format("true")), [x], [weights.T, bias]).tops[0]
    np.testing.assert_allclose(plain, expected)
    np.testing.assert_allclose(turned, expected)


@pytest.mark.parametrize(
    ("fields", "top", "weights"),
    [
        ("", (2, 5), (5, 12)),
        ("axis: 2", (2, 3, 5), (5, 4)),
        ("axis: -1", (2, 3, 5), (5, 4)),
        ("axis: 0", (5,), (5, 24)),
        ("transpose: true", (2, 5), (12, 5)),
    ],
)
def test_shapes(fields: str, top: Shape, weights: Shape) -> None:
    layer = make_layer("InnerProduct", f"inner_product_param {{ num_output: 5 {fields} }}")
    signature = layer.infer([(2, 3, 4)], 1)
    assert signature.tops == (top,)
    assert [(p.name, p.shape) for p in signature.parameters] == [("weights", weights), ("bias", (5,))]
    assert signature.macs == 24 * 5


def test_refused() -> None:
    with pytest.raises(LayerError) as caught:
        make_layer("InnerProduct")
    assert caught.value.message == "InnerProduct needs num_output"
    with pytest.raises(ShapeError):
        make_layer("InnerProduct", "inner_product_param { num_output: 5 axis: 3 }").infer([(2, 3, 4)], 1)
