"""Every plain function gives what the kernel of its layer gives, forward and backward, in every row of the layers."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

import numpy as np
import pytest
from helpers.rows import Row, all_rows

import netcc.emit.numpy_source as package
from netcc.emit.library import functions
from netcc.emit.step import Call, CannotEmit, Placed, Step, emitted_types, step_of
from netcc.testing import make_layer, run_layer
from netcc.types import Array

MODULES = [
    importlib.import_module(f"{package.__name__}.{module.name}") for module in pkgutil.iter_modules(package.__path__)
]
FUNCTIONS = {name: getattr(module, name) for module in MODULES for name in functions() if hasattr(module, name)}

ROWS = [row for row in all_rows() if row.type in emitted_types()]

REFUSED = {
    "Convolution": {"several bottoms share its weights", "its channels are not on axis 1"},
    "Deconvolution": {"several bottoms share its weights", "its channels are not on axis 1"},
    "Pooling": {"pool: STOCHASTIC", "a second top"},
    "BatchNorm": {"scale_bias: true"},
    "Normalize": {"normalize_param"},
    "ReLU6": {"negative_slope"},
    "LSTM": {"a static bottom"},
    "MultiBoxLoss": {
        "share_location: false",
        "use_prior_for_matching: false",
        "conf_loss_type: LOGISTIC",
    },
}
"""What of the rows cannot be written."""


def bottoms_of(row: Row) -> list[Array]:
    """As `check_layer` draws them: all different and none 0; boxes and priors that are some."""
    random = np.random.default_rng(3)
    bottoms = []
    for index, shape in enumerate(row.shapes):
        size = int(np.prod(shape, dtype=np.int64))
        if index in row.integers:
            bottoms.append(random.integers(row.integers[index], size=shape).astype(float))
        else:
            bottoms.append(random.permutation((np.arange(size) + 0.37) / max(size, 1) * 4 - 2).reshape(shape))
    return bottoms


def detector_bottoms(row: Row, bottoms: list[Array]) -> list[Array]:
    """Priors with positive sides, and true boxes near some of them, of each item."""
    random = np.random.default_rng(7)

    def boxes(number: int) -> Array:
        corners = random.uniform(0, 0.6, (number, 2))
        return np.concatenate([corners, corners + random.uniform(0.1, 0.4, (number, 2))], axis=1)

    if row.type in ("DetectionOutput", "MultiBoxLoss"):
        number = row.shapes[2][-1] // 4
        bottoms[2] = np.stack([boxes(number).reshape(-1), np.full(number * 4, 0.2)])[np.newaxis]
    if row.type == "MultiBoxLoss":
        number = row.shapes[3][2]
        rows = np.zeros((number, 8))
        rows[:, 0], rows[:, 1] = np.arange(number) % 2, random.integers(0, 2, number)
        rows[:, 3:7] = bottoms[2][0, 0].reshape(-1, 4)[:number] + 0.02
        rows[-1, 7] = 1
        bottoms[3] = rows.reshape(row.shapes[3])
    if row.type == "DetectionEvaluate":
        found, true = np.zeros((6, 7)), np.zeros((5, 8))
        true[:, 0], true[:, 1], true[:, 3:7] = [0, 0, 1, 1, -1], [0, 1, 0, 0, 0], boxes(5)
        true[1, 7] = 1
        found[:, 0], found[:, 1] = [0, 0, 0, 1, 1, -1], [0, 0, 1, 0, 1, 0]
        found[:, 2] = random.permutation(6) / 6
        found[:, 3:] = np.concatenate([true[:4, 3:7] + 0.01, boxes(2)])
        bottoms = [found.reshape(1, 1, 6, 7), true.reshape(1, 1, 5, 8)]
    return bottoms


def call(made: Call, known: dict[str, Any]) -> None:
    """Calls the function with what is known by name, and keeps what it gives."""
    arguments = [None if name == "None" else known[name] for name in made.reads.split()]
    results = FUNCTIONS[made.function](*arguments, **made.options)
    names = made.writes.split()
    several = isinstance(results, tuple | list)
    assert several == (len(names) > 1 or made.listed)
    known.update(zip(names, results if several else [results], strict=True))


def run_step(step: Step, bottoms: list[Array], parameters: list[Array], dys: list[Array]) -> dict[str, Any]:
    known: dict[str, Any] = {"random": np.random.default_rng(1)}
    known |= {f"x{index}": array for index, array in enumerate(bottoms)}
    known |= {f"p{index}": array for index, array in enumerate(parameters)}
    before = {name: np.zeros(shape) for name, shape in step.starts.items()}
    if step.forward is not None:
        known |= before
        call(step.forward, known)
    known |= {f"dy{index}": array for index, array in enumerate(dys)} | before
    if step.backward is not None:
        call(step.backward, known)
    return known


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.type}-{row.fields}-{row.shapes[:1]}")
def test_the_functions_give_what_the_kernels_give(row: Row) -> None:
    layer = make_layer(row.type, row.fields, phase=row.phase, bottoms=len(row.shapes), tops=row.tops)
    bottoms = detector_bottoms(row, bottoms_of(row))
    signature = layer.infer([bottom.shape for bottom in bottoms], row.tops)
    random = np.random.default_rng(11)
    parameters = [random.uniform(-1 if spec.learns else 0.5, 1, spec.shape) for spec in signature.parameters]
    placed = Placed(layer, row.shapes, signature.tops, tuple(spec.name for spec in signature.parameters))
    try:
        step = step_of(layer, placed)
    except CannotEmit as reason:
        assert str(reason) in REFUSED[row.type]  # noqa: PT017  # most rows are not refused
        return
    forward = run_layer(layer, bottoms, parameters, tops=row.tops)
    dys = [random.uniform(-1, 1, top.shape) for top in forward.tops]
    carrying = row.tops if row.gradient_tops is None else row.gradient_tops
    dys[carrying:] = [np.zeros_like(dy) for dy in dys[carrying:]]
    backward = step.backward is not None
    result = run_layer(layer, bottoms, parameters, dys if backward else None, tops=row.tops)
    known = run_step(step, bottoms, parameters, dys)
    for index, top in enumerate(result.tops):
        found = known[f"y{index}"]
        assert np.shape(found) == top.shape
        np.testing.assert_allclose(found, top, rtol=1e-6, atol=1e-9, err_msg=f"top {index}")
    if backward:
        assert step.backward is not None
        given = step.backward.writes.split()
        for kind, diffs in (("dx", result.bottom_diffs), ("dp", result.parameter_diffs)):
            for index, diff in enumerate(diffs):
                name = f"{kind}{index}"
                if name in given and diff is not None:
                    np.testing.assert_allclose(known[name], diff, rtol=1e-6, atol=1e-9, err_msg=name)
                elif diff is not None:
                    np.testing.assert_array_equal(diff, 0, err_msg=f"{name} is not computed, but not 0")
    elif layer.differentiable and row.tops:
        assert row.type == "PriorBox"
    for index, spec in enumerate(signature.parameters):
        if not spec.learns:
            np.testing.assert_allclose(known[f"p{index}"], result.operands.parameters[index], rtol=1e-6)


def test_every_refusal_is_of_a_row() -> None:
    assert REFUSED.keys() <= {row.type for row in ROWS}


@pytest.mark.parametrize("name", emitted_types())
def test_every_type_has_a_row(name: str) -> None:
    assert name in {row.type for row in ROWS} | {"DummyData"}  # which has no bottom to try it on
