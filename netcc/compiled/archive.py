"""The file of a compiled net: a zip whose members are stored as they are, so that arrays can be mapped into memory.

`manifest.json` says which format it is, and size and SHA-256 of every other member; `net.json` describes the net;
arrays are NumPy's `.npy` files whose numbers begin at multiples of 64 bytes. One net gives the same bytes every time.
"""

from __future__ import annotations

import errno
import hashlib
import io
import json
import mmap
import os
import struct
import weakref
import zipfile
import zlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from netcc.atomic import atomic_write
from netcc.errors import CompiledNetError
from netcc.types import Array, Shape, count
from netcc.version import __version__

FORMAT = "netcc compiled net"
VERSION = 1
ALIGNMENT = 64
MANIFEST = "manifest.json"
MOST_MANIFEST_BYTES = 1 << 26

_PADDING_FIELD = 0xD935
"""The number of an extra field of zip that only fills space, as Android's archives have it."""
_LOCAL_HEADER = 30
_DATE = (1980, 1, 1, 0, 0, 0)


def write_archive(path: str | Path, texts: Mapping[str, Any], arrays: Mapping[str, Array]) -> None:
    """Writes the file at `path`: `texts` are members of JSON, `arrays` of float32 numbers, by their names.

    The file appears whole or not at all. Raises OutputError if it cannot be written.
    """
    members = {name: _json(content) for name, content in texts.items()}
    facts = {name: _facts(content) for name, content in members.items()}
    for name, array in arrays.items():
        facts[name] = _facts(_npy_header(array), _plain(array))
    manifest = _json({"format": FORMAT, "version": VERSION, "netcc": __version__, "members": facts})
    with atomic_write(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, content in {MANIFEST: manifest, **members}.items():
            _add(archive, file, name, content)
        for name, array in arrays.items():
            _add(archive, file, name, _npy_header(array), _plain(array))


def _json(content: Any) -> bytes:
    return json.dumps(content, indent=1, allow_nan=False).encode()


def _facts(*parts: bytes | memoryview) -> dict[str, Any]:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return {"size": sum(map(len, parts)), "sha256": digest.hexdigest()}


def _plain(array: Array) -> memoryview:
    """The numbers as they lie in the file: one stretch, least significant byte first."""
    return np.ascontiguousarray(array, "<f4").reshape(-1).view(np.uint8).data


def _npy_header(array: Array) -> bytes:
    """NumPy's own header, which it fills up to a multiple of 64 bytes."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f4", "fortran_order": False, "shape": array.shape})
    return header.getvalue()


def _add(archive: zipfile.ZipFile, file: BinaryIO, name: str, *parts: bytes | memoryview) -> None:
    member = zipfile.ZipInfo(name, _DATE)
    member.file_size = sum(map(len, parts))
    member.external_attr = 0o644 << 16
    start = file.tell() + _LOCAL_HEADER + len(name.encode())
    if member.file_size * 1.05 > zipfile.ZIP64_LIMIT:
        start += 20  # the field in which zip keeps large sizes
    gap = -start % ALIGNMENT
    if gap:
        gap += 0 if gap >= 4 else ALIGNMENT
        member.extra = struct.pack("<HH", _PADDING_FIELD, gap - 4) + bytes(gap - 4)
    with archive.open(member, "w") as target:
        for part in parts:
            target.write(part)


def is_compiled(path: str | Path) -> bool:
    """Whether the file begins as a compiled net does; False if it cannot be read."""
    try:
        with Path(path).open("rb") as file:
            return file.read(_LOCAL_HEADER + len(MANIFEST)).endswith(MANIFEST.encode())
    except OSError:
        return False


class Archive:
    """An open file of a compiled net, mapped into memory; `close` gives it back once no array is in use.

    With `verify` every byte is compared with the checksums. Raises CompiledNetError where the file cannot be read, is
    no compiled net, is of a newer version, cut short, damaged or changed.
    """

    def __init__(self, path: str | Path, *, verify: bool = True) -> None:
        self.path = Path(path)
        self._file, self._map = self._open()
        self._close_file = weakref.finalize(self, os.close, self._file)
        self._stamp = self._state()
        self.texts: dict[str, Any] = {}
        try:
            self._members = self._find()
            self.version_of_netcc = self._check(verify=verify)
        except BaseException:
            self.close()
            raise

    def _open(self) -> tuple[int, mmap.mmap]:
        try:
            if self.path.is_dir():
                raise IsADirectoryError(errno.EISDIR, "it is a folder")
            file = os.open(self.path, os.O_RDONLY)
        except OSError as error:
            raise CompiledNetError(f"cannot read {self.path}: {(error.strerror or str(error)).lower()}") from None
        try:
            # Copy on write: a layer may change its numbers, the file stays.
            return file, mmap.mmap(file, 0, access=mmap.ACCESS_COPY)
        except (ValueError, OSError) as error:
            os.close(file)
            reason = "it is empty" if isinstance(error, ValueError) else (error.strerror or str(error)).lower()
            raise self._fault(f"is not a compiled net: {reason}") from None

    def _state(self) -> tuple[int, int]:
        facts = os.fstat(self._file)
        return facts.st_size, facts.st_mtime_ns

    def check_unchanged(self) -> None:
        """Raises CompiledNetError if someone wrote into the file: what is mapped is then not what was checked.

        A file that was only touched, or written with the same bytes, is still what it was.
        """
        state = self._state()
        if state == self._stamp:
            return
        if state[0] != self._stamp[0] or not self._is_intact():
            raise self._fault("changed since it was loaded", "load it again")
        self._stamp = state

    def _is_intact(self) -> bool:
        try:
            self._check(verify=True)
        except CompiledNetError:
            return False
        return True

    def _fault(self, what: str, *notes: str) -> CompiledNetError:
        return CompiledNetError(f"{self.path} {what}", notes=notes)

    def _find(self) -> dict[str, tuple[int, int, int]]:
        """First and last byte of every member, and its CRC-32."""
        if self._map[:4] != b"PK\x03\x04":
            raise self._fault("is not a compiled net", "`netcc compile NET -o FILE` makes one")
        try:
            with self.path.open("rb") as file, zipfile.ZipFile(file) as archive:
                return {info.filename: self._place(info) for info in archive.infolist()}
        except (zipfile.BadZipFile, OSError, ValueError, struct.error, NotImplementedError):
            raise self._fault("is cut short or damaged: the list of its parts, at its end, cannot be read") from None

    def _place(self, info: zipfile.ZipInfo) -> tuple[int, int, int]:
        name_size, extra_size = struct.unpack_from("<HH", self._map, info.header_offset + 26)
        start = info.header_offset + _LOCAL_HEADER + name_size + extra_size
        if info.compress_type != zipfile.ZIP_STORED or start + info.file_size > len(self._map):
            raise ValueError(info.filename)
        return start, start + info.file_size, info.CRC

    def _bytes(self, name: str) -> memoryview:
        start, end, _ = self._members[name]
        return memoryview(self._map)[start:end]

    def _check(self, *, verify: bool) -> str:
        """Compares manifest and members, reads the texts; returns the version of netcc that wrote the file."""
        manifest = self._manifest()
        version = manifest.get("version")
        if type(version) is not int or version < 1:
            raise self._fault(f"is damaged: its manifest gives {version!r} as version of the format")
        if version > VERSION:
            raise self._fault(
                f"has version {version} of the format; this netcc reads up to version {VERSION}",
                f"netcc {manifest.get('netcc')} wrote it, this is netcc {__version__}: a newer one is needed",
            )
        members = manifest.get("members")
        if not isinstance(members, dict) or members.keys() != self._members.keys() - {MANIFEST}:
            raise self._fault("is damaged: its parts are not those that its manifest lists")
        for name, facts in members.items():
            self._check_member(name, facts, verify=verify)
        return str(manifest.get("netcc"))

    def _manifest(self) -> dict[str, Any]:
        if MANIFEST not in self._members:
            raise self._fault("is a zip file, but not a compiled net", f"expected a part {MANIFEST}")
        start, end, crc = self._members[MANIFEST]
        with self._bytes(MANIFEST) as content:
            if end - start > MOST_MANIFEST_BYTES or zlib.crc32(content) != crc:
                raise self._fault(f"is damaged: {MANIFEST} was changed")
            manifest = self._parse(MANIFEST, bytes(content))
        if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
            raise self._fault("is a zip file, but not a compiled net", f"its manifest does not say {FORMAT!r}")
        return manifest

    def _check_member(self, name: str, facts: Any, *, verify: bool) -> None:
        with self._bytes(name) as content:
            text = name.endswith(".json")
            if not isinstance(facts, dict) or facts.get("size") != len(content):
                raise self._fault(f"is damaged: {name} has not the size that its manifest says")
            if (verify or text) and hashlib.sha256(content).hexdigest() != facts.get("sha256"):
                raise self._fault(
                    f"is damaged or was changed: {name} has not the checksum that its manifest says",
                    "compile the net again",
                )
            if text:
                self.texts[name] = self._parse(name, bytes(content))

    def _parse(self, name: str, content: bytes) -> Any:
        try:
            return json.loads(content)
        except (ValueError, RecursionError):
            raise self._fault(f"is damaged: {name} is not JSON") from None

    def array(self, name: str, shape: Shape) -> Array:
        """The float32 array in member `name`, as a view of the file. Raises CompiledNetError if it has another size."""
        if name not in self._members:
            raise self._fault(f"is damaged: it has no part {name}")
        start, end, _ = self._members[name]
        first = end - 4 * count(shape)
        if first < start or (first - start) % ALIGNMENT:
            raise self._fault(f"is damaged: {name} has not the numbers of its shape {shape}")
        return np.frombuffer(self._map, "<f4", count(shape), first).reshape(shape)

    def close(self) -> None:
        """Gives the memory back now, or when the last array that is still in use goes."""
        self._close_file()
        with suppress(BufferError):
            self._map.close()
