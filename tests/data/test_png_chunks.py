"""PNGs that are not whole are refused before a library says something of its own."""

from __future__ import annotations

import io
import sys

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from netcc.data.decode import decode_image
from netcc.data.png_chunks import is_damaged
from netcc.errors import DataError

NOISE = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)


def png(*texts: str) -> bytes:
    content, info = io.BytesIO(), PngImagePlugin.PngInfo()
    for text in texts:
        info.add_text("Comment", text)
    Image.fromarray(NOISE).save(content, "PNG", pnginfo=info)
    return content.getvalue()


WHOLE = png("a text")


@pytest.mark.parametrize("behind", [b"", b"more"])
def test_whole(behind: bytes) -> None:
    assert not is_damaged(WHOLE + behind)
    np.testing.assert_array_equal(decode_image(WHOLE + behind, "color"), NOISE.transpose(2, 0, 1)[::-1])


def test_what_the_image_can_do_without_may_be_damaged() -> None:
    place = WHOLE.index(b"a text")
    assert not is_damaged(WHOLE[:place] + b"A" + WHOLE[place + 1 :])


@pytest.mark.parametrize("without_opencv", [False, True])
def test_cut_anywhere_or_changed(
    without_opencv: bool, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    if without_opencv:
        monkeypatch.setitem(sys.modules, "cv2", None)
    pixels = WHOLE.index(b"IDAT") + 50
    changed = WHOLE[:pixels] + bytes([WHOLE[pixels] ^ 1]) + WHOLE[pixels + 1 :]
    for content in (*(WHOLE[:end] for end in range(8, len(WHOLE), 37)), WHOLE[:-1], changed):
        assert is_damaged(content)
        with pytest.raises(DataError, match="the encoded image cannot be decoded: it is cut short or damaged"):
            decode_image(content, "color")
    assert capfd.readouterr().err == ""
