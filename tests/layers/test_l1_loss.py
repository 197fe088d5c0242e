"""L1 loss: plain, by place, with unknown targets and a plateau."""

from __future__ import annotations

import numpy as np
import pytest

from netcc.errors import LayerError, ShapeError
from netcc.testing import Result, make_layer, run_layer
from netcc.types import Array

A = np.array([[[3.0, 0.0], [4.0, 0.5]], [[-1.0, 2.0], [0.0, -2.0]]])
"""Two items of two channels of two places."""


def run(fields: str = "", a: Array = A, b: Array | None = None) -> Result:
    layer = make_layer("L1Loss", f"l1_loss_param {{ {fields} }}", bottoms=1 if b is None else 2)
    return run_layer(layer, [a] if b is None else [a, b], top_diffs=[1.0])


def test_absolute_values_over_items() -> None:
    result = run()
    assert result.tops[0] == 12.5 / 2
    np.testing.assert_array_equal(result.bottom_diffs[0], np.sign(A) / 2)


def test_two_bottoms_are_compared_and_both_get_a_gradient() -> None:
    result = run(a=A + 1, b=np.ones_like(A))
    assert result.tops[0] == 12.5 / 2
    np.testing.assert_array_equal(result.bottom_diffs[0], np.sign(A) / 2)
    np.testing.assert_array_equal(result.bottom_diffs[1], -np.sign(A) / 2)


def test_unknown_targets_do_not_count() -> None:
    target = np.zeros_like(A)
    target[0, 0, 0] = np.nan
    result = run(b=target)
    assert result.tops[0] == 9.5 / 2
    assert run("normalize_by_num_entries: true", b=target).tops[0] == pytest.approx(9.5 / (7 / 2))
    assert result.bottom_diffs[0] is not None
    assert result.bottom_diffs[0][0, 0, 0] == 0


def test_all_targets_unknown() -> None:
    result = run("normalize_by_num_entries: true", b=np.full_like(A, np.nan))
    assert result.tops[0] == 0
    np.testing.assert_array_equal(result.bottom_diffs[0], np.zeros_like(A))


def test_differences_on_the_plateau_cost_nothing() -> None:
    result = run("plateau: 1.5")
    assert result.tops[0] == (3 + 4 + 2 + 2) / 2
    np.testing.assert_array_equal(result.bottom_diffs[0], np.sign(A) * (np.abs(A) >= 1.5) / 2)


def test_lengths_by_place() -> None:
    result = run("l2_per_location: true epsilon: 0.01")
    squares = np.array([[25, 0.25], [1, 8]])
    assert result.tops[0] == pytest.approx(np.sqrt(squares + 0.01).sum() / 2)
    np.testing.assert_allclose(result.bottom_diffs[0], A / np.sqrt(squares + 0.01)[:, None] / 2)


def test_mean_of_channels_and_plateau_by_place() -> None:
    result = run("l2_per_location: true l2_prescale_by_channels: true plateau: 0.8 epsilon: 0.04")
    squares = np.array([[12.5, 0], [0, 4]])  # 0.125 and 0.5 are below the square of 0.8
    assert result.tops[0] == pytest.approx(np.sqrt(squares + 0.04).sum() / 2)
    slopes = np.where(squares > 0, 1 / np.sqrt(squares + 0.04), 0)
    np.testing.assert_allclose(result.bottom_diffs[0], A * slopes[:, None] / 2 / 2)


def test_no_slope_at_a_length_of_0_without_epsilon() -> None:
    with pytest.raises(LayerError) as caught:
        make_layer("L1Loss", "l1_loss_param { l2_per_location: true epsilon: 0 }", bottoms=2)
    assert caught.value.message == "l2_per_location needs a positive epsilon, not 0"
    assert caught.value.field == ("l1_loss_param", "epsilon")


def test_bottom_without_channels() -> None:
    with pytest.raises(ShapeError) as caught:
        make_layer("L1Loss").infer([(4,)], 1)
    assert caught.value.message == "L1Loss needs bottoms with items and channels, not 4"
