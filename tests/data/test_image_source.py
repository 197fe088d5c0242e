"""`type: "ImageData"`: lists, folders, sizes, several labels, shuffling, bad files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from data.records import batch, labels_of, opened
from PIL import Image

from netcc.data.bad_records import BadRecords, using
from netcc.data.readers import images
from netcc.data.source import Source
from netcc.data.transform_geometry import ShortSide
from netcc.errors import DataError, LayerError, NetccWarning
from netcc.schema import caffe_pb2


def image_layer(source: Path | str, batch_size: int = 2, **fields: Any) -> caffe_pb2.LayerParameter:
    layer = caffe_pb2.LayerParameter(name="images", type="ImageData", top=["data", "label"])
    layer.image_data_param.MergeFrom(caffe_pb2.ImageDataParameter(source=str(source), batch_size=batch_size, **fields))
    return layer


@pytest.fixture
def listing(tmp_path: Path) -> Path:
    """Five grey-blue images of 3 x 4 whose blue, and label, is their number."""
    for index in range(5):
        pixels = np.zeros((3, 4, 3), np.uint8)
        pixels[..., 2] = index
        Image.fromarray(pixels).save(tmp_path / f"{index}.png")
    (tmp_path / "list.txt").write_text("".join(f"{index}.png {index}\n" for index in range(5)))
    return tmp_path / "list.txt"


def opened_beside(listing: Path, batch_size: int = 2, seed: int = 0, **fields: Any) -> Source:
    return opened(image_layer(listing, batch_size, **fields), seed=seed, base=listing.parent)


def refusal(listing: Path, kind: type[Exception] = DataError, **fields: Any) -> Any:
    with pytest.raises(kind) as caught:
        batch(opened_beside(listing, **fields))
    return caught.value


def test_batches_over_the_end(listing: Path) -> None:
    source = opened_beside(listing, 3)
    assert source.shapes(2) == ((3, 3, 3, 4), (3,))
    data, labels = batch(source)
    assert data[:, 0, 0, 0].tolist() == labels.tolist() == [0, 1, 2]
    assert labels_of(source) == [3, 4, 0]


def test_grey_and_sizes(listing: Path) -> None:
    assert opened_beside(listing, is_color=False).shapes(1) == ((2, 1, 3, 4),)
    assert opened_beside(listing, new_height=5, new_width=6).shapes(1) == ((2, 3, 5, 6),)
    assert opened_beside(listing, short_side=6).shapes(1) == ((2, 3, 6, 8),)


def test_images_alone_in_their_batch_may_have_random_sizes(listing: Path) -> None:
    layer = image_layer(listing, 1)
    layer.transform_param.random_resize_param.MergeFrom(caffe_pb2.RandomResizeParameter(min_size=5, max_size=40))
    asked, repeated = (opened(layer, seed=3, base=listing.parent) for _ in range(2))
    sides = []
    for _ in range(8):
        data, _ = batch(asked)
        sides.append(data.shape[2])
        repeated.shapes(1)
        np.testing.assert_array_equal(batch(repeated)[0], data)
    assert len(set(sides)) > 4


@pytest.mark.parametrize("transform", [{}, {"min_side": 8}])
def test_each_image_is_decoded_and_prepared_once(
    listing: Path, transform: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def counted(holder: Any, name: str) -> None:
        original = getattr(holder, name)
        monkeypatch.setattr(holder, name, lambda *given: done.append(name) or original(*given))

    counted(images, "read_image")
    counted(ShortSide, "apply")
    layer = image_layer(listing, 2)
    layer.transform_param.MergeFrom(caffe_pb2.TransformationParameter(**transform))
    source = opened(layer, base=listing.parent)
    for _ in range(4):
        batch(source)
    assert done.count("read_image") == 8
    assert done.count("apply") == (8 if transform else 0)


def test_root_folder_is_put_before_the_name(listing: Path) -> None:
    (listing.parent / "ab0.png").write_bytes((listing.parent / "0.png").read_bytes())
    listing.write_text("0.png 7\n")
    assert labels_of(opened_beside(listing, root_folder=f"{listing.parent}/ab")) == [7, 7]


def test_several_labels(listing: Path) -> None:
    listing.write_text("0.png 1 0.5\n1.png 2 -3\n")
    source = opened_beside(listing, label_count=2)
    assert source.shapes(2) == ((2, 3, 3, 4), (2, 2))
    assert batch(source)[1].tolist() == [[1, 0.5], [2, -3]]


def test_a_folder_for_each_class(listing: Path, tmp_path: Path) -> None:
    for name in ("b/x.png", "a/y.png", "b/z.png"):
        (tmp_path / "tree" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "tree" / name).write_bytes((tmp_path / "0.png").read_bytes())
    assert labels_of(opened_beside(tmp_path / "tree", 3)) == [0, 1, 1]


def test_shuffled_epochs(listing: Path) -> None:
    source = opened_beside(listing, 5, shuffle=True)
    epochs = [labels_of(source) for _ in range(4)]
    assert all(sorted(epoch) == [0, 1, 2, 3, 4] for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) > 1


def test_rand_skip(listing: Path) -> None:
    first = {labels_of(opened_beside(listing, 1, seed=seed, rand_skip=3))[0] for seed in range(40)}
    assert first == {0, 1, 2}


def test_a_position_leads_back(listing: Path) -> None:
    source = opened_beside(listing, 3, shuffle=True)
    labels_of(source)
    position = source.position()
    expected = [labels_of(source) for _ in range(4)]
    other = opened_beside(listing, 3, seed=5, shuffle=True)
    other.shapes(2)
    other.restore(position)
    assert [labels_of(other) for _ in range(4)] == expected


def test_a_missing_file(listing: Path) -> None:
    (listing.parent / "1.png").unlink()
    assert str(refusal(listing)) == (f"error: cannot read 1.png: no such file or directory\n  listed in {listing}:2")


def test_sizes_that_differ(listing: Path) -> None:
    Image.new("RGB", (9, 9)).save(listing.parent / "1.png")
    error = refusal(listing)
    name = listing.parent / "1.png"
    assert error.message == f"{name}: its image is 3 x 9 x 9, but the batch holds images of 3 x 3 x 4"
    assert error.diagnostics[0].notes == (
        "images of one batch must have one size, or be cropped to it",
        f"listed in {listing}:2",
    )


def test_bad_files_are_passed_over(listing: Path) -> None:
    (listing.parent / "0.png").unlink()
    (listing.parent / "3.png").write_bytes(b"nothing")
    bad = BadRecords("skip")
    with using(bad):
        source = opened_beside(listing, 2)
    with pytest.warns(NetccWarning, match="passed over"):
        batches = [labels_of(source) for _ in range(3)]
    assert batches == [[1, 2], [4, 1], [2, 4]]
    assert bad.count == 4
    assert list(bad.reasons) == ["0.png", str(listing.parent / "3.png")]


def test_none_is_left(listing: Path) -> None:
    for path in listing.parent.glob("*.png"):
        path.write_bytes(b"nothing")
    with using(BadRecords("skip")), pytest.warns(NetccWarning), pytest.raises(DataError) as caught:
        opened_beside(listing).shapes(2)
    assert caught.value.message == "none of the 5 records can be used"


@pytest.mark.parametrize(
    ("fields", "message", "field"),
    [
        ({"batch_size": 0}, "batch_size must be at least 1", "batch_size"),
        ({"new_height": 3}, "new_height and new_width go together", "new_width"),
        ({"new_width": 3}, "new_height and new_width go together", "new_height"),
        (
            {"short_side": 3, "new_width": 3, "new_height": 3},
            "short_side and new_height exclude each other",
            "short_side",
        ),
        ({"label_count": 0}, "label_count must be at least 1", "label_count"),
    ],
)
def test_fields(listing: Path, fields: dict, message: str, field: str) -> None:
    error = refusal(listing, LayerError, **fields)
    assert error.message == message
    assert error.field == ("image_data_param", field)


def test_no_source() -> None:
    with pytest.raises(LayerError) as caught:
        opened(image_layer(""))
    assert caught.value.message == "source is missing: a list of images, or a folder with a folder for each class"
