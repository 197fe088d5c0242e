"""Contact sheets: where images and labels stand, and in which colours."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netcc.data.decode import decode_image
from netcc.data.tools.png import encode_png
from netcc.data.tools.sheet import CELL, contact_sheet
from netcc.types import Array


def plain(*colour: int, size: tuple[int, int] = (CELL, CELL)) -> Array:
    return np.broadcast_to(np.array(colour, np.uint8).reshape(-1, 1, 1), (len(colour), *size))


def image_of(sheet: Array, row: int = 0, column: int = 0) -> Array:
    """The place of an image; places lie 100 apart, rows 114."""
    top, left = 4 + 114 * row, 4 + 100 * column
    return sheet[top : top + CELL, left : left + CELL]


@pytest.mark.parametrize(("count", "rows", "columns"), [(1, 1, 1), (2, 1, 2), (5, 2, 3), (10, 3, 4), (100, 10, 10)])
def test_the_sheet_is_nearly_square(count: int, rows: int, columns: int) -> None:
    sheet = contact_sheet([plain(0)] * count, [1] * count)
    assert sheet.shape == (4 + 114 * rows, 4 + 100 * columns, 3)
    assert sheet.dtype == np.uint8


def test_images_stand_row_by_row() -> None:
    sheet = contact_sheet([plain(value) for value in (10, 20, 30)], [0, 0, 0])
    assert [image_of(sheet, *place)[5, 5, 0] for place in ((0, 0), (0, 1), (1, 0), (1, 1))] == [10, 20, 30, 255]


def test_colours() -> None:
    blue = plain(200, 100, 50)
    assert image_of(contact_sheet([blue], [0]))[3, 3].tolist() == [50, 100, 200]
    assert image_of(contact_sheet([blue], [0], rgb=True))[3, 3].tolist() == [200, 100, 50]
    assert image_of(contact_sheet([plain(7, 8)], [0]))[3, 3].tolist() == [7, 7, 7]
    assert image_of(contact_sheet([plain(1, 2, 3, 4)], [0]))[3, 3].tolist() == [3, 2, 1]


def test_small_images_are_enlarged_by_whole_pixels() -> None:
    image = np.array([[[0, 80, 160], [240, 40, 120]]], np.uint8)
    shown = image_of(contact_sheet([image], [0]))
    np.testing.assert_array_equal(shown[16:80, :, 0], image[0].repeat(32, axis=0).repeat(32, axis=1))
    assert set(shown[:16].ravel().tolist()) == {255}  # in the middle of its place


def test_large_images_are_shrunk_to_the_mean_of_blocks() -> None:
    image = np.zeros((1, 2 * CELL, 2 * CELL), np.uint8)
    image[:, ::2, :] = 100
    assert set(image_of(contact_sheet([image], [0])).ravel().tolist()) == {50}


@given(st.integers(1, 400), st.integers(1, 400))
def test_every_size_fits(height: int, width: int) -> None:
    shown = image_of(contact_sheet([plain(0, size=(height, width))], [0]))
    dark = np.argwhere(shown[:, :, 0] == 0)
    rows, columns = np.ptp(dark, axis=0) + 1
    assert max(rows, columns) > CELL / 2
    assert rows * columns == len(dark)


def test_floats_are_shown_from_least_to_most() -> None:
    image = np.array([[[-1.0, 0.0, 1.0, np.nan]]], np.float32)
    assert set(image_of(contact_sheet([image], [0]))[CELL // 2, :, 0].tolist()) == {0, 127, 255}
    assert contact_sheet([np.zeros((1, 1, 1), np.float32)], [0]).min() == 0


def test_labels_stand_below_and_differ() -> None:
    texts = [contact_sheet([plain(255)], [label])[100:].tobytes() for label in (*range(10), -3, 12345678901)]
    assert len(set(texts)) == len(texts)
    ink = np.argwhere(contact_sheet([plain(255)], [1])[:, :, 0] < 255)
    assert ink[:, 0].min() == 102
    assert np.ptp(ink, axis=0).tolist() == [9, 5]  # five dots by three, each of 2 x 2


def test_png() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
    np.testing.assert_array_equal(decode_image(encode_png(pixels), "native")[::-1], pixels.transpose(2, 0, 1))
