"""Files that hold one protobuf message: reading, writing, and what is wrong with one that cannot be read."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TypeVar

from google.protobuf.message import DecodeError, Message

from netcc.atomic import atomic_write
from netcc.errors import WeightsError
from netcc.schema import weights_pb2, wire

HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"

_OVER_LIMIT = "weights of this size are kept in HDF5 (snapshot_format: HDF5)"

AnyMessage = TypeVar("AnyMessage", bound=Message)


def is_hdf5(path: str | os.PathLike[str]) -> bool:
    """Whether the file begins as HDF5 files do; False if it cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read(len(HDF5_SIGNATURE)) == HDF5_SIGNATURE
    except OSError:
        return False


def read_bytes(path: str | os.PathLike[str]) -> bytes:
    """The content of a file that is to hold a message.

    Raises WeightsError if it is missing, not readable, empty, or larger than protobuf allows.
    """
    name = os.fspath(path)
    try:
        if os.stat(path).st_size > wire.LIMIT:
            raise WeightsError(f"{name} is over 2 GB, the limit of protobuf files", notes=[_OVER_LIMIT])
        data = Path(path).read_bytes()
    except FileNotFoundError as error:
        raise WeightsError(f"cannot read {name}: there is no such file") from error
    except IsADirectoryError as error:
        raise WeightsError(f"cannot read {name}: it is a folder") from error
    except OSError as error:
        raise WeightsError(f"cannot read {name}: {(error.strerror or str(error)).lower()}") from error
    if not data:
        raise WeightsError(f"{name} is empty")
    return data


def write_parts(path: str | os.PathLike[str], parts: list[wire.Part]) -> None:
    """Writes a message given in serialized parts.

    Raises WeightsError if it passes protobuf's limit, OutputError if the file cannot be written.
    """
    size = wire.length(parts)
    if size > wire.LIMIT:
        message = f"cannot write {os.fspath(path)}: its {size} bytes pass 2 GB, the limit of protobuf files"
        raise WeightsError(message, notes=[_OVER_LIMIT])
    with atomic_write(path) as file:
        file.writelines(parts)


def parse(path: str | os.PathLike[str], data: bytes, kind: type[AnyMessage], what: str) -> AnyMessage:
    """The message in `data`, read from `path`; `what` names it in messages, as "a weights file".

    Raises WeightsError with the reason if there is none.
    """
    try:
        return kind.FromString(data)
    except DecodeError as error:
        raise unlike(path, data, what) from error


def unlike(path: str | os.PathLike[str], data: bytes, what: str) -> WeightsError:
    """The error for a file that is not `what`."""
    name = os.fspath(path)
    if data.startswith(HDF5_SIGNATURE):
        return WeightsError(f"{name} is not {what} in protobuf's format but an HDF5 file")
    if _is_text(data):
        return WeightsError(f"{name} is not {what} but text", notes=[f"it begins: {_first_line(data)}"])
    other = _recognize(data)
    if other:
        return WeightsError(f"{name} is not {what} but {other}")
    cut = wire.cut_at(data)
    if cut is not None:
        note = f"it ends after {len(data)} bytes, inside the field that begins at byte {cut}"
        return WeightsError(f"{name} is truncated or damaged", notes=[note])
    return WeightsError(f"{name} is not {what}, or is damaged")


def _is_text(data: bytes) -> bool:
    """Whether `data` begins like a text file; its last character there may be cut."""
    head = data[:4096]
    text = head.decode("utf-8", errors="ignore")
    return len(text.encode()) > len(head) - 4 and all(char.isprintable() or char.isspace() for char in text)


def _first_line(data: bytes) -> str:
    """The first line that is not blank, at most 60 characters of it."""
    return data[:4096].decode("utf-8", errors="replace").strip().partition("\n")[0][:60].rstrip()


def _recognize(data: bytes) -> str | None:
    """Which of the files of a training run `data` is, if it is one."""
    net = _attempt(weights_pb2.NetParameter, data)
    if net and (net.layer or net.layers):
        return "a weights file"
    state = _attempt(weights_pb2.SolverState, data)
    if state and state.HasField("iter") and (state.history or state.learned_net):
        return "a solver state"
    blob = _attempt(weights_pb2.BlobProto, data)
    if blob and (blob.HasField("num") or blob.HasField("shape")) and (blob.data or blob.double_data):
        return "a .binaryproto"
    return None


def _attempt(kind: type[AnyMessage], data: bytes) -> AnyMessage | None:
    try:
        return kind.FromString(data)
    except DecodeError:
        return None
