"""Infogain loss: the matrix, from a bottom or a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from netcc.errors import DataError, LayerError, ShapeError, WeightsError
from netcc.schema.binaryproto import write_binaryproto
from netcc.testing import make_layer, run_layer
from netcc.types import Array

X = np.random.default_rng(3).uniform(-1, 1, (2, 3, 4))
LABELS = np.array([[0, 2, 1, 1], [2, 2, 0, 1]])
MATRIX = np.random.default_rng(4).uniform(-1, 1, (3, 3))
LOGS = X - np.log(np.exp(X).sum(axis=1, keepdims=True))


def costs() -> Array:
    """By item and place."""
    return -np.einsum("npk,nkp->np", MATRIX[LABELS], LOGS)


def test_rows_of_the_matrix_weigh_the_logarithms() -> None:
    result = run_layer(make_layer("InfogainLoss", bottoms=3), [X, LABELS, MATRIX])
    assert result.tops[0] == pytest.approx(costs().mean())


@pytest.mark.parametrize(("mode", "divisor"), [("FULL", 8), ("VALID", 5), ("BATCH_SIZE", 2), ("NONE", 1)])
def test_ignored_places(mode: str, divisor: int) -> None:
    layer = make_layer("InfogainLoss", f"loss_param {{ ignore_label: 1 normalization: {mode} }}", bottoms=3)
    result = run_layer(layer, [X, LABELS, MATRIX], top_diffs=[1.0])
    assert result.tops[0] == pytest.approx(costs()[LABELS != 1].sum() / divisor)
    assert result.bottom_diffs[0] is not None
    np.testing.assert_array_equal(result.bottom_diffs[0].transpose(0, 2, 1)[LABELS == 1], np.zeros((3, 3)))


def test_with_the_identity_it_is_the_softmax_loss() -> None:
    softmax = run_layer(make_layer("SoftmaxWithLoss", bottoms=2), [X, LABELS], top_diffs=[1.0])
    infogain = run_layer(make_layer("InfogainLoss", bottoms=3), [X, LABELS, np.eye(3)], top_diffs=[1.0])
    assert infogain.tops[0] == pytest.approx(softmax.tops[0])
    np.testing.assert_allclose(infogain.bottom_diffs[0], softmax.bottom_diffs[0], atol=1e-12)


def test_the_bottom_holds_scores_and_the_second_top_probabilities() -> None:
    tops = run_layer(make_layer("InfogainLoss", bottoms=3, tops=2), [X, LABELS, MATRIX], tops=2).tops
    np.testing.assert_allclose(tops[1], np.exp(LOGS), rtol=1e-12)


def test_logarithms_are_cut_at_1e_20() -> None:
    tops = run_layer(make_layer("InfogainLoss", bottoms=3), [[[0.0, 500.0]], [0], np.eye(2)]).tops
    assert tops[0] == pytest.approx(20 * np.log(10))


def test_matrix_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "gain.binaryproto"
    write_binaryproto(path, MATRIX.astype(np.float32))
    layer = make_layer("InfogainLoss", f'infogain_loss_param {{ source: "{path}" }}', bottoms=2)
    assert run_layer(layer, [X, LABELS]).tops[0] == pytest.approx(costs().mean(), rel=1e-6)


def test_matrix_file_of_another_size(tmp_path: Path) -> None:
    path = tmp_path / "gain.binaryproto"
    write_binaryproto(path, np.zeros((2, 3), np.float32))
    layer = make_layer("InfogainLoss", f'infogain_loss_param {{ source: "{path}" }}', bottoms=2)
    with pytest.raises(DataError) as caught:
        run_layer(layer, [X, LABELS])
    assert caught.value.message == f"{path} holds 1 x 1 x 2 x 3 numbers, but 3 classes need a matrix of 3 x 3"


def test_matrix_file_that_is_not_there(tmp_path: Path) -> None:
    layer = make_layer("InfogainLoss", f'infogain_loss_param {{ source: "{tmp_path / "none"}" }}', bottoms=2)
    with pytest.raises(WeightsError):
        run_layer(layer, [X, LABELS])


def test_neither_file_nor_third_bottom() -> None:
    with pytest.raises(LayerError) as caught:
        make_layer("InfogainLoss", bottoms=2)
    assert caught.value.message == (
        "InfogainLoss needs its matrix: a third bottom, or a file named by infogain_loss_param.source"
    )
    assert caught.value.field == ("infogain_loss_param", "source")


def test_matrix_bottom_of_another_size() -> None:
    with pytest.raises(ShapeError) as caught:
        make_layer("InfogainLoss", bottoms=3).infer([(2, 3), (2,), (3, 4)], 1)
    assert caught.value.message == "3 classes need a matrix of 3 x 3 numbers, not 3 x 4"


def test_old_normalize() -> None:
    with pytest.raises(LayerError) as caught:
        make_layer("InfogainLoss", "loss_param { normalize: true }", bottoms=3)
    assert caught.value.message == "InfogainLoss does not know the old normalize"
    assert caught.value.field == ("loss_param", "normalize")


def test_neither_labels_nor_matrix_get_a_gradient() -> None:
    layer = make_layer("InfogainLoss", bottoms=3)
    assert [layer.gradient_allowed(bottom) for bottom in range(3)] == [True, False, False]
