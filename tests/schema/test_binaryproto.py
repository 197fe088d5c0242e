from pathlib import Path

import numpy as np
import pytest

from netcc.errors import OutputError, WeightsError
from netcc.schema.binaryproto import read_binaryproto, write_binaryproto

GOLDEN = Path(__file__).parents[1] / "golden" / "weights"
MEANS = ["gray_mean.binaryproto", "png_mean.binaryproto", "resized_mean.binaryproto"]


@pytest.fixture(scope="module")
def means():
    with np.load(GOLDEN / "means.npz") as arrays:
        return dict(arrays)


@pytest.mark.parametrize("name", MEANS)
def test_a_mean_image_is_read(name, means):
    mean = read_binaryproto(GOLDEN / name)
    assert mean.dtype == np.float32
    np.testing.assert_array_equal(mean, means[name], strict=True)


@pytest.mark.parametrize("name", MEANS)
def test_a_mean_image_is_written_byte_for_byte(name, means, tmp_path):
    write_binaryproto(tmp_path / "mean", means[name][0])
    assert (tmp_path / "mean").read_bytes() == (GOLDEN / name).read_bytes()


def test_five_axes_are_refused(tmp_path):
    with pytest.raises(WeightsError) as caught:
        write_binaryproto(tmp_path / "mean", np.zeros((1, 2, 3, 4, 5), np.float32))
    assert caught.value.message == "a .binaryproto has four axes, not the 5 of 1 x 2 x 3 x 4 x 5"
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(OutputError) as caught:
        write_binaryproto(tmp_path / "no" / "mean", np.zeros(3, np.float32))
    assert caught.value.message == f"cannot write {tmp_path}/no/mean: the folder {tmp_path}/no does not exist"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "{} is empty"),
        (b"name: 'net'\n", "{} is not a .binaryproto but text"),
        (b"\x0a\x02ab", "{} is not a .binaryproto, or is damaged"),
        (b"\x08\x01\x2a\x90\x02abc", "{} is truncated or damaged"),
        (b"\x08\x01\x10\x01\x18\x01\x20\x02\x2a\x04abcd", "{}: 1 numbers, but its shape 1 x 1 x 1 x 2 needs 2"),
        ((GOLDEN / "oldweights_v2.caffemodel").read_bytes(), "{} is not a .binaryproto but a weights file"),
    ],
)
def test_what_is_no_blob_is_refused(content, message, tmp_path):
    path = tmp_path / "mean"
    path.write_bytes(content)
    with pytest.raises(WeightsError) as caught:
        read_binaryproto(path)
    assert caught.value.message == message.format(path)
