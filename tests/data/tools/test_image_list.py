"""The images that go into a database."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netcc.data.tools.image_list import ListedImage, read_image_list, shuffled
from netcc.errors import DataError


def test_a_list(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text("a.png 3\n\nmy dog.jpg -1\n")
    assert read_image_list(path) == [ListedImage("a.png", 3, f"{path}:1"), ListedImage("my dog.jpg", -1, f"{path}:3")]


def test_a_folder_for_each_class(tmp_path: Path) -> None:
    for name in ("cat/1.png", "dog/2.jpg"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    assert read_image_list(tmp_path) == [
        ListedImage("cat/1.png", 0, str(tmp_path)),
        ListedImage("dog/2.jpg", 1, str(tmp_path)),
    ]


@pytest.mark.parametrize(
    ("label", "shown"), [("1.5", "1.5"), ("2147483648", "2.14748e+09"), ("-2147483649", "-2.14748e+09")]
)
def test_a_label_that_is_no_whole_number(label: str, shown: str, tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text(f"a.png 2147483647\nb.png {label}\n")
    with pytest.raises(DataError) as caught:
        read_image_list(path)
    assert str(caught.value) == (
        f"error: {path}:2: the label {shown} is not a whole number of 32 bits\n"
        "  the records of a database have one such number as their label"
    )


@given(st.integers(0, 30), st.integers(0, 2**31))
def test_shuffling_keeps_all_and_repeats(count: int, seed: int) -> None:
    images = [ListedImage(str(index), index, "") for index in range(count)]
    once = shuffled(images, seed)
    assert once == shuffled(images, seed)
    assert sorted(once, key=lambda image: image.label) == images


def test_another_seed_is_another_order() -> None:
    images = [ListedImage(str(index), index, "") for index in range(30)]
    assert len({tuple(image.label for image in shuffled(images, seed)) for seed in (0, 1, 2, None, None)}) == 5
