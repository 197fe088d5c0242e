"""Fetches the official archive of CIFAR-10 and makes sure that it is that."""

from __future__ import annotations

import hashlib
import tarfile
import tempfile
import zlib
from collections.abc import Callable
from http.client import HTTPException
from typing import IO

from netcc.data.tools.cifar10 import FILES, MOST_BYTES, parse_batch
from netcc.errors import DataError
from netcc.types import Array

ADDRESS = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
BYTES = 170_052_171
SHA256 = "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"

_FOLDER = "cifar-10-batches-bin"
_CHUNK = 1 << 20
_SECONDS = 30


def download_batches(advance: Callable[[int], None] = lambda received: None) -> dict[str, Array]:
    """The six binary files as `batches_from` gives them; `advance` is told how many more bytes have come.

    Raises DataError where the archive cannot be fetched or is not the official one.
    """
    with tempfile.TemporaryFile() as archive:
        digest = _fetch(archive, advance)
        if digest != SHA256:
            raise _failure("it is not the official file (its SHA-256 differs)")
        archive.seek(0)
        try:
            with tarfile.open(fileobj=archive, mode="r:gz") as members:
                return {name: parse_batch(_member(members, name), name) for name in FILES}
        except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
            raise _failure(f"it cannot be unpacked: {error}") from None


def _fetch(archive: IO[bytes], advance: Callable[[int], None]) -> str:
    """Copies the archive from the network and gives its SHA-256; no more than its known size is taken."""
    from urllib.request import urlopen

    digest, left = hashlib.sha256(), BYTES + 1
    try:
        with urlopen(ADDRESS, timeout=_SECONDS) as response:
            while left and (chunk := response.read(min(_CHUNK, left))):
                archive.write(chunk)
                digest.update(chunk)
                left -= len(chunk)
                advance(len(chunk))
    except (OSError, HTTPException) as error:
        # An URLError wraps what went wrong; its own text is only a frame around it.
        raise _failure(str(getattr(error, "reason", None) or error)) from None
    return digest.hexdigest()


def _member(members: tarfile.TarFile, name: str) -> bytes:
    """The content of one file, read where it lies: nothing is unpacked to the disk."""
    try:
        stream = members.extractfile(f"{_FOLDER}/{name}")
    except KeyError:
        stream = None
    if stream is None:
        raise _failure(f"it holds no {name}")
    return stream.read(MOST_BYTES)


def _failure(reason: str) -> DataError:
    return DataError(
        "cannot download CIFAR-10",
        notes=[
            f"{ADDRESS}: {reason}",
            "without a network: get the binary version elsewhere, unpack it and use --from DIR",
        ],
    )
