"""Makes the databases of CIFAR-10 (`examples/cifar10/convert_cifar_data.cpp`).

CIFAR-10: Krizhevsky, Learning Multiple Layers of Features from Tiny Images (2009).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from netcc.data.database_writer import Backend, open_writer, write_records
from netcc.data.mnist import Database
from netcc.data.staging import staged_databases
from netcc.errors import DataError
from netcc.schema import caffe_pb2
from netcc.types import Array, Shape

IMAGE: Shape = (3, 32, 32)
"""Channels in the order R, G, B, as Caffe keeps them here."""

CLASSES = 10
RECORD_BYTES = 1 + 3 * 32 * 32
"""A label and its image."""

MOST_BYTES = 1 << 28
"""Of one file; the official ones have 30,730,000."""

PARTS = {
    "cifar10_train": (
        "data_batch_1.bin",
        "data_batch_2.bin",
        "data_batch_3.bin",
        "data_batch_4.bin",
        "data_batch_5.bin",
    ),
    "cifar10_test": ("test_batch.bin",),
}
"""The beginning of each database's name and the files it is made of."""

FILES = tuple(name for names in PARTS.values() for name in names)


def database_names(backend: Backend) -> list[str]:
    return [f"{part}_{backend}" for part in PARTS]


def batches_from(folder: Path) -> dict[str, Array]:
    """The six binary files of `folder`, or of `cifar-10-batches-bin` in it, each as records (count, 1 + 3072) of uint8.

    Raises DataError where a file is missing or broken.
    """
    inner = folder / "cifar-10-batches-bin"
    folder = inner if inner.is_dir() else folder
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        for_python = (folder / missing[0]).with_suffix("").is_file()
        notes = ["these are the files for Python; netcc reads the binary version"] if for_python else []
        raise DataError(f"{folder} has no {missing[0]}", notes=notes)
    return {name: parse_batch(_read(folder / name), str(folder / name)) for name in FILES}


def parse_batch(content: bytes, name: str) -> Array:
    """The records of one binary file; messages call it `name`. Raises DataError where it is no such file."""
    if not content or len(content) % RECORD_BYTES:
        raise DataError(
            f"{name} is cut short or no batch of CIFAR-10: it has {len(content)} bytes",
            notes=[
                f"expected a multiple of {RECORD_BYTES}: a label and 32 x 32 pixels in three colours for each image"
            ],
        )
    records = np.frombuffer(content, np.uint8).reshape(-1, RECORD_BYTES)
    wrong = np.flatnonzero(records[:, 0] >= CLASSES)
    if wrong.size:
        raise DataError(
            f"{name} is no batch of CIFAR-10: image {wrong[0]} has the label {records[wrong[0], 0]}",
            notes=[f"expected labels from 0 to {CLASSES - 1}"],
        )
    return records


def write_cifar10(
    out: Path,
    batches: Mapping[str, Array],
    *,
    backend: Backend = "lmdb",
    force: bool = False,
    advance: Callable[[int], None] = lambda written: None,
) -> list[Database]:
    """Writes the databases `cifar10_train_lmdb` and `cifar10_test_lmdb` (or `_leveldb`) into `out`.

    Both appear together at the end. Raises OutputError where one exists (unless `force`) or cannot be written.
    """
    made = []
    names = database_names(backend)
    with staged_databases(out, names, force) as stage:
        for name, files in zip(names, PARTS.values(), strict=True):
            with open_writer(stage / name, backend) as writer:
                count = write_records(writer, _records([batches[file] for file in files]), advance)
            made.append(Database(out / name, count, IMAGE))
    return made


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise DataError(f"{path} is no batch of CIFAR-10: it has {path.stat().st_size} bytes")
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from None


def _records(batches: Sequence[Array]) -> Iterator[tuple[bytes, bytes]]:
    """Key and Datum of each image, numbered through all files."""
    datum = caffe_pb2.Datum(channels=IMAGE[0], height=IMAGE[1], width=IMAGE[2])
    index = 0
    for batch in batches:
        for record in batch:
            datum.label, datum.data = int(record[0]), record[1:].tobytes()
            yield b"%05d" % index, datum.SerializeToString()
            index += 1
