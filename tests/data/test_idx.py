"""IDX files: what is read, and what is said about a broken one."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netcc.data.idx import find_idx, label_images, parse_idx, read_idx, read_labelled_images
from netcc.errors import DataError

TWO_IMAGES = b"\0\0\x08\x03" + struct.pack(">3I", 2, 2, 3) + bytes(range(12))
TWO_LABELS = b"\0\0\x08\x01" + struct.pack(">I", 2) + b"\x07\x09"


def message(content: bytes, axes: int = 3) -> str:
    with pytest.raises(DataError) as caught:
        parse_idx(content, axes, "digits.idx")
    return str(caught.value)


@given(st.lists(st.integers(1, 5), min_size=1, max_size=3), st.booleans())
def test_what_is_written_is_read(shape: list[int], packed: bool) -> None:
    values = np.random.default_rng(len(shape)).integers(0, 256, shape, dtype=np.uint8)
    content = bytes([0, 0, 8, len(shape)]) + struct.pack(f">{len(shape)}I", *shape) + values.tobytes()
    read = parse_idx(gzip.compress(content) if packed else content, len(shape), "x")
    assert read.dtype == np.uint8
    np.testing.assert_array_equal(read, values)


def test_axes_are_row_major() -> None:
    images = parse_idx(TWO_IMAGES, 3, "x")
    assert images.shape == (2, 2, 3)
    assert images[1, 0, 2] == 8


def test_wrong_kind() -> None:
    assert message(TWO_LABELS) == (
        "error: digits.idx is not an IDX file of unsigned bytes with 3 axes\n"
        "  expected the magic number 0x00000803, found 0x00000801"
    )
    assert "with 1 axis\n" in message(TWO_IMAGES, 1)


def test_not_idx_at_all() -> None:
    assert message(b"<html>404</html>").endswith("found 0x3c68746d")
    assert message(b"").endswith("found nothing")


def test_cut_short() -> None:
    assert message(TWO_IMAGES[:-1]) == (
        "error: digits.idx is cut short: it holds 11 bytes of data\n  expected 12, for 2 x 2 x 3"
    )
    assert message(TWO_IMAGES[:10]) == ("error: digits.idx is cut short: its header ends after 10 bytes\n  expected 16")


def test_bytes_left_over() -> None:
    assert message(TWO_IMAGES + b"!") == (
        "error: digits.idx has bytes left over after the 2 x 2 x 3 that its header promises"
    )


@pytest.mark.parametrize("keep", [12, 25, -1])
def test_gzip_cut_short(keep: int) -> None:
    packed = gzip.compress(TWO_IMAGES)
    assert message(packed[:keep]) == "error: digits.idx is damaged: its gzip data is broken or cut short"


def test_gzip_with_a_flipped_byte() -> None:
    packed = bytearray(gzip.compress(TWO_IMAGES))
    packed[-6] ^= 1  # within the checksum
    assert "is damaged" in message(bytes(packed))


def test_absurd_sizes_are_refused_before_memory_is_taken() -> None:
    head = b"\0\0\x08\x03" + struct.pack(">3I", 60000, 1 << 16, 1 << 16)
    assert "more than netcc reads at once" in message(head)


def test_counts_must_agree(tmp_path: Path) -> None:
    (tmp_path / "i").write_bytes(TWO_IMAGES)
    (tmp_path / "l").write_bytes(b"\0\0\x08\x01" + struct.pack(">I", 3) + b"\x01\x02\x03")
    with pytest.raises(DataError) as caught:
        read_labelled_images(tmp_path / "i", tmp_path / "l")
    assert str(caught.value) == (
        f"error: {tmp_path}/i has 2 images but {tmp_path}/l has 3 labels\n  expected one label for each image"
    )


def test_no_images() -> None:
    with pytest.raises(DataError, match="i holds no images"):
        label_images(np.zeros((0, 28, 28), np.uint8), np.zeros(0, np.uint8), "i", "l")


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read_idx(tmp_path / "none", 1)
    assert str(caught.value) == f"error: cannot read {tmp_path}/none: No such file or directory"


@pytest.mark.parametrize("name", ["t-idx1-ubyte", "t-idx1-ubyte.gz", "t.idx1-ubyte", "t.idx1-ubyte.gz"])
def test_every_usual_name_is_found(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    assert find_idx(tmp_path, "t", 1) == tmp_path / name


def test_no_such_name(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        find_idx(tmp_path, "t", 1)
    assert str(caught.value) == (
        f"error: {tmp_path} has no t-idx1-ubyte\n"
        "  looked for t-idx1-ubyte, t-idx1-ubyte.gz, t.idx1-ubyte, t.idx1-ubyte.gz"
    )
