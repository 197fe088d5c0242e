"""The arithmetic of sliding windows: how many fit, and how the fields of a layer spell them. Integers only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from netcc.errors import LayerError, ShapeError
from netcc.schema import caffe_pb2
from netcc.types import Shape, format_shape

CONVOLUTION_MESSAGE = "convolution_param"
POOLING_MESSAGE = "pooling_param"


@dataclass(frozen=True, slots=True)
class Window:
    """Kernel, stride, padding and dilation, one number for each spatial axis."""

    kernel: Shape
    stride: Shape
    pad: Shape
    dilation: Shape

    @property
    def extent(self) -> Shape:
        """How far one window reaches on each axis: dilation * (kernel - 1) + 1."""
        return tuple(d * (k - 1) + 1 for k, d in zip(self.kernel, self.dilation, strict=True))

    def convolved(self, size: Shape) -> Shape:
        """Windows that fit wholly into the padded image: floor((size + 2 pad - extent) / stride) + 1.

        Raises ShapeError where not even one does. src/caffe/layers/conv_layer.cpp.
        """
        padded = tuple(s + 2 * p for s, p in zip(size, self.pad, strict=True))
        if any(e > s for e, s in zip(self.extent, padded, strict=True)):
            raise ShapeError(
                f"the kernel reaches over {format_shape(self.extent)} but the padded input is {format_shape(padded)}",
                field=(CONVOLUTION_MESSAGE,),
            )
        return tuple((s - e) // t + 1 for s, e, t in zip(padded, self.extent, self.stride, strict=True))

    def spread(self, size: Shape) -> Shape:
        """The size whose convolution has `size`, without the rows no window needs: stride (size - 1) + extent - 2 pad.

        Raises ShapeError where nothing is left after the padding is cut. src/caffe/layers/deconv_layer.cpp.
        """
        axes = zip(size, self.stride, self.extent, self.pad, strict=True)
        result = tuple(t * (s - 1) + e - 2 * p for s, t, e, p in axes)
        if min(result, default=1) < 1:
            raise ShapeError(
                f"padding {format_shape(self.pad)} leaves no output: {format_shape(result)}",
                field=(CONVOLUTION_MESSAGE,),
            )
        return result

    def pooled(self, size: Shape, *, floor: bool = False) -> Shape:
        """Windows of a pooling layer: ceil((size + 2 pad - kernel) / stride) + 1, floor with `floor`.

        With padding on any axis, a last window that starts beyond the image and its near padding is dropped on every
        axis. Without padding it stays, even where it lies wholly outside. Raises ShapeError where no window is left.
        src/caffe/layers/pooling_layer.cpp.
        """
        result = []
        for length, kernel, stride, pad in zip(size, self.kernel, self.stride, self.pad, strict=True):
            room = length + 2 * pad - kernel
            windows = (room // stride if floor else -(-room // stride)) + 1
            if any(self.pad) and (windows - 1) * stride >= length + pad:
                windows -= 1
            result.append(windows)
        if min(result) < 1:
            raise ShapeError(
                f"the kernel {format_shape(self.kernel)} does not fit into the input {format_shape(size)}",
                field=(POOLING_MESSAGE,),
            )
        return tuple(result)


@dataclass(frozen=True, slots=True)
class WindowFields:
    """The window fields of `convolution_param` as written: one number stands for all axes, none for the default.

    How many axes there are is known only when the bottom's shape is. src/caffe/layers/base_conv_layer.cpp.
    """

    kernel: Shape
    stride: Shape
    pad: Shape
    dilation: Shape
    planar: bool

    @classmethod
    def read(cls, fields: caffe_pb2.ConvolutionParameter) -> Self:
        """Reads the repeated or the `_h`/`_w` spelling; raises LayerError for both at once, none, or a zero."""
        kernel, kernel_planar = _pair(fields, "kernel_size", "kernel")
        stride, stride_planar = _pair(fields, "stride", "stride")
        pad, pad_planar = _pair(fields, "pad", "pad")
        if not kernel:
            raise LayerError("kernel_size is missing", field=(CONVOLUTION_MESSAGE,))
        _positive("kernel_size", "kernel", kernel, kernel_planar)
        _positive("stride", "stride", stride, stride_planar)
        dilation = tuple(fields.dilation)
        return cls(kernel, stride, pad, dilation, kernel_planar or stride_planar or pad_planar)

    def window(self, axes: int) -> Window:
        """The window on `axes` spatial axes; raises ShapeError where the fields are for another number of axes."""
        if self.planar and axes != 2:
            raise ShapeError(f"_h and _w fields need 2 spatial axes, not {axes}", field=(CONVOLUTION_MESSAGE,))
        return Window(
            _for_axes(self.kernel, "kernel_size", axes, 1),
            _for_axes(self.stride, "stride", axes, 1),
            _for_axes(self.pad, "pad", axes, 0),
            _for_axes(self.dilation, "dilation", axes, 1),
        )


def _pair(fields: caffe_pb2.ConvolutionParameter, repeated: str, stem: str) -> tuple[Shape, bool]:
    """The values of one window field and whether they were given as `_h` and `_w` (an absent one counts as 0)."""
    values = tuple(getattr(fields, repeated))
    height, width = f"{stem}_h", f"{stem}_w"
    if not (fields.HasField(height) or fields.HasField(width)):
        return values, False
    if values:
        raise LayerError(f"{repeated} and {height}/{width} exclude each other", field=(CONVOLUTION_MESSAGE, repeated))
    return (getattr(fields, height), getattr(fields, width)), True


def _positive(name: str, stem: str, values: Shape, planar: bool) -> None:
    if all(values):
        return
    if planar:
        axis = "h" if values[0] == 0 else "w"
        raise LayerError(f"{stem}_{axis} must be given and positive", field=(CONVOLUTION_MESSAGE, f"{stem}_{axis}"))
    raise LayerError(f"{name} must be positive", field=(CONVOLUTION_MESSAGE, name))


def _for_axes(values: Sequence[int], name: str, axes: int, default: int) -> Shape:
    if not values:
        return (default,) * axes
    if len(values) == 1:
        return (values[0],) * axes
    if len(values) != axes:
        raise ShapeError(
            f"{name} is given {len(values)} times: it must be once, or once for each of the {axes} spatial axes",
            field=(CONVOLUTION_MESSAGE, name),
        )
    return tuple(values)


@dataclass(frozen=True, slots=True)
class PoolingFields:
    """The window fields of `pooling_param` as written: one number stands for all axes; no kernel for the whole plane.

    src/caffe/layers/pooling_layer.cpp; `kernel_size_3d`, `stride_3d` and `pad_3d`, one number for each axis, are fields
    of intel/caffe.
    """

    kernel: Shape | None
    stride: Shape
    pad: Shape

    @classmethod
    def read(cls, fields: caffe_pb2.PoolingParameter) -> Self:
        """Raises LayerError for contradictory or missing fields, zeros, and padding as wide as the kernel."""
        stride, pad = _by_axis(fields, "stride"), _by_axis(fields, "pad")
        if min(stride) == 0:
            raise LayerError("stride must be positive", field=(POOLING_MESSAGE, "stride"))
        if fields.global_pooling:
            _refuse_window_of_global(fields, stride, pad)
            return cls(None, stride, pad)
        kernel = _pooling_kernel(fields)
        axes = max(len(pad), len(kernel))
        if any(p >= k for p, k in zip(_on_axes(pad, axes), _on_axes(kernel, axes), strict=True)):
            raise LayerError(
                f"pad {format_shape(pad)} must be smaller than the kernel {format_shape(kernel)}",
                field=(POOLING_MESSAGE, "pad"),
            )
        return cls(kernel, stride, pad)

    def window(self, size: Shape) -> Window:
        """The window on planes of `size`; raises ShapeError where the fields are for another number of axes."""
        axes = len(size)
        kernel = size if self.kernel is None else _on_axes(self.kernel, axes)
        return Window(kernel, _on_axes(self.stride, axes), _on_axes(self.pad, axes), (1,) * axes)


def _on_axes(values: Shape, axes: int) -> Shape:
    """One number for each axis, where a single one stands for all."""
    if len(values) not in (1, axes):
        raise ShapeError(
            f"the window is given for {len(values)} spatial axes, but there are {axes}", field=(POOLING_MESSAGE,)
        )
    return values * axes if len(values) == 1 else values


def _by_axis(fields: caffe_pb2.PoolingParameter, name: str) -> Shape:
    """One field for all axes or one for each: not both, and not half of a pair."""
    if each := tuple(getattr(fields, f"{name}_3d")):
        return each
    height, width = fields.HasField(f"{name}_h"), fields.HasField(f"{name}_w")
    if height != width or (height and fields.HasField(name)):
        raise LayerError(f"give {name}, or both {name}_h and {name}_w", field=(POOLING_MESSAGE, name))
    if height:
        return (getattr(fields, f"{name}_h"), getattr(fields, f"{name}_w"))
    return (getattr(fields, name),)


def _pooling_kernel(fields: caffe_pb2.PoolingParameter) -> Shape:
    if fields.kernel_size_3d:
        if fields.HasField("kernel_size") or fields.HasField("kernel_h") or fields.HasField("kernel_w"):
            raise LayerError("give kernel_size or kernel_size_3d, not both", field=(POOLING_MESSAGE, "kernel_size_3d"))
        return _positive_kernel(tuple(fields.kernel_size_3d), "kernel_size_3d")
    both = fields.HasField("kernel_h") and fields.HasField("kernel_w")
    if fields.HasField("kernel_size") == both:
        raise LayerError("give kernel_size, or both kernel_h and kernel_w", field=(POOLING_MESSAGE, "kernel_size"))
    return _positive_kernel((fields.kernel_h, fields.kernel_w) if both else (fields.kernel_size,), "kernel_size")


def _positive_kernel(kernel: Shape, name: str) -> Shape:
    if min(kernel) == 0:
        raise LayerError(f"{name} must be positive", field=(POOLING_MESSAGE, name))
    return kernel


def _refuse_window_of_global(fields: caffe_pb2.PoolingParameter, stride: Shape, pad: Shape) -> None:
    for field, _ in fields.ListFields():
        name = field.name
        if name.startswith("kernel_"):
            raise LayerError(f"global_pooling and {name} exclude each other", field=(POOLING_MESSAGE, name))
    if any(pad) or set(stride) != {1}:
        raise LayerError("global_pooling goes with pad 0 and stride 1 only", field=(POOLING_MESSAGE, "global_pooling"))
