"""Window arithmetic, and the spellings of window fields."""

from __future__ import annotations

import math

import pytest
from google.protobuf import text_format
from hypothesis import given, settings
from hypothesis import strategies as st

from netcc.errors import LayerError, ShapeError
from netcc.layers.window import PoolingFields, Window, WindowFields
from netcc.schema import caffe_pb2
from netcc.types import Shape


def window(kernel: int, stride: int = 1, pad: int = 0, dilation: int = 1) -> Window:
    return Window((kernel,), (stride,), (pad,), (dilation,))


def convolution(text: str) -> WindowFields:
    return WindowFields.read(text_format.Parse(text, caffe_pb2.ConvolutionParameter()))


def pooling(text: str) -> PoolingFields:
    return PoolingFields.read(text_format.Parse(text, caffe_pb2.PoolingParameter()))


sizes, kernels, strides, pads = st.integers(1, 30), st.integers(1, 7), st.integers(1, 5), st.integers(0, 4)


@given(sizes, kernels, strides, pads, st.integers(1, 3))
@settings(deadline=None)
def test_convolution_counts_the_windows_that_fit(size: int, kernel: int, stride: int, pad: int, dilation: int) -> None:
    reach = dilation * (kernel - 1) + 1
    starts = [start for start in range(0, size + 2 * pad, stride) if start + reach <= size + 2 * pad]
    form = window(kernel, stride, pad, dilation)
    if starts:
        assert form.convolved((size,)) == (len(starts),)
    else:
        with pytest.raises(ShapeError):
            form.convolved((size,))


@given(sizes, kernels, strides, pads, st.integers(1, 3))
@settings(deadline=None)
def test_spreading_is_undone_by_convolution(size: int, kernel: int, stride: int, pad: int, dilation: int) -> None:
    form = window(kernel, stride, pad, dilation)
    if stride * (size - 1) + dilation * (kernel - 1) + 1 - 2 * pad < 1:
        with pytest.raises(ShapeError):
            form.spread((size,))
    else:
        assert form.convolved(form.spread((size,))) == (size,)


@given(sizes, kernels, strides, pads, st.booleans())
@settings(deadline=None)
def test_pooling_rounds_up_and_drops_a_last_window_in_the_padding(
    size: int, kernel: int, stride: int, pad: int, floor: bool
) -> None:
    pad = min(pad, kernel - 1)
    exact = (size + 2 * pad - kernel) / stride
    count = (math.floor(exact) if floor else math.ceil(exact)) + 1
    if pad and (count - 1) * stride >= size + pad:
        count -= 1
    if count < 1:
        with pytest.raises(ShapeError):
            window(kernel, stride, pad).pooled((size,), floor=floor)
    else:
        assert window(kernel, stride, pad).pooled((size,), floor=floor) == (count,)


def test_pooling_without_padding_keeps_a_last_window_wholly_outside() -> None:
    # Starts 0 and 3: the second lies beyond the 3 pixels.
    assert window(1, 3).pooled((3,)) == (2,)
    assert window(1, 3).pooled((3,), floor=True) == (1,)


def test_padding_on_one_axis_drops_the_last_window_of_the_other() -> None:
    unpadded = Window((2, 2), (3, 3), (0, 0), (1, 1))
    padded = Window((2, 2), (3, 3), (0, 1), (1, 1))
    assert unpadded.pooled((3, 3)) == (2, 2)
    assert padded.pooled((3, 3)) == (1, 2)


def test_rounding_down_leaves_no_window_to_drop() -> None:
    form = Window((1, 2), (1, 1), (0, 1), (1, 1))
    assert form.pooled((4, 4), floor=True) == (4, 5)
    # Starts -2, 0 and 2 on 4 pixels with padding 2; rounding up adds the start 4, which is dropped.
    assert window(3, 2, 2).pooled((4,), floor=True) == (3,)
    assert window(3, 2, 2).pooled((4,)) == (3,)


