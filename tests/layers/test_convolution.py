"""Convolution and deconvolution against sums written out, in one tile and in many, and what they refuse."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netcc.errors import LayerError, ShapeError
from netcc.layers import correlation
from netcc.testing import Result, check_layer, make_layer, run_layer
from netcc.types import Array, Shape


def text(**fields: object) -> str:
    """`convolution_param` with these fields; a tuple repeats one."""
    pairs = [(name, value) for name, values in fields.items() for value in _as_tuple(values)]
    return "convolution_param { " + " ".join(f"{name}: {value}" for name, value in pairs) + " }"


def _as_tuple(values: object) -> tuple[object, ...]:
    if isinstance(values, bool):
        return (str(values).lower(),)
    return values if isinstance(values, tuple) else (values,)


def written_out(x: Array, weights: Array, stride: Shape, pad: Shape, dilation: Shape, group: int) -> Array:
    """Convolution of (n, c, *size), one output at a time."""
    padded = np.pad(x, [(0, 0), (0, 0), *((p, p) for p in pad)])
    reach = [d * (k - 1) + 1 for d, k in zip(dilation, weights.shape[2:], strict=True)]
    size = [(n - r) // s + 1 for n, r, s in zip(padded.shape[2:], reach, stride, strict=True)]
    outputs, channels = weights.shape[0], weights.shape[1]
    result = np.empty((x.shape[0], outputs, *size))
    for output in range(outputs):
        first = output // (outputs // group) * channels
        for place in np.ndindex(*size):
            window = tuple(
                slice(i * s, i * s + r, d) for i, s, r, d in zip(place, stride, reach, dilation, strict=True)
            )
            patch = padded[:, first : first + channels, *window]
            result[:, output, *place] = (patch * weights[output]).sum(axis=tuple(range(1, patch.ndim)))
    return result


@st.composite
def cases(draw: st.DrawFn) -> tuple[Shape, str, dict[str, Shape], int]:
    axes = draw(st.integers(1, 3))
    group = draw(st.integers(1, 3))
    kernel = tuple(draw(st.integers(1, 3)) for _ in range(axes))
    form = {
        "stride": tuple(draw(st.integers(1, 3)) for _ in range(axes)),
        "pad": tuple(draw(st.integers(0, 2)) for _ in range(axes)),
        "dilation": tuple(draw(st.integers(1, 2)) for _ in range(axes)),
    }
    least = [max(1, d * (k - 1) + 1 - 2 * p) for d, k, p in zip(form["dilation"], kernel, form["pad"], strict=True)]
    size = tuple(draw(st.integers(smallest, smallest + 4)) for smallest in least)
    shape = (draw(st.integers(1, 3)), group * draw(st.integers(1, 2)), *size)
    fields = text(num_output=group * 2, group=group, kernel_size=kernel, **form)
    return shape, fields, form, group


@given(cases(), st.sampled_from([1, 40, 1 << 20]))
@settings(max_examples=60, deadline=None)
def test_equals_the_sum_written_out(case: tuple[Shape, str, dict[str, Shape], int], tile: int) -> None:
    shape, fields, form, group = case
    x = np.random.default_rng(0).uniform(-1, 1, shape)
    with small_tiles(tile):
        result = run_layer(make_layer("Convolution", fields), [x])
    weights, bias = result.operands.parameters
    expected = written_out(x, weights, group=group, **form) + bias.reshape(-1, *[1] * (x.ndim - 2))
    np.testing.assert_allclose(result.tops[0], expected, rtol=1e-12, atol=1e-12)


@contextmanager
def small_tiles(numbers: int) -> Iterator[None]:
    """Limits the numbers of a tile, so that small blobs are cut into many."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(correlation, "_TILE_NUMBERS", numbers)
        correlation.correlation.cache_clear()
        yield
    correlation.correlation.cache_clear()


@pytest.fixture(params=[1, 150, 700])
def tile(request: pytest.FixtureRequest) -> Iterator[int]:
    with small_tiles(request.param):
        yield request.param


@pytest.mark.parametrize("kind", ["Convolution", "Deconvolution"])
@pytest.mark.parametrize(
    "fields",
    [
        {"kernel_size": 3, "pad": 1},
        {"kernel_size": 3, "stride": 2, "pad": 2},
        {"kernel_size": 2, "stride": 3},
        {"kernel_size": 3, "dilation": 2, "pad": 1, "group": 2},
        {"kernel_size": 1},
    ],
)
def test_gradients_in_many_tiles(kind: str, fields: dict[str, object], tile: int) -> None:
    layer = make_layer(kind, text(num_output=4, **fields))
    check_layer(layer, [(3, 4, 9, 7)])


def test_tiles_of_bands_cover_the_result_once() -> None:
    with small_tiles(100):
        layer = make_layer("Convolution", text(num_output=1, kernel_size=3, pad=1))
        plan = layer._plan((2, 1, 9, 7))
        assert len(plan.tiles) > 2
        covered = np.zeros((2, 9), int)
        for tile in plan.tiles:
            covered[tile.first : tile.last, tile.top : tile.bottom] += 1
        assert (covered == 1).all()


