"""`caffe.coord_map`: where pixels of one blob lie in another."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netcc.pycaffe import NetSpec, coord_map
from netcc.pycaffe import layers as L  # noqa: N812 - the name that pycaffe's users write
from netcc.pycaffe.coord_map import compose, coord_map_from_to, crop, inverse


def hourglass(kernel: Any = 3, stride: Any = 1, pad: Any = 0, pool: int = 2, up: int = 2, up_pad: int = 0) -> NetSpec:
    """Convolution, pooling, and deconvolution back to the first size."""
    net = NetSpec()
    net.data = L.Input(shape={"dim": [2, 1, 100, 100]})
    net.conv = L.Convolution(net.data, num_output=10, kernel_size=kernel, stride=stride, pad=pad)
    net.pool = L.Pooling(net.conv, kernel_size=pool, stride=pool)
    net.up = L.Deconvolution(net.pool, num_output=10, kernel_size=2 * up, stride=up, pad=up_pad)
    return net


@pytest.mark.parametrize(("factor", "shift"), [(2, 0), (4, -1), (8, -3)])
def test_down_and_up_by_the_same_factor(factor: int, shift: int) -> None:
    net = hourglass(pool=factor, up=factor)
    assert coord_map_from_to(net.up, net.data) == (1, 1, shift)


@given(st.integers(0, 10), st.integers(0, 10))
def test_padding_moves_pixels_there_and_back(pad: int, up_pad: int) -> None:
    net = hourglass(pad=pad, up_pad=up_pad)
    assert coord_map_from_to(net.up, net.data)[2] == up_pad - pad


def test_layers_without_windows_move_nothing() -> None:
    net = hourglass()
    net.relu = L.ReLU(net.up)
    net.same = L.Convolution(net.relu, num_output=1, kernel_size=1)
    net.crop = L.Crop(net.same, net.data, axis=2, offset=3)
    for top, moved in ((net.relu, 0), (net.same, 0), (net.crop, 3)):
        axis, scale, shift = coord_map_from_to(top, net.data)
        assert (axis, scale, shift) == (1, 1, coord_map_from_to(net.up, net.data)[2] + moved)


def test_every_axis_has_its_own_map() -> None:
    both = coord_map_from_to(*tops(hourglass([3, 5], [1, 2], [0, 10])))
    for index, (kernel, stride, pad) in enumerate([(3, 1, 0), (5, 2, 10)]):
        alone = coord_map_from_to(*tops(hourglass(kernel, stride, pad)))
        assert (both[1][index], both[2][index]) == (alone[1], alone[2])


def tops(net: NetSpec) -> tuple[Any, Any]:
    return net.up, net.data


numbers = st.integers(1, 8).map(float)
maps = st.tuples(st.none() | st.just(1), numbers, st.integers(-8, 8).map(float))


@given(maps)
def test_a_map_and_its_inverse_are_the_identity(map_: Any) -> None:
    axis, scale, shift = compose(map_, inverse(map_))
    assert axis == map_[0]
    assert (scale, shift) == (pytest.approx(1), pytest.approx(0))


def test_a_crop_layer_is_written() -> None:
    net = hourglass(pool=4, up=4)
    made = crop(net.up, net.data)
    assert (made.fn.type_name, made.fn.params["crop_param"]) == ("Crop", {"axis": 2, "offset": [1]})


def test_blobs_that_cannot_be_cropped_to_one_another() -> None:
    with pytest.raises(AssertionError, match="scale mismatch on crop"):
        crop(*tops(hourglass(pool=3)))
    with pytest.raises(AssertionError, match="cannot crop negative offset"):
        crop(*tops(hourglass(up_pad=10)))
    net = hourglass(kernel=4, pad=2)
    with pytest.raises(AssertionError, match="cannot crop noninteger offset"):
        crop(net.conv, net.data)


def test_layers_without_a_map_end_the_walk() -> None:
    net = hourglass()
    net.ip = L.InnerProduct(net.up, num_output=10)
    with pytest.raises(RuntimeError, match="no layers that keep pixels in a grid lead from one blob to the other"):
        coord_map_from_to(net.ip, net.data)
    with pytest.raises(coord_map.UndefinedMapException, match="InnerProduct has no map"):
        coord_map.coord_map(net.ip.fn)
    with pytest.raises(
        coord_map.AxisMismatchException, match="a map from axis 1 on and one from axis 2 on do not join"
    ):
        compose((1, 1, 0), (2, 1, 0))


def test_windows_in_old_spelling_are_refused() -> None:
    net = NetSpec()
    net.data = L.Input(shape={"dim": [1, 1, 9, 9]})
    net.conv = L.Convolution(net.data, num_output=1, kernel_size=3, pad_h=1)
    with pytest.raises(AssertionError, match="pad_h has no map; give kernel_size, stride, pad"):
        coord_map_from_to(net.conv, net.data)


def test_windows_are_read_from_either_place() -> None:
    net = NetSpec()
    net.data = L.Input(shape={"dim": [1, 1, 9, 9]})
    net.conv = L.Convolution(net.data, convolution_param={"num_output": 1, "kernel_size": 3, "dilation": 2, "pad": [2]})
    axis, stride, extent, pad = coord_map.conv_params(net.conv.fn)
    assert (axis, stride.tolist(), extent.tolist(), pad.tolist()) == (1, [1], [5], [2])
    assert np.all(coord_map_from_to(net.conv, net.data)[2] == 0)
