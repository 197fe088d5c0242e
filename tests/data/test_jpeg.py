"""JPEGs that are cut short are refused by every decoder, whole ones by none."""

from __future__ import annotations

import io
import sys

import numpy as np
import pytest
from PIL import Image

from netcc.data.decode import decode_image
from netcc.data.jpeg import is_cut_short
from netcc.errors import DataError

NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8))


def jpeg(**options: object) -> bytes:
    content = io.BytesIO()
    NOISE.save(content, "JPEG", **options)
    return content.getvalue()


KINDS = {"baseline": jpeg(), "progressive": jpeg(progressive=True), "restarts": jpeg(restart_marker_rows=1)}
# A small picture within the first segment has an end of its own.
THUMBNAIL = b"\xff\xe1\x01\x00" + KINDS["baseline"][:252] + b"\xff\xd9"
KINDS["thumbnail"] = KINDS["baseline"][:2] + THUMBNAIL + KINDS["baseline"][2:]
KINDS["filled"] = KINDS["baseline"][:2] + b"\xff\xff" + KINDS["baseline"][2:]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("behind", [b"", b"\0\0", b"more"])
def test_whole(kind: str, behind: bytes) -> None:
    assert not is_cut_short(KINDS[kind] + behind)
    assert decode_image(KINDS[kind] + behind, "color").shape == (3, 40, 50)


@pytest.mark.parametrize("without_opencv", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_cut_short_anywhere(kind: str, without_opencv: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    content = KINDS[kind]
    if without_opencv:
        monkeypatch.setitem(sys.modules, "cv2", None)
    for end in (3, 4, 20, 300, 700, len(content) // 2, len(content) - 2, len(content) - 1):
        assert is_cut_short(content[:end])
        with pytest.raises(DataError, match="the encoded image cannot be decoded: it is cut short or damaged"):
            decode_image(content[:end], "color")