def test_scratch_stays_near_the_tile_size() -> None:
    layer = make_layer("Convolution", text(num_output=64, kernel_size=3, pad=1))
    signature = layer.infer([(64, 64, 224, 224)], 1)
    assert max(buffer.shape[0] for buffer in signature.scratch) <= correlation._TILE_NUMBERS


def test_deconvolution_is_the_transpose_of_convolution() -> None:
    random = np.random.default_rng(1)
    fields = {"kernel_size": 3, "stride": 2, "pad": 1, "group": 2, "bias_term": False}
    x, y = random.uniform(-1, 1, (2, 4, 7, 9)), random.uniform(-1, 1, (2, 6, 4, 5))
    weights = random.uniform(-1, 1, (6, 2, 3, 3))
    forth = run_layer(make_layer("Convolution", text(num_output=6, **fields)), [x], [weights]).tops[0]
    back = run_layer(make_layer("Deconvolution", text(num_output=4, **fields)), [y], [weights]).tops[0]
    assert forth.shape == y.shape
    assert back.shape == x.shape
    assert np.sum(forth * y) == pytest.approx(np.sum(x * back), rel=1e-12)


def test_shapes_of_weights_and_macs() -> None:
    fields = text(num_output=6, kernel_size=(3, 2), group=2)
    forward = make_layer("Convolution", fields).infer([(2, 4, 5, 6)], 1)
    assert [(p.name, p.shape) for p in forward.parameters] == [("weights", (6, 2, 3, 2)), ("bias", (6,))]
    assert forward.tops == ((2, 6, 3, 5),)
    assert forward.macs == 2 * 6 * 3 * 5 * (2 * 3 * 2)
    transposed = make_layer("Deconvolution", fields).infer([(2, 4, 5, 6)], 1)
    assert [p.shape for p in transposed.parameters] == [(4, 3, 3, 2), (6,)]
    assert transposed.tops == ((2, 6, 7, 7),)


def test_several_bottoms_share_weights_and_add_their_gradients() -> None:
    random = np.random.default_rng(2)
    layer = make_layer("Convolution", text(num_output=2, kernel_size=2), bottoms=2, tops=2)
    one = make_layer("Convolution", text(num_output=2, kernel_size=2))
    xs, dys = random.uniform(-1, 1, (2, 3, 1, 4, 4)), random.uniform(-1, 1, (2, 3, 2, 3, 3))
    weights = [random.uniform(-1, 1, (2, 1, 2, 2)), random.uniform(-1, 1, 2)]
    both = run_layer(layer, list(xs), weights, list(dys), tops=2)
    alone = [run_layer(one, [x], weights, [dy]) for x, dy in zip(xs, dys, strict=True)]
    for index in (0, 1):
        np.testing.assert_array_equal(both.tops[index], alone[index].tops[0])
        total = _diff(alone[0], index) + _diff(alone[1], index)
        np.testing.assert_allclose(_diff(both, index), total, rtol=1e-12)


def _diff(result: Result, parameter: int) -> Array:
    diff = result.parameter_diffs[parameter]
    assert diff is not None
    return diff


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"kernel_size": 3}, "num_output", "Convolution needs num_output"),
        ({"kernel_size": 3, "num_output": 3, "group": 2}, "num_output", "num_output 3 is not a multiple of group 2"),
        ({"kernel_size": 3, "num_output": 3, "group": 0}, "group", "group must be positive"),
    ],
)
def test_refused_fields(fields: dict[str, object], field: str, message: str) -> None:
    with pytest.raises(LayerError) as caught:
        make_layer("Convolution", text(**fields))
    assert caught.value.message == message
    assert caught.value.field == ("convolution_param", field)


@pytest.mark.parametrize(
    ("fields", "shapes", "message"),
    [
        ({"group": 2, "num_output": 2}, [(1, 3, 4, 4)], "3 channels cannot be split into 2 groups"),
        ({"axis": 4}, [(1, 3, 4, 4)], "axis 4 is outside a blob of 4 axes (allowed: -4 to 3)"),
        ({}, [(1, 3, 2, 9)], "the kernel reaches over 3 x 3 but the padded input is 2 x 9"),
        (
            {},
            [(1, 3, 4, 4), (1, 3, 4, 5)],
            "the bottoms of Convolution must have one shape: bottom 1 is 1 x 3 x 4 x 5, bottom 0 is 1 x 3 x 4 x 4",
        ),
    ],
)
def test_refused_shapes(fields: dict[str, object], shapes: list[Shape], message: str) -> None:
    layer = make_layer("Convolution", text(**({"num_output": 2, "kernel_size": 3} | fields)), bottoms=len(shapes))
    with pytest.raises(ShapeError) as caught:
        layer.infer(shapes, len(shapes))
    assert caught.value.message == message
