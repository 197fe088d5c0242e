"""ContinuationIndicator: where sequences begin."""

from __future__ import annotations

import numpy as np
import pytest

from netcc.errors import LayerError, ShapeError
from netcc.testing import make_layer, run_layer


def test_sequences_begin_in_the_first_row() -> None:
    layer = make_layer(
        "ContinuationIndicator", "continuation_indicator_param { time_step: 3 batch_size: 2 }", bottoms=0
    )
    np.testing.assert_array_equal(run_layer(layer).tops[0], [[0, 0], [1, 1], [1, 1]])
    flagged = "continuation_indicator_param { time_step: 2 batch_size: 2 flag: true }"
    np.testing.assert_array_equal(
        run_layer(make_layer("ContinuationIndicator", flagged, bottoms=0)).tops[0], [[1, 1], [1, 1]]
    )


def test_marks_say_which_sequences_go_on() -> None:
    layer = make_layer("ContinuationIndicator", "continuation_indicator_param { time_step: 2 batch_size: 4 }")
    np.testing.assert_array_equal(run_layer(layer, [[1, 0, 0.995, 0.9]]).tops[0], [[1, 0, 1, 0], [1, 1, 1, 1]])


@pytest.mark.parametrize(("fields", "name"), [("batch_size: 2", "time_step"), ("time_step: 2", "batch_size")])
def test_refused_fields(fields: str, name: str) -> None:
    with pytest.raises(LayerError) as caught:
        make_layer("ContinuationIndicator", f"continuation_indicator_param {{ {fields} }}", bottoms=0)
    assert caught.value.message == f"ContinuationIndicator needs a positive {name}"


def test_refused_marks() -> None:
    layer = make_layer("ContinuationIndicator", "continuation_indicator_param { time_step: 2 batch_size: 4 }")
    with pytest.raises(ShapeError) as caught:
        layer.infer([(3,)], 1)
    assert caught.value.message == "3 marks for a batch of 4 sequences"
