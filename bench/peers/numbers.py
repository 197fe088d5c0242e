"""Weights and inputs that every peer makes for itself, from the names of the layers: the same numbers for all.

Weights are drawn after He et al. (2015), so that numbers neither grow nor vanish from layer to layer whatever the
fillers of a net say; a comparison of outputs would see little otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from zlib import crc32

import numpy as np
import numpy.typing as npt

from bench.peers.nets import Case
from netcc.ir.graph import Graph, Parameter

Floats = npt.NDArray[np.float32]
STATISTICS = ("sum of means", "sum of variances", "factor")


def key(parameter: Parameter) -> str:
    """The name of a parameter: its layer and its place there."""
    return f"{parameter.owner.name}/{parameter.index}"


def parameters(graph: Graph) -> dict[str, Parameter]:
    return {key(parameter): parameter for parameter in graph.parameters()}


def fill(parameter: Parameter, array: Floats, statistics: Mapping[str, Floats]) -> None:
    """First values of `parameter` into `array`, which is contiguous."""
    if parameter.name in STATISTICS:
        given = statistics.get(key(parameter))
        array[...] = given if given is not None else float(parameter.name != "sum of means")
        return
    random = np.random.default_rng(crc32(key(parameter).encode()))
    if len(parameter.shape) < 2 and parameter.name != "bias":
        array[...] = random.uniform(0.5, 1.5, parameter.shape)
        return
    random.standard_normal(out=array, dtype=np.float32)
    array *= 0.1 if parameter.name == "bias" else np.sqrt(2 / np.prod(parameter.shape[1:]))


def read_statistics(path: str) -> dict[str, Floats]:
    """What `write_statistics` wrote; nothing where `path` is empty."""
    if not path:
        return {}
    with np.load(path) as file:
        return {name.replace("|", "/"): file[name] for name in file.files}


def write_statistics(path: Path, found: Mapping[str, Floats]) -> None:
    np.savez(path, **{name.replace("/", "|"): array for name, array in found.items()})


def inputs(case: Case) -> tuple[Floats, Floats]:
    """A batch of images (standard normal numbers) and labels."""
    random = np.random.default_rng(7)
    images = random.standard_normal((case.batch, *case.image), dtype=np.float32)
    return images, random.integers(0, case.classes, case.batch).astype(np.float32)


def sample(array: Floats, most: int = 4096) -> list[float]:
    """Up to `most` numbers of `array`, evenly spaced, to compare by."""
    flat = np.asarray(array).reshape(-1)
    step = -(-flat.size // most)
    return [float(number) for number in flat[::step]]
