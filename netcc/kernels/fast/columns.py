"""im2col and its transpose: runs of neighbouring pixels copied or added at a time."""

from __future__ import annotations

from typing import Any

from netcc.kernels import columns as definitions
from netcc.kernels.fast.compiled import compiled, part
from netcc.kernels.fast.lanes import load, steps, store, whole, width
from netcc.kernels.fast.runs import add_run, clear_run, spill_run
from netcc.kernels.twins import twin_of


@twin_of(definitions.gather_columns)
@compiled
def gather_columns(x: Any, columns: Any, padded: Any, row: int, stride: Any, pad: Any, dilation: Any) -> None:
    """Runs of kernel width x channels where neither border, dilation nor a gap comes between; `padded` is not used."""
    images, rows, across, kernel_height, kernel_width, channels = columns.shape
    by_image, by_row, by_pixel = steps(x)
    run, step = kernel_width * channels, width(x)
    spilled = (run + step - 1) // step * step
    unbroken = dilation[1] == 1 and by_pixel == channels
    reach = (kernel_height - 1) * dilation[0]
    end = (images - 1) * by_image + (x.shape[1] - 1) * by_row + (x.shape[2] - 1) * by_pixel + channels
    target = 0
    for n in range(images):
        for r in range(rows):
            top = (row + r) * stride[0] - pad[0]
            for q in range(across):
                left = q * stride[1] - pad[1]
                source = n * by_image + top * by_row + left * by_pixel
                inside = top >= 0 and top + reach < x.shape[1] and left >= 0 and left + kernel_width <= x.shape[2]
                room = source + reach * by_row + spilled <= end
                if inside and unbroken and room and target + kernel_height * run + step <= columns.size:
                    # What is written behind a run is written over by the next one.
                    for _ in range(kernel_height):
                        for place in range(0, run, step):
                            store(columns, target + place, load(x, source + place, whole(x)), whole(x))
                        source += dilation[0] * by_row
                        target += run
                else:
                    _gather_pixel(x, n, top, left, columns, target, dilation, unbroken, end)
                    target += kernel_height * run


@part
def _gather_pixel(
    x: Any, n: int, top: int, left: int, columns: Any, target: int, dilation: Any, unbroken: bool, end: int
) -> None:
    """The columns of one pixel, anywhere."""
    _, _, _, kernel_height, kernel_width, channels = columns.shape
    height, length = x.shape[1], x.shape[2]
    by_image, by_row, by_pixel = steps(x)
    run, last = kernel_width * channels, columns.size
    inside = unbroken and left >= 0 and left + kernel_width <= length
    for i in range(kernel_height):
        y = top + i * dilation[0]
        if y < 0 or y >= height:
            clear_run(columns, target, last, run)
        elif inside:
            spill_run(x, n * by_image + y * by_row + left * by_pixel, end, columns, target, last, run)
        else:
            for j in range(kernel_width):
                z = left + j * dilation[1]
                place = target + j * channels
                if z < 0 or z >= length:
                    clear_run(columns, place, last, channels)
                else:
                    spill_run(x, n * by_image + y * by_row + z * by_pixel, end, columns, place, last, channels)
        target += run


@twin_of(definitions.scatter_columns)
@compiled
def scatter_columns(columns: Any, dx: Any, row: int, stride: Any, pad: Any, dilation: Any) -> None:
    """The transpose: the same runs, added."""
    images, rows, across, kernel_height, kernel_width, channels = columns.shape
    height, length = dx.shape[1], dx.shape[2]
    by_image, by_row, by_pixel = (
        dx.strides[0] // dx.itemsize,
        dx.strides[1] // dx.itemsize,
        dx.strides[2] // dx.itemsize,
    )
    run = kernel_width * channels
    unbroken = dilation[1] == 1 and by_pixel == channels
    source = 0
    for n in range(images):
        for r in range(rows):
            top = (row + r) * stride[0] - pad[0]
            for q in range(across):
                left = q * stride[1] - pad[1]
                inside = unbroken and left >= 0 and left + kernel_width <= length
                for i in range(kernel_height):
                    y = top + i * dilation[0]
                    if 0 <= y < height:
                        if inside:
                            add_run(columns, source, dx, n * by_image + y * by_row + left * by_pixel, run)
                        else:
                            for j in range(kernel_width):
                                z = left + j * dilation[1]
                                if 0 <= z < length:
                                    place = n * by_image + y * by_row + z * by_pixel
                                    add_run(columns, source + j * channels, dx, place, channels)
                    source += run
