"""Lists of images with labels, and folders in their place."""

from __future__ import annotations

from pathlib import Path

import pytest

from netcc.data.listing import read_listing, read_paths
from netcc.errors import DataError


def listed(tmp_path: Path, text: str) -> Path:
    (tmp_path / "list.txt").write_text(text)
    return tmp_path / "list.txt"


def refusal(path: Path, labels: int = 1) -> str:
    with pytest.raises(DataError) as caught:
        read_listing(path, labels)
    return str(caught.value)


def test_names_may_have_spaces(tmp_path: Path) -> None:
    listing = read_listing(listed(tmp_path, "a b.png 3\n\n  \nc.png -1\r\nd.png 0.25"))
    assert listing.names == ["a b.png", "c.png", "d.png"]
    assert listing.labels.tolist() == [3, -1, 0.25]
    assert [listing.place(i) for i in range(3)] == [f"{tmp_path}/list.txt:{line}" for line in (1, 4, 5)]


def test_several_labels(tmp_path: Path) -> None:
    listing = read_listing(listed(tmp_path, "a b.png 1 0 0.5\nc.png 2 1e2 .5\n"), labels=3)
    assert listing.names == ["a b.png", "c.png"]
    assert listing.labels.tolist() == [[1, 0, 0.5], [2, 100, 0.5]]


def test_every_wrong_line_is_told(tmp_path: Path) -> None:
    path = listed(tmp_path, "a.png cat\nb.png 1\nc.png\nd.png nan\n")
    assert refusal(path).count("error: this is not a file and its label") == 3
    assert refusal(path).startswith(
        f"{path}:1:1: error: this is not a file and its label\n    a.png cat\n    ^~~~~~~~~\n"
        "  expected a path, a space and a number\n"
    )
    assert f"{path}:4:1: error: " in refusal(path)


def test_too_few_labels(tmp_path: Path) -> None:
    assert "error: this is not a file and its 2 labels\n" in refusal(listed(tmp_path, "a.png 1"), labels=2)


@pytest.mark.parametrize("text", ["", "\n \n"])
def test_empty(tmp_path: Path, text: str) -> None:
    path = listed(tmp_path, text)
    assert refusal(path) == f"error: {path} lists nothing\n  expected lines with a file and its label"


def test_missing_and_binary(tmp_path: Path) -> None:
    (tmp_path / "train.txt").write_bytes(b"\x89PNG\0\0")
    assert refusal(tmp_path / "train.txt") == f"error: {tmp_path}/train.txt is not a list of files but a binary file"
    assert refusal(tmp_path / "trian.txt") == (
        f"error: cannot read {tmp_path}/trian.txt: there is no such file\n  did you mean 'train.txt'?"
    )


def test_a_name_that_is_no_utf8(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_bytes(b"\xff.png 1\n")
    (tmp_path / b"\xff.png".decode("utf-8", "surrogateescape")).touch()
    assert (tmp_path / read_listing(tmp_path / "list.txt").names[0]).exists()


def test_a_folder_for_each_class(tmp_path: Path) -> None:
    for name in ("dog/b.JPG", "dog/deep/a.png", "cat/x.png", "cat/notes.txt", ".hidden/y.png", "loose.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    listing = read_listing(tmp_path)
    assert listing.names == ["cat/x.png", "dog/b.JPG", "dog/deep/a.png"]
    assert listing.labels.tolist() == [0, 1, 1]
    assert listing.place(0) == str(tmp_path)


def test_a_folder_without_classes(tmp_path: Path) -> None:
    (tmp_path / "loose.png").touch()
    assert refusal(tmp_path) == (
        f"error: {tmp_path} has no images in folders\n"
        "  expected a folder for each class with image files in it, or a text file with lines `file label`"
    )
    assert refusal(tmp_path, 2) == f"error: {tmp_path} is a folder: its images have one label each, not 2"


def test_paths(tmp_path: Path) -> None:
    assert read_paths(listed(tmp_path, "a.h5 b.h5\n\nc.h5\n")) == ["a.h5", "b.h5", "c.h5"]
    with pytest.raises(DataError, match="lists nothing"):
        read_paths(listed(tmp_path, "\n"))
