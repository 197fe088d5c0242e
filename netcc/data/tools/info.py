"""What is in a database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from netcc.data.database_writer import Backend
from netcc.data.tools.records import DatumRecord, backend_of, datum_records, opened
from netcc.types import Array, Shape

_FORMATS = {
    b"\xff\xd8\xff": "jpeg",
    b"\x89PNG": "png",
    b"BM": "bmp",
    b"RIFF": "webp",
    b"II*\0": "tiff",
    b"MM\0*": "tiff",
}
"""How the files of each image format begin."""


@dataclass
class DatabaseInfo:
    """`images` counts the records of each shape (channels, height, width) and kind: `raw`, `float`, or the format that
    they are encoded in; `labels` those of each label, or, where records are annotated, the objects of each;
    `value_bytes` is the size of all records. `first` are the first images with their first labels (-1 for none).
    """

    path: Path
    backend: Backend
    records: int = 0
    value_bytes: int = 0
    images: Counter[tuple[Shape, str]] = field(default_factory=Counter)
    labels: Counter[int] = field(default_factory=Counter)
    annotated: int = 0
    """Records that say which objects are in their image."""
    first: list[tuple[Array, int]] = field(default_factory=list)

    def add(self, record: DatumRecord, keep: int) -> None:
        self.records += 1
        self.value_bytes += len(record.value)
        self.images[record.image.shape, _kind(record)] += 1
        self.labels.update(record.labels)
        self.annotated += record.annotated
        if len(self.first) < keep:
            self.first.append((record.image, record.labels[0] if record.labels else -1))


def database_info(
    path: Path,
    keep: int = 0,
    advance: Callable[[int], None] = lambda records: None,
    begin: Callable[[int], None] = lambda total: None,
) -> DatabaseInfo:
    """Looks at every record of the database `path` and keeps the first `keep` images.

    `begin` is told how many records there are, `advance` how many more were looked at. Raises DataError for the first
    record that is broken.
    """
    info = DatabaseInfo(path, backend_of(path))
    with opened(path) as reader:
        begin(len(reader))
        for record in datum_records(reader):
            info.add(record, keep)
            advance(1)
    return info


def _kind(record: DatumRecord) -> str:
    datum = record.datum
    if not datum.encoded:
        return "raw" if datum.data else "float"
    return next((name for magic, name in _FORMATS.items() if datum.data.startswith(magic)), "encoded")
