"""Makes a database of images in files (`tools/convert_imageset.cpp`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from netcc.data.bad_records import BadRecords
from netcc.data.database_writer import Backend, open_writer, write_records
from netcc.data.datums import encoded_datum, raw_datum
from netcc.data.decode import decode_image, read_content
from netcc.data.encode import encode_image
from netcc.data.resize import resize
from netcc.data.staging import staged_databases
from netcc.data.tools.image_list import ListedImage
from netcc.data.tools.parallel import ordered_map
from netcc.errors import DataError
from netcc.types import Array, Shape, format_shape


@dataclass(frozen=True)
class ImageOptions:
    """What becomes of each image.

    `size` is the height and width that images are resized to. `encoded` keeps images in a file format: `encode_type`
    (as "png"), or that of the file where it is empty. With `check_size` all must have one shape.
    """

    gray: bool = False
    size: tuple[int, int] | None = None
    check_size: bool = False
    encoded: bool = False
    encode_type: str = ""


@dataclass(frozen=True)
class _Made:
    """A Datum, and the shape of the image in it; or what was wrong."""

    image: ListedImage
    datum: bytes = b""
    shape: Shape = ()
    fault: DataError | None = None


def write_images(
    folder: Path,
    root: str,
    images: Sequence[ListedImage],
    options: ImageOptions,
    *,
    backend: Backend = "lmdb",
    force: bool = False,
    bad: BadRecords | None = None,
    threads: int = 1,
    advance: Callable[[int], None] = lambda images: None,
) -> int:
    """Makes the database `folder` of `images`, whose names stand below `root`, and gives the number of its records.

    Keys are the place in the list and the name. `bad` says what happens to images that cannot be used; `advance` is
    told how many more were looked at. The database appears whole or not at all. Raises DataError for an image that
    cannot be used or if none can, OutputError where the database exists (unless `force`) or cannot be written.
    """
    bad = bad or BadRecords()
    with staged_databases(folder.parent, [folder.name], force) as stage:
        work = partial(_make, root=root, options=options)
        with open_writer(stage / folder.name, backend) as writer, ordered_map(work, images, threads) as made:
            records = write_records(writer, _records(made, options, bad, advance))
        if not records:
            raise DataError(f"none of the {len(images)} images can be used")
    return records


def _records(
    made: Iterator[_Made], options: ImageOptions, bad: BadRecords, advance: Callable[[int], None]
) -> Iterator[tuple[bytes, bytes]]:
    """Key and Datum of each image that can be used."""
    expected: Shape | None = None
    for index, item in enumerate(made):
        advance(1)
        fault = item.fault
        if fault is None and options.check_size:
            expected = expected or item.shape
            fault = _size_fault(item, expected)
        if fault is not None:
            bad.met(item.image.name, fault)
            continue
        yield b"%08d_" % index + item.image.name.encode("utf-8", "surrogateescape"), item.datum


def _size_fault(item: _Made, expected: Shape) -> DataError | None:
    if item.shape == expected:
        return None
    return _located(item.image, DataError(f"it is {format_shape(item.shape)}, the first is {format_shape(expected)}"))


def _make(image: ListedImage, *, root: str, options: ImageOptions) -> _Made:
    """Reads one image; what is wrong is noted, since other threads go on."""
    path = _path(root, image.name)
    try:
        content = read_content(path)
        pixels = decode_image(content, "gray" if options.gray else "color")
        if options.size is not None:
            pixels = resize(pixels, *options.size)
        datum = _datum(image, content, pixels, options)
    except DataError as error:
        return _Made(image, fault=_located(image, error))
    return _Made(image, datum, pixels.shape)


def _located(image: ListedImage, error: DataError) -> DataError:
    """The same error with the image it is about, and where that is listed."""
    fault = error.diagnostics[0]
    return DataError(f"{image.place}: {image.name}: {fault.message}", notes=fault.notes)


def _path(root: str, name: str) -> Path:
    """Caffe strings root and name together; the slash between them may be there or not, or twice."""
    return Path(f"{root.rstrip('/')}/{name.lstrip('/')}" if root else name)


def _datum(image: ListedImage, content: bytes, pixels: Array, options: ImageOptions) -> bytes:
    if not (options.encoded or options.encode_type):
        return raw_datum(pixels, image.label)
    ending = _ending(image.name)
    wanted = options.encode_type.lower() or ending
    if not wanted:
        raise DataError("its name has no ending that tells the format", notes=["give one with --encode-type"])
    if options.size is None and (wanted == ending or (wanted == "jpg" and ending == "jpeg")):
        return encoded_datum(content, image.label)  # as it is, even where it has colours and gray is asked for
    return encoded_datum(encode_image(pixels, wanted), image.label)


def _ending(name: str) -> str:
    """`jpg` of `cat.JPG`."""
    return Path(name).suffix[1:].lower()
