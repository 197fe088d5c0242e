"""Downloads: the right file from the first mirror that has it, else every reason why not."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import pytest

from netcc.data import download
from netcc.errors import DataError

CONTENTS = {
    "t10k-images-idx3-ubyte": bytes([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3]) + b"abcdef",
    "t10k-labels-idx1-ubyte": bytes([0, 0, 8, 1, 0, 0, 0, 2]) + b"\x03\x04",
}


@pytest.fixture
def mirrors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Two folders that stand for the mirrors, the second with what is expected in it."""
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
    for name, content in CONTENTS.items():
        (folders[1] / f"{name}.gz").write_bytes(gzip.compress(content, mtime=0))
        monkeypatch.setitem(download.CHECKSUMS, name, hashlib.sha256(content).hexdigest())
    monkeypatch.setattr(download, "MIRRORS", tuple(f"{folder.as_uri()}/" for folder in folders))
    return folders


@pytest.mark.parametrize(
    "first", [None, b"<html>moved</html>", gzip.compress(b"other digits", mtime=0), gzip.compress(b"x", mtime=0)[:-3]]
)
def test_the_next_mirror_is_tried(mirrors: list[Path], first: bytes | None) -> None:
    if first is not None:
        (mirrors[0] / "t10k-images-idx3-ubyte.gz").write_bytes(first)
    told: list[str] = []
    part = download.download_part("t10k", told.append)
    assert part.images.tobytes() == b"abcdef"
    assert part.labels.tolist() == [3, 4]
    assert told == list(CONTENTS)


def test_no_mirror_has_the_right_file(mirrors: list[Path]) -> None:
    (mirrors[1] / "t10k-labels-idx1-ubyte.gz").write_bytes(gzip.compress(b"other labels", mtime=0))
    with pytest.raises(DataError) as caught:
        download.download_part("t10k")
    lines = str(caught.value).splitlines()
    assert lines[0] == "error: cannot download t10k-labels-idx1-ubyte.gz"
    assert lines[1].startswith(f"  {mirrors[0].as_uri()}/t10k-labels-idx1-ubyte.gz: ")
    assert "No such file" in lines[1]
    assert lines[2] == (
        f"  {mirrors[1].as_uri()}/t10k-labels-idx1-ubyte.gz: not the official file (its SHA-256 differs)"
    )
    assert lines[3] == "  without a network: get the four files elsewhere and use --from DIR, or leave out --full"
    assert len(lines) == 4


def test_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    # The name is reserved never to exist (RFC 2606), so no packet need leave the machine.
    monkeypatch.setattr(download, "MIRRORS", ("http://mirror.invalid/",))
    monkeypatch.setenv("no_proxy", "*")
    with pytest.raises(DataError) as caught:
        download.download_part("train")
    assert caught.value.message == "cannot download train-images-idx3-ubyte.gz"
    assert "use --from DIR" in str(caught.value)