def test_one_number_stands_for_all_axes() -> None:
    assert convolution("kernel_size: 3 stride: 2 pad: 1 dilation: 2").window(3) == Window(
        (3, 3, 3), (2, 2, 2), (1, 1, 1), (2, 2, 2)
    )


def test_defaults() -> None:
    assert convolution("kernel_size: 3").window(2) == Window((3, 3), (1, 1), (0, 0), (1, 1))


def test_lists_and_pairs_are_in_the_order_height_width() -> None:
    assert convolution("kernel_size: 3 kernel_size: 5").window(2).kernel == (3, 5)
    form = convolution("kernel_h: 3 kernel_w: 5 stride_h: 1 stride_w: 2 pad_w: 4").window(2)
    assert form == Window((3, 5), (1, 2), (0, 4), (1, 1))


@pytest.mark.parametrize(
    ("text", "field", "message"),
    [
        ("", "", "kernel_size is missing"),
        ("kernel_size: 0", "kernel_size", "kernel_size must be positive"),
        ("kernel_h: 3", "kernel_w", "kernel_w must be given and positive"),
        ("kernel_w: 3", "kernel_h", "kernel_h must be given and positive"),
        (
            "kernel_size: 3 kernel_h: 3 kernel_w: 3",
            "kernel_size",
            "kernel_size and kernel_h/kernel_w exclude each other",
        ),
        ("kernel_size: 3 stride: 0", "stride", "stride must be positive"),
        ("kernel_size: 3 stride_h: 2", "stride_w", "stride_w must be given and positive"),
        ("kernel_size: 3 pad: 1 pad_h: 1", "pad", "pad and pad_h/pad_w exclude each other"),
    ],
)
def test_refused_convolution_windows(text: str, field: str, message: str) -> None:
    with pytest.raises(LayerError) as caught:
        convolution(text)
    assert caught.value.message == message
    assert caught.value.field == (("convolution_param", field) if field else ("convolution_param",))


@pytest.mark.parametrize(
    ("text", "axes", "message"),
    [
        (
            "kernel_size: 3 kernel_size: 3 kernel_size: 3",
            2,
            "kernel_size is given 3 times: it must be once, or once for each of the 2 spatial axes",
        ),
        ("kernel_h: 3 kernel_w: 3", 3, "_h and _w fields need 2 spatial axes, not 3"),
        ("kernel_size: 3 pad_h: 1", 1, "_h and _w fields need 2 spatial axes, not 1"),
    ],
)
def test_windows_for_another_number_of_axes(text: str, axes: int, message: str) -> None:
    with pytest.raises(ShapeError) as caught:
        convolution(text).window(axes)
    assert caught.value.message == message


def test_kernel_larger_than_the_padded_input() -> None:
    form = convolution("kernel_size: 4 dilation: 2 pad: 1 stride: 2").window(2)
    with pytest.raises(ShapeError) as caught:
        form.convolved((4, 9))
    assert caught.value.message == "the kernel reaches over 7 x 7 but the padded input is 6 x 11"


def test_padding_that_leaves_no_output_of_a_deconvolution() -> None:
    with pytest.raises(ShapeError) as caught:
        window(2, 1, 2).spread((3,))
    assert caught.value.message == "padding 2 leaves no output: 0"


def test_pooling_spellings() -> None:
    assert pooling("kernel_size: 3 stride: 2 pad: 1") == PoolingFields((3,), (2,), (1,))
    assert pooling("kernel_h: 3 kernel_w: 2 stride_h: 2 stride_w: 1 pad_h: 0 pad_w: 1") == PoolingFields(
        (3, 2), (2, 1), (0, 1)
    )
    assert pooling("global_pooling: true").window((5, 6)) == Window((5, 6), (1, 1), (0, 0), (1, 1))
    # Half a pair beside kernel_size is ignored, as Caffe does.
    assert pooling("kernel_size: 3 kernel_h: 2").kernel == (3,)
    assert pooling("kernel_size_3d: [1, 2, 3] stride_3d: [1, 2, 1] pad_3d: [0, 1, 0]") == PoolingFields(
        (1, 2, 3), (1, 2, 1), (0, 1, 0)
    )


