"""BN of both forks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from netcc import TEST, TRAIN, Net
from netcc.errors import ShapeError
from netcc.testing import Result, make_layer, run_layer
from netcc.types import Array, Phase

X = np.random.default_rng(5).normal(1, 2, (4, 2, 3, 1))
MEAN, VARIANCE = X.mean(axis=(0, 2, 3)), X.var(axis=(0, 2, 3))


def shaped(*rows: Sequence[float]) -> list[Array]:
    """Parameters of shape (1, C, 1, 1)."""
    return [np.reshape(row, (1, -1, 1, 1)) for row in rows]


def run(parameters: Sequence[Array], fields: str, phase: Phase = TRAIN, **options: object) -> Result:
    layer = make_layer("BN", f"bn_param {{ {fields} }}", phase=phase)
    return run_layer(layer, [X], parameters, **options)  # type: ignore[arg-type]


def normalized(mean: Array, variance: Array, eps: float) -> Array:
    mean, variance = shaped(mean, variance)
    return (X - mean) / np.sqrt(variance + eps)


def test_batch_normalizes_and_the_running_statistics_follow() -> None:
    result = run(shaped([2, 3], [1, -1], [5, 6], [7, 8]), "momentum: 0.75 eps: 0.5")
    scale, shift = shaped([2, 3], [1, -1])
    np.testing.assert_allclose(result.tops[0], scale * normalized(MEAN, VARIANCE, 0.5) + shift)
    running = [parameter.reshape(-1) for parameter in result.operands.parameters[2:]]
    np.testing.assert_allclose(running[0], 0.75 * np.array([5, 6]) + 0.25 * MEAN)
    np.testing.assert_allclose(running[1], 0.75 * np.array([7, 8]) + 0.25 * VARIANCE)


@pytest.mark.parametrize(("fields", "phase"), [("eps: 0.5", TEST), ("eps: 0.5 frozen: true", TRAIN)])
def test_running_statistics_normalize_in_test_or_if_frozen(fields: str, phase: Phase) -> None:
    result = run(shaped([2, 3], [1, -1], [5, 6], [7, 8]), fields, phase)
    scale, shift = shaped([2, 3], [1, -1])
    expected = scale * normalized(np.array([5, 6]), np.array([7, 8]), 0.5) + shift
    np.testing.assert_allclose(result.tops[0], expected)
    np.testing.assert_array_equal(result.operands.parameters[2].reshape(-1), [5, 6])


def test_segnet_learns_by_the_batch_in_both_phases_and_shows_its_statistics() -> None:
    for phase in (TRAIN, TEST):
        result = run(shaped([2, 3], [1, -1]), "bn_mode: LEARN", phase, tops=3)
        scale, shift = shaped([2, 3], [1, -1])
        np.testing.assert_allclose(result.tops[0], scale * normalized(MEAN, VARIANCE, 1e-9) + shift)
        np.testing.assert_allclose(result.tops[1], MEAN.reshape(1, 2, 1, 1))
        np.testing.assert_allclose(result.tops[2], VARIANCE.reshape(1, 2, 1, 1))


def test_segnet_inference_only_scales_and_shifts() -> None:
    dy = np.ones_like(X)
    result = run(shaped([2, 3], [1, -1]), "bn_mode: INFERENCE", top_diffs=[dy])
    scale, shift = shaped([2, 3], [1, -1])
    np.testing.assert_allclose(result.tops[0], scale * X + shift)
    np.testing.assert_allclose(result.bottom_diffs[0], scale * dy)
    np.testing.assert_allclose(result.parameter_diffs[0], X.sum(axis=(0, 2, 3), keepdims=True))


@pytest.mark.parametrize(
    ("fields", "learns", "values"),
    [
        ("", [True, True, False, False], [1, 0, 0, 0]),
        ("slope_filler { value: 3 } bias_filler { value: 2 }", [True, True, False, False], [3, 2, 0, 0]),
        ("frozen: true", [False, False, False, False], [1, 0, 0, 1]),
        ("shift_filler { value: 2 }", [True, True], [1, 2]),
        ("bn_mode: INFERENCE", [True, True], [1, 0]),
    ],
)
def test_parameters_of_each_fork(fields: str, learns: list[bool], values: list[float]) -> None:
    specs = make_layer("BN", f"bn_param {{ {fields} }}").infer([(2, 5, 3, 3)], 1).parameters
    assert [spec.learns for spec in specs] == learns
    assert [spec.filler.value for spec in specs] == values
    assert {spec.shape for spec in specs} == {(1, 5, 1, 1)}


def test_rates_given_for_what_does_not_learn_are_ignored() -> None:
    net = Net(
        """
        layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 dim: 1 dim: 1 } } }
        layer { name: "bn" type: "BN" bottom: "x" top: "x" param { lr_mult: 2 } param {} param {} param { lr_mult: 3 } }
        """,
        TRAIN,
    )
    assert [parameter.lr_mult for parameter in net.graph.parameters()] == [2, 1, 0, 0]


@pytest.mark.parametrize(
    ("fields", "shape", "tops", "message"),
    [
        ("", (3,), 1, "BN needs a bottom of 2 axes or more (N x C ...), not 3"),
        ("", (2, 3), 2, "only SegNet's BN that learns has more than one top"),
        ("bn_mode: INFERENCE", (2, 3), 3, "only SegNet's BN that learns has more than one top"),
    ],
)
def test_bn_refuses(fields: str, shape: tuple[int, ...], tops: int, message: str) -> None:
    with pytest.raises(ShapeError) as caught:
        make_layer("BN", f"bn_param {{ {fields} }}").infer([shape], tops)
    assert caught.value.message == message
