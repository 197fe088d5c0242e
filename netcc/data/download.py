"""Fetches the official MNIST files and makes sure that they are those."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from http.client import HTTPException

from netcc.data.idx import LabelledImages, label_images, parse_idx
from netcc.errors import DataError

MIRRORS = (
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
)

CHECKSUMS = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
"""SHA-256 of the uncompressed files: mirrors may compress the same content differently."""

_SECONDS = 30
_MOST_BYTES = 64 << 20


def download_part(stem: str, note: Callable[[str], None] = lambda name: None) -> LabelledImages:
    """Images and labels of one part of MNIST, `stem` being `train` or `t10k`; `note` is told each file's name.

    Raises DataError where no mirror gives the right file.
    """
    images, labels = f"{stem}-images-idx3-ubyte", f"{stem}-labels-idx1-ubyte"
    return label_images(
        parse_idx(_fetch(images, note), 3, images), parse_idx(_fetch(labels, note), 1, labels), images, labels
    )


def _fetch(name: str, note: Callable[[str], None]) -> bytes:
    """The uncompressed content of the file `name`, from the first mirror that has it as it must be."""
    note(name)
    failures = []
    for mirror in MIRRORS:
        address = f"{mirror}{name}.gz"
        try:
            content = _get(address)
        except (OSError, EOFError, HTTPException) as error:
            # An URLError wraps what went wrong; its own text is only a frame around it.
            failures.append(f"{address}: {getattr(error, 'reason', None) or error}")
            continue
        if hashlib.sha256(content).hexdigest() == CHECKSUMS[name]:
            return content
        failures.append(f"{address}: not the official file (its SHA-256 differs)")
    raise DataError(
        f"cannot download {name}.gz",
        notes=[*failures, "without a network: get the four files elsewhere and use --from DIR, or leave out --full"],
    )


def _get(address: str) -> bytes:
    """Downloads and unpacks a gzip file, up to a bound far above the size of the real ones."""
    import gzip
    import zlib
    from urllib.request import urlopen

    with urlopen(address, timeout=_SECONDS) as response:
        packed = response.read(_MOST_BYTES)
    try:
        return gzip.GzipFile(fileobj=io.BytesIO(packed)).read(_MOST_BYTES)
    except zlib.error as error:
        raise OSError(str(error)) from None
