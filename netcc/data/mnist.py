"""Makes the databases of MNIST, as Caffe's `examples/mnist/convert_mnist_data.cpp` and `create_mnist.sh` do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from netcc.data.database_writer import Backend, open_writer, write_records
from netcc.data.download import download_part
from netcc.data.idx import LabelledImages, find_idx, read_labelled_images
from netcc.data.staging import staged_databases
from netcc.schema import caffe_pb2
from netcc.types import Shape

PARTS = {"mnist_train_lmdb": "train", "mnist_test_lmdb": "t10k"}
"""Name of each database, as an LMDB, and the word that its IDX files begin with."""


@dataclass(frozen=True)
class Database:
    """A database that was made: `shape` is that of one image (channels, height, width)."""

    path: Path
    records: int
    shape: Shape


def bundled_digits() -> dict[str, LabelledImages]:
    """The digits that come with netcc: 6,000 to train with and 1,000 to test with, by name of their database."""
    folder = files("netcc.data") / "digits"
    return {
        name: read_labelled_images(folder / f"{stem}-images-idx3-ubyte.gz", folder / f"{stem}-labels-idx1-ubyte.gz")
        for name, stem in PARTS.items()
    }


def digits_from(folder: Path) -> dict[str, LabelledImages]:
    """The four IDX files of `folder`, by name of their database; raises DataError where one is missing or broken."""
    return {
        name: read_labelled_images(find_idx(folder, f"{stem}-images", 3), find_idx(folder, f"{stem}-labels", 1))
        for name, stem in PARTS.items()
    }


def downloaded_digits(note: Callable[[str], None]) -> dict[str, LabelledImages]:
    """All 70,000 digits, from the network; `note` is told the name of each file before it is fetched."""
    return {name: download_part(stem, note) for name, stem in PARTS.items()}


def write_mnist(
    out: Path,
    digits: Mapping[str, LabelledImages],
    *,
    backend: Backend = "lmdb",
    force: bool = False,
    advance: Callable[[int], None] = lambda written: None,
) -> list[Database]:
    """Writes each of `digits` as a database of that name in `out`; `advance` is told now and then how many
    more records have been written.

    A LevelDB has `_leveldb` at the end of its name. All databases appear together at the end. Raises OutputError where
    one exists (unless `force`) or cannot be written.
    """
    made = []
    names = database_names(digits, backend)
    with staged_databases(out, names, force) as stage:
        for name, part in zip(names, digits.values(), strict=True):
            with open_writer(stage / name, backend) as writer:
                count = write_records(writer, _records(part), advance)
            made.append(Database(out / name, count, (1, *part.images.shape[1:])))
    return made


def database_names(names: Iterable[str], backend: Backend) -> list[str]:
    """What the databases `names`, LMDBs, are called with that backend."""
    return [name.removesuffix("lmdb") + backend for name in names]


def _records(part: LabelledImages) -> Iterator[tuple[bytes, bytes]]:
    """Key and Datum of each image."""
    height, width = part.images.shape[1:]
    datum = caffe_pb2.Datum(channels=1, height=height, width=width)
    for index, (image, label) in enumerate(zip(part.images, part.labels.tolist(), strict=True)):
        datum.data = image.tobytes()
        datum.label = label
        yield b"%08d" % index, datum.SerializeToString()
