"""EvalDetection: its shape rule, and that it does not run."""

from __future__ import annotations

import numpy as np
import pytest

from netcc.errors import LayerError, ShapeError
from netcc.testing import make_layer, run_layer

FIELDS = "eval_detection_param { side: 3 num_class: 4 num_object: 2 }"


def test_the_top_has_counts_of_classes_then_four_numbers_a_detection() -> None:
    layer = make_layer("EvalDetection", FIELDS, bottoms=2)
    assert layer.infer([(5, 18, 3, 3), (1, 1, 7, 8)], 1).tops == ((5, 4 + 4 * 3 * 3 * 2),)


def test_a_map_of_another_size() -> None:
    with pytest.raises(ShapeError) as caught:
        make_layer("EvalDetection", FIELDS, bottoms=2).infer([(5, 18, 2, 3), (1, 1, 7, 8)], 1)
    assert caught.value.message == (
        "2 boxes of 4 classes in 3 x 3 cells are 162 numbers an item, bottom 0 is 5 x 18 x 2 x 3"
    )


def test_a_net_without_cells() -> None:
    with pytest.raises(LayerError, match="side must be at least 1"):
        make_layer("EvalDetection", "eval_detection_param { side: 0 }", bottoms=2)


def test_a_forward_pass_is_refused() -> None:
    with pytest.raises(LayerError, match="netcc does not run EvalDetection layers"):
        run_layer(make_layer("EvalDetection", FIELDS, bottoms=2), [np.ones((5, 18, 3, 3)), np.ones((1, 1, 7, 8))])
