"""The file beside a snapshot that makes resuming exact: `PREFIX_iter_N.resume.json`.

Caffe's two files hold weights, history and iteration; this one holds what they lack. It is JSON: an object with
`format`, `version`, the fields of `ResumeRecord`, and arrays as {"dtype", "shape", "data" (base64)}.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from netcc.atomic import atomic_write
from netcc.errors import WeightsError
from netcc.runtime.run_state import RunState
from netcc.types import Array, count

FORMAT, VERSION = "netcc resume", 1
LARGEST = 1 << 30
"""Bytes of the longest file that is read."""

STATE_SUFFIXES = (".solverstate.h5", ".solverstate")
RESUME_SUFFIX = ".resume.json"
_DTYPES = {name: np.dtype(name) for name in ("<f4", "<f8", "<i8", "|u1", "|b1")}
"""The types of arrays that layers may keep."""


@dataclass(frozen=True, eq=False)
class ResumeRecord:
    """What a run needs besides weights, history and iteration to go on as if it had never stopped.

    `nets` has the training net and then the test nets; `memories` what parts of the solver remember, by name, fit for
    JSON. `contents` are the digests of the weights and the history that belong to it. `written` is in seconds since
    1970.
    """

    iteration: int
    seed: int
    nets: tuple[RunState, ...]
    memories: Mapping[str, Any]
    contents: Mapping[str, str]
    written: float


def resume_path(state: Path) -> Path:
    """The file that belongs to the solver state at `state`, of either format."""
    name = state.name
    stem = next((name.removesuffix(suffix) for suffix in STATE_SUFFIXES if name.endswith(suffix)), name)
    return state.with_name(stem + RESUME_SUFFIX)


def write_resume(path: Path, record: ResumeRecord) -> None:
    """Writes the file, whole or not at all. Raises OutputError."""
    content = {
        "format": FORMAT,
        "version": VERSION,
        "iteration": record.iteration,
        "seed": record.seed,
        "written": record.written,
        "contents": dict(record.contents),
        "memories": dict(record.memories),
        "nets": [_net_json(net) for net in record.nets],
    }
    with atomic_write(path) as file:
        file.write(json.dumps(content, default=_plain_number).encode())


def read_resume(path: Path) -> ResumeRecord | None:
    """What the file holds, None if there is no file. Raises WeightsError if it is damaged or something else."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise WeightsError(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from error
    try:
        if len(data) > LARGEST:
            raise ValueError("too long")
        content = json.loads(data)
        if content["format"] != FORMAT:
            raise ValueError("another format")
        if content["version"] != VERSION:
            raise WeightsError(f"{path} is of version {content['version']}, which this netcc does not read")
        return _record(content)
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise WeightsError(f"{path} is damaged, or no file to resume from") from error


def _record(content: Mapping[str, Any]) -> ResumeRecord:
    return ResumeRecord(
        int(content["iteration"]),
        int(content["seed"]),
        tuple(_net(net) for net in content["nets"]),
        dict(content["memories"]),
        {str(name): str(digest) for name, digest in content["contents"].items()},
        float(content["written"]),
    )


def _net_json(net: RunState) -> dict[str, Any]:
    return {
        "random": dict(net.random),
        "sources": {name: dict(position) for name, position in net.sources.items()},
        "layers": {name: [_array_json(array) for array in arrays] for name, arrays in net.layers.items()},
    }


def _net(content: Mapping[str, Any]) -> RunState:
    return RunState(
        dict(content["random"]),
        {name: dict(position) for name, position in content["sources"].items()},
        {name: tuple(_array(array) for array in arrays) for name, arrays in content["layers"].items()},
    )


def _array_json(array: Array) -> dict[str, Any]:
    little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    data = base64.b64encode(little.tobytes()).decode("ascii")
    return {"dtype": little.dtype.str, "shape": list(array.shape), "data": data}


def _array(content: Mapping[str, Any]) -> Array:
    dtype, shape = _DTYPES[content["dtype"]], tuple(int(size) for size in content["shape"])
    data = base64.b64decode(content["data"], validate=True)
    if min(shape, default=1) < 0 or count(shape) * dtype.itemsize != len(data):
        raise ValueError("an array that does not fill its shape")
    return np.frombuffer(data, dtype).reshape(shape).astype(dtype.newbyteorder("="))


def _plain_number(value: Any) -> Any:
    """NumPy's numbers as Python's: some generators describe themselves with them."""
    if isinstance(value, (np.generic, np.ndarray)):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} has no place in a file to resume from")