@pytest.mark.parametrize(
    ("text", "size", "expected"),
    [
        ("kernel_size: 3 stride: 2 pad: 1", (5, 6, 7), Window((3,) * 3, (2,) * 3, (1,) * 3, (1,) * 3)),
        ("kernel_size: 3 stride_h: 1 stride_w: 2", (5, 6), Window((3, 3), (1, 2), (0, 0), (1, 1))),
        ("kernel_size_3d: [1, 2, 3] stride: 2", (5, 6, 7), Window((1, 2, 3), (2,) * 3, (0,) * 3, (1,) * 3)),
        ("global_pooling: true", (5, 6, 7), Window((5, 6, 7), (1,) * 3, (0,) * 3, (1,) * 3)),
    ],
)
def test_pooling_windows_on_any_number_of_axes(text: str, size: Shape, expected: Window) -> None:
    assert pooling(text).window(size) == expected


def test_pooling_windows_for_another_number_of_axes() -> None:
    for text, size in (("kernel_h: 2 kernel_w: 2", (4, 4, 4)), ("kernel_size_3d: [2, 2, 2]", (4, 4))):
        with pytest.raises(ShapeError) as caught:
            pooling(text).window(size)
        given = "2" if len(size) == 3 else "3"
        assert caught.value.message == f"the window is given for {given} spatial axes, but there are {len(size)}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "give kernel_size, or both kernel_h and kernel_w"),
        ("kernel_h: 2", "give kernel_size, or both kernel_h and kernel_w"),
        ("kernel_size: 2 kernel_h: 2 kernel_w: 2", "give kernel_size, or both kernel_h and kernel_w"),
        ("kernel_size: 0", "kernel_size must be positive"),
        ("kernel_size: 2 stride: 0", "stride must be positive"),
        ("kernel_size: 2 stride_h: 2", "give stride, or both stride_h and stride_w"),
        ("kernel_size: 2 stride: 2 stride_h: 2 stride_w: 2", "give stride, or both stride_h and stride_w"),
        ("kernel_size: 2 pad_w: 1", "give pad, or both pad_h and pad_w"),
        ("kernel_size: 2 pad: 2", "pad 2 must be smaller than the kernel 2"),
        ("kernel_size: 2 pad_h: 2 pad_w: 0", "pad 2 x 0 must be smaller than the kernel 2"),
        ("kernel_size: 2 kernel_size_3d: 2", "give kernel_size or kernel_size_3d, not both"),
        ("kernel_size_3d: [2, 0, 2]", "kernel_size_3d must be positive"),
        ("global_pooling: true kernel_size_3d: 2", "global_pooling and kernel_size_3d exclude each other"),
        ("global_pooling: true kernel_size: 2", "global_pooling and kernel_size exclude each other"),
        ("global_pooling: true kernel_h: 2", "global_pooling and kernel_h exclude each other"),
        ("global_pooling: true stride: 2", "global_pooling goes with pad 0 and stride 1 only"),
        ("global_pooling: true pad: 1", "global_pooling goes with pad 0 and stride 1 only"),
    ],
)
def test_refused_pooling_windows(text: str, message: str) -> None:
    with pytest.raises(LayerError) as caught:
        pooling(text)
    assert caught.value.message == message
    assert caught.value.field[0] == "pooling_param"


def test_pooling_kernel_too_large() -> None:
    with pytest.raises(ShapeError) as caught:
        Window((9, 2), (1, 1), (0, 0), (1, 1)).pooled((4, 4))
    assert caught.value.message == "the kernel 9 x 2 does not fit into the input 4 x 4"
