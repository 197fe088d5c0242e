"""Databases of images, byte for byte those of convert_imageset."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from data.database_rows import leveldb_rows, lmdb_rows

from netcc.data.bad_records import BadRecords
from netcc.data.decode import decode_image
from netcc.data.encode import encode_image
from netcc.data.tools.image_list import ListedImage, read_image_list
from netcc.data.tools.images import ImageOptions, write_images
from netcc.errors import DataError, NetccWarning, OutputError
from netcc.schema import caffe_pb2

GOLDEN = Path(__file__).parents[2] / "golden" / "data"

CASES = {
    "png_lmdb": ("png.txt", ImageOptions()),
    "png_encoded_lmdb": ("png.txt", ImageOptions(encoded=True, encode_type="png")),
    "gray_lmdb": ("png.txt", ImageOptions(gray=True)),
    "jpg_encoded_lmdb": ("jpg.txt", ImageOptions(encoded=True)),
    "resized_lmdb": ("sizes.txt", ImageOptions(size=(8, 6))),
    "gray_encoded_lmdb": ("gray.txt", ImageOptions(gray=True, encoded=True, encode_type="png")),
    "big_lmdb": ("big.txt", ImageOptions(check_size=True)),
    "many_lmdb": ("many.txt", ImageOptions(gray=True, size=(4, 3))),
}

WriteImage = Callable[..., ListedImage]


@pytest.fixture
def picture(tmp_path: Path) -> WriteImage:
    """Writes a grey image of one value, or other bytes, and gives its line of a list."""
    lines = iter(range(1, 100))

    def write(name: str, value: int | bytes = 0, size: tuple[int, int] = (2, 3)) -> ListedImage:
        content = value if isinstance(value, bytes) else encode_image(np.full((1, *size), value, np.uint8), "png")
        (tmp_path / name).write_bytes(content)
        return ListedImage(name, 1, f"list:{next(lines)}")

    return write


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("name", CASES)
def test_records_are_those_of_convert_imageset(name: str, threads: int, tmp_path: Path) -> None:
    listing, options = CASES[name]
    images = read_image_list(GOLDEN / listing)
    looked_at: list[int] = []
    count = write_images(tmp_path / name, str(GOLDEN), images, options, threads=threads, advance=looked_at.append)
    expected = lmdb_rows(GOLDEN / name)
    assert lmdb_rows(tmp_path / name) == expected
    assert count == len(expected) == sum(looked_at)


def test_leveldb(tmp_path: Path) -> None:
    images = read_image_list(GOLDEN / "png.txt")
    write_images(tmp_path / "db", f"{GOLDEN}/", images, ImageOptions(), backend="leveldb")
    assert leveldb_rows(tmp_path / "db") == lmdb_rows(GOLDEN / "png_lmdb")


def test_an_image_in_another_format_is_encoded(tmp_path: Path) -> None:
    images = read_image_list(GOLDEN / "jpg.txt")
    write_images(tmp_path / "db", str(GOLDEN), images, ImageOptions(encode_type="PNG"))
    for (_, value), image in zip(lmdb_rows(tmp_path / "db"), images, strict=True):
        datum = caffe_pb2.Datum.FromString(value)
        assert datum.encoded
        assert datum.data.startswith(b"\x89PNG")
        pixels = decode_image((GOLDEN / image.name).read_bytes(), "color")
        np.testing.assert_array_equal(decode_image(datum.data, "native"), pixels)


def test_a_resized_image_is_encoded_anew(tmp_path: Path) -> None:
    images = read_image_list(GOLDEN / "png.txt")
    write_images(tmp_path / "db", str(GOLDEN), images, ImageOptions(encoded=True, size=(4, 5)))
    datums = [caffe_pb2.Datum.FromString(value) for _, value in lmdb_rows(tmp_path / "db")]
    assert {decode_image(datum.data, "native").shape for datum in datums} == {(3, 4, 5)}


def test_jpeg_is_jpg(picture: WriteImage, tmp_path: Path) -> None:
    content = (GOLDEN / "images" / "j00.jpg").read_bytes()
    write_images(tmp_path / "db", str(tmp_path), [picture("a.JPEG", content)], ImageOptions(encode_type="jpg"))
    assert caffe_pb2.Datum.FromString(lmdb_rows(tmp_path / "db")[0][1]).data == content


@pytest.mark.parametrize("root", ["{}", "{}/", "{}//"])
@pytest.mark.parametrize("name", ["a.png", "/a.png"])
def test_root_and_name_may_bring_the_slash(root: str, name: str, picture: WriteImage, tmp_path: Path) -> None:
    picture("a.png", 7)
    write_images(tmp_path / "db", root.format(tmp_path), [ListedImage(name, 4, "list:1")], ImageOptions(gray=True))
    ((key, value),) = lmdb_rows(tmp_path / "db")
    assert key == b"00000000_" + name.encode()
    assert caffe_pb2.Datum.FromString(value).data == b"\7" * 6


def test_without_a_root_names_are_paths(picture: WriteImage, tmp_path: Path) -> None:
    picture("a.png", 7)
    assert write_images(tmp_path / "db", "", [ListedImage(f"{tmp_path}/a.png", 4, "list:1")], ImageOptions()) == 1


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "cannot read {folder}/b.png: no such file or directory"),
        (b"", "the encoded image is empty"),
        (b"no image", "the encoded image cannot be decoded: unknown format"),
    ],
)
def test_an_image_that_cannot_be_used(content: bytes | None, reason: str, picture: WriteImage, tmp_path: Path) -> None:
    images = [picture("a.png"), picture("b.png", content or b""), picture("c.png", 9)]
    if content is None:
        (tmp_path / "b.png").unlink()
    with pytest.raises(DataError) as caught:
        write_images(tmp_path / "db", str(tmp_path), images, ImageOptions())
    expected = f"list:2: b.png: {reason.format(folder=tmp_path)}"
    assert caught.value.message == expected
    assert not (tmp_path / "db").exists()
    bad = BadRecords("skip")
    with pytest.warns(NetccWarning) as warned:
        assert write_images(tmp_path / "db", str(tmp_path), images, ImageOptions(), bad=bad) == 2
    assert str(warned[0].message).splitlines()[0] == f"warning: passed over: {expected}"
    assert str(bad) == "1 bad record was passed over: b.png"
    # As in Caffe, the place in the list stays in the key.
    assert [key for key, _ in lmdb_rows(tmp_path / "db")] == [b"00000000_a.png", b"00000002_c.png"]


def test_no_image_can_be_used(picture: WriteImage, tmp_path: Path) -> None:
    images = [picture("a.png", b"1"), picture("b.png", b"2")]
    with pytest.warns(NetccWarning), pytest.raises(DataError) as caught:
        write_images(tmp_path / "db", str(tmp_path), images, ImageOptions(), bad=BadRecords("skip"))
    assert caught.value.message == "none of the 2 images can be used"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "b.png"]


def test_check_size(picture: WriteImage, tmp_path: Path) -> None:
    images = [picture("a.png"), picture("b.png", size=(3, 2))]
    assert write_images(tmp_path / "db", str(tmp_path), images, ImageOptions()) == 2
    for encoded in (False, True):
        options = ImageOptions(check_size=True, encoded=encoded)
        with pytest.raises(DataError) as caught:
            write_images(tmp_path / "checked", str(tmp_path), images, options)
        assert caught.value.message == "list:2: b.png: it is 3 x 3 x 2, the first is 3 x 2 x 3"


def test_a_name_without_an_ending(picture: WriteImage, tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        write_images(tmp_path / "db", str(tmp_path), [picture("a")], ImageOptions(encoded=True))
    assert str(caught.value) == (
        "error: list:1: a: its name has no ending that tells the format\n  give one with --encode-type"
    )


@pytest.mark.parametrize("backend", ["lmdb", "leveldb"])
def test_an_existing_database_is_replaced_with_force_only(backend, picture: WriteImage, tmp_path: Path) -> None:
    first, second = [picture("a.png")], [picture("b.png", 5), picture("c.png")]
    write_images(tmp_path / "db", str(tmp_path), first, ImageOptions(), backend=backend)
    with pytest.raises(OutputError) as caught:
        write_images(tmp_path / "db", str(tmp_path), second, ImageOptions(), backend=backend)
    assert str(caught.value) == f"error: {tmp_path}/db exists already\n  --force replaces it"
    write_images(tmp_path / "db", str(tmp_path), second, ImageOptions(), backend=backend, force=True)
    rows = lmdb_rows(tmp_path / "db") if backend == "lmdb" else leveldb_rows(tmp_path / "db")
    assert [key for key, _ in rows] == [b"00000000_b.png", b"00000001_c.png"]


def test_a_folder_with_other_files_is_never_replaced(picture: WriteImage, tmp_path: Path) -> None:
    images = [picture("a.png")]
    (tmp_path / "db").mkdir()
    (tmp_path / "db" / "000003.log.txt").write_text("mine")
    with pytest.raises(OutputError, match="is not a database, so it is not replaced"):
        write_images(tmp_path / "db", str(tmp_path), images, ImageOptions(), force=True)
    assert (tmp_path / "db" / "000003.log.txt").read_text() == "mine"


def test_a_full_disk_leaves_nothing(picture: WriteImage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import lmdb

    def full(self: object, *arguments: object) -> None:
        raise lmdb.DiskError("mdb_txn_commit: No space left on device")

    monkeypatch.setattr("netcc.data.lmdb_writer.LmdbWriter._write", lambda self: _reporting(self, full))
    images = [picture("a.png")]
    with pytest.raises(OutputError) as caught:
        write_images(tmp_path / "db", str(tmp_path), images, ImageOptions())
    assert caught.value.message == "cannot write database db: mdb_txn_commit: No space left on device"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png"]


def _reporting(writer, action: Callable[[object], None]) -> None:
    with writer._trouble_reported():
        action(writer)


def test_names_that_are_not_utf8(tmp_path: Path) -> None:
    name = b"caf\xe9 1.png"
    shutil.copy(GOLDEN / "images" / "c00.png", tmp_path / name.decode("utf-8", "surrogateescape"))
    (tmp_path / "list.txt").write_bytes(name + b" 3\n")
    write_images(tmp_path / "db", str(tmp_path), read_image_list(tmp_path / "list.txt"), ImageOptions())
    ((key, value),) = lmdb_rows(tmp_path / "db")
    assert key == b"00000000_" + name
    assert caffe_pb2.Datum.FromString(value).label == 3
