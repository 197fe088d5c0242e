"""Encoded images: which channels come out, in which order, and what is said when none do."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from netcc.data.decode import decode_image, read_image
from netcc.errors import DataError

pytestmark = pytest.mark.usefixtures("decoder")

RED_GREEN = np.array([[[250, 10, 20], [30, 240, 40]]], np.uint8)


@pytest.fixture(params=["opencv", "pillow"])
def decoder(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """What decodes: OpenCV, or Pillow as where OpenCV is not installed."""
    if request.param == "pillow":
        monkeypatch.setitem(sys.modules, "cv2", None)
    return str(request.param)


def encoded(pixels: np.ndarray, mode: str | None = None) -> bytes:
    image = Image.fromarray(pixels)
    if mode:
        image = image.convert(mode)
    content = io.BytesIO()
    image.save(content, "PNG")
    return content.getvalue()


def refusal(content: bytes, channels: str = "native") -> str:
    with pytest.raises(DataError) as caught:
        decode_image(content, channels)
    return str(caught.value)


@pytest.mark.parametrize("channels", ["native", "color"])
def test_colours_are_blue_green_red(channels: str) -> None:
    image = decode_image(encoded(RED_GREEN), channels)
    assert image.dtype == np.uint8
    assert image.tolist() == [[[20, 40]], [[10, 240]], [[250, 30]]]


def test_gray_stays_one_channel_unless_asked() -> None:
    content = encoded(np.array([[7, 200]], np.uint8))
    assert decode_image(content, "native").tolist() == [[[7, 200]]]
    assert decode_image(content, "gray").tolist() == [[[7, 200]]]
    assert decode_image(content, "color").tolist() == [[[7, 200]]] * 3


def test_colours_to_gray() -> None:
    image = decode_image(encoded(RED_GREEN), "gray")
    expected = RED_GREEN @ [0.299, 0.587, 0.114]
    assert image.shape == (1, 1, 2)
    np.testing.assert_allclose(image[0], expected, atol=1)


def test_transparency_is_a_fourth_channel_unless_colour_is_forced() -> None:
    content = encoded(np.dstack([RED_GREEN, np.array([[9, 8]], np.uint8)]))
    assert decode_image(content, "native")[3].tolist() == [[9, 8]]
    assert decode_image(content, "color").shape == (3, 1, 2)


def test_palette() -> None:
    assert decode_image(encoded(RED_GREEN, "P"), "native").shape == (3, 1, 2)


def test_sixteen_bits() -> None:
    content = encoded(np.array([[7, 40000]], np.uint16))
    assert refusal(content) == "error: the encoded image has more than 8 bits a channel"


def test_cut_short() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    assert refusal(encoded(noise)[:2000]).startswith("error: the encoded image cannot be decoded: ")


def test_sixteen_bits_become_eight_where_the_channels_are_told() -> None:
    content = encoded(np.array([[7 * 256 + 200, 200 * 256]], np.uint16))
    assert decode_image(content, "gray").tolist() == [[[7, 200]]]
    assert decode_image(content, "color").tolist() == [[[7, 200]]] * 3


def test_cut_short_jpeg() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    content = io.BytesIO()
    Image.fromarray(noise).save(content, "JPEG")
    assert refusal(content.getvalue()[:1000], "color").startswith("error: the encoded image cannot be decoded: ")


@pytest.mark.parametrize(("channels", "shape"), [("color", (3, 2, 1)), ("gray", (1, 2, 1)), ("native", (3, 1, 2))])
def test_turned_as_the_camera_says(channels: str, shape: tuple[int, ...]) -> None:
    """Orientation 6: the picture was taken with the camera on its side."""
    image, content = Image.fromarray(RED_GREEN), io.BytesIO()
    exif = image.getexif()
    exif[0x0112] = 6
    image.save(content, "JPEG", exif=exif)
    assert decode_image(content.getvalue(), channels).shape == shape


def test_nothing_at_all() -> None:
    assert refusal(b"") == "error: the encoded image is empty"
    assert refusal(b"GIBBERISH") == "error: the encoded image cannot be decoded: unknown format"


def test_files(tmp_path: Path) -> None:
    (tmp_path / "good.png").write_bytes(encoded(RED_GREEN))
    (tmp_path / "bad.png").write_bytes(b"GIBBERISH")
    assert read_image(tmp_path / "good.png", "color").shape == (3, 1, 2)
    faults = {"bad.png": "{}: the encoded image cannot be decoded: unknown format"}
    faults["none.png"] = "cannot read {}: no such file or directory"
    for name, fault in faults.items():
        with pytest.raises(DataError) as caught:
            read_image(tmp_path / name, "color")
        assert caught.value.message == fault.format(tmp_path / name)


def test_a_file_of_over_two_gigabytes(tmp_path: Path) -> None:
    with (tmp_path / "huge.png").open("wb") as file:
        file.truncate(3 << 30)  # takes no room on the disk
    with pytest.raises(DataError) as caught:
        read_image(tmp_path / "huge.png", "color")
    assert str(caught.value) == (
        f"error: {tmp_path}/huge.png has 3,221,225,472 bytes\n  no image file of 2 GB and more is read"
    )


def test_without_the_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert refusal(b"x") == 'error: decoding images needs OpenCV or Pillow\n  pip install "netcc[images]"'
