"""Modules that netcc wrote, beside the net that they were written from."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

import netcc
from netcc.emit.module import write_module
from netcc.emit.names import class_name
from netcc.emit.plan import Written, written
from netcc.types import Array


def emit(net: netcc.Net, path: Path, *, train: bool = False) -> Written:
    """Writes `net` with its parameters to `path`."""
    made = written(net.graph, None, train=train)
    write_module(made, path, net.parameter_arrays())
    return made


def in_double(path: Path) -> Path:
    """The module with its net, not its functions, in double precision: gradients that cancel then still agree."""
    head, word, net = path.read_text().partition("\n\n\nclass ")
    other = path.with_name("double.py")
    other.write_text(head + word + net.replace("np.float32", "np.float64"))
    return other


def load_class(path: Path, net: str) -> Any:
    """The class of the module; a new module each time."""
    spec = importlib.util.spec_from_file_location(f"emitted_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, class_name(net))


def check_style(path: Path) -> None:
    """ruff with its own defaults has nothing to say, and would lay out the file as it is."""
    for command in (["check"], ["format", "--check", "--diff"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--isolated", "--no-cache", str(path)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def randomize_statistics(net: netcc.Net) -> None:
    """Means and variances for BatchNorm, which has none before training."""
    random = np.random.default_rng(2)
    for node in net.graph.nodes:
        if node.type == "BatchNorm":
            mean, variance, factor = (blob.data for blob in net.params[node.name][:3])
            mean[...], variance[...], factor[...] = random.normal(0, 0.1, mean.shape), 1 + random.random(mean.shape), 1


def assert_close(found: Array, expected: Array, what: str, tolerance: float = 1e-4) -> None:
    """Equal but for `tolerance` of the largest number."""
    assert np.shape(found) == np.shape(expected), what
    most = float(np.abs(expected).max(initial=0))
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance * most + 1e-12, err_msg=what)


def results_by_name(made: Written, result: Any) -> Mapping[str, Array]:
    """What `forward` gave, by blob."""
    return result if isinstance(result, dict) else {made.outputs[0].name: result}
