"""Which steps `transform_param` asks for beyond Caffe's own, in the order in which they are done."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence

from netcc.data.transform_color import Distortion, PrincipalJitter
from netcc.data.transform_geometry import Expansion, RandomResizedCrop, Resizing, ShortSide, interpolations
from netcc.data.transform_steps import Step
from netcc.errors import Diagnostic, LayerError, NetccWarning
from netcc.schema import caffe_pb2
from netcc.types import Shape

_HANDLED = frozenset(
    [
        *("scale", "mirror", "crop_size", "mean_file", "mean_value", "force_color", "force_gray"),
        *("crop_h", "crop_w", "crop_height", "crop_width", "resize_param", "distort_param", "expand_param"),
        *("emit_constraint", "random_resize_param", "random_aspect_ratio_param", "min_side", "pca_jitter"),
    ]
)
_HARMLESS = frozenset({"debug_params", "display", "use_gpu_transform", "forward_packing", "num_labels"})
"""Fields that change no pixel."""

_NEAR = 0.01


def colour_steps(message: caffe_pb2.TransformationParameter, fill: Sequence[float]) -> tuple[Step, ...]:
    """Distortion, jitter, and placing on a larger canvas filled with `fill`. Raises LayerError."""
    steps: list[Step] = []
    if message.HasField("distort_param"):
        _check_distortion(message.distort_param)
        steps.append(Distortion(message.distort_param))
    if message.pca_jitter:
        steps.append(PrincipalJitter(message.pca_jitter))
    if message.HasField("expand_param"):
        param = message.expand_param
        if not param.max_expand_ratio > 1:
            raise LayerError("expand_param needs max_expand_ratio > 1", field=("transform_param", "expand_param"))
        steps.append(Expansion(param.prob, param.max_expand_ratio, tuple(fill)))
    return tuple(steps)


def _check_distortion(param: caffe_pb2.DistortionParameter) -> None:
    """Raises LayerError for limits that nothing can be drawn between."""
    for name in ("contrast", "saturation"):
        lower, upper = getattr(param, f"{name}_lower"), getattr(param, f"{name}_upper")
        if getattr(param, f"{name}_prob") and not 0 <= lower <= upper:
            raise LayerError(
                f"distort_param needs 0 <= {name}_lower <= {name}_upper", field=("transform_param", "distort_param")
            )
    for name in ("brightness", "hue"):
        if getattr(param, f"{name}_prob") and not getattr(param, f"{name}_delta") >= 0:
            raise LayerError(f"distort_param needs {name}_delta >= 0", field=("transform_param", "distort_param"))


def size_steps(message: caffe_pb2.TransformationParameter, crop: Shape | None) -> tuple[Step, ...]:
    """Everything that brings images to the size from which `crop` (height, width) is cut. Raises LayerError.

    Of several `resize_param` only the first is one of the steps, see `resizing_policies`.
    """
    return tuple(_size_steps(message, crop))


def resizing_policies(message: caffe_pb2.TransformationParameter) -> tuple[Resizing, ...]:
    """The last of the size steps, and what may stand in its place; one of them is picked for each batch by `prob`.

    eric612/MobileNet-YOLO, src/caffe/layers/annotated_data_layer.cpp. Raises LayerError.
    """
    total = sum(param.prob for param in message.resize_param)
    if len(message.resize_param) > 1 and abs(total - 1) > _NEAR:
        raise LayerError(
            f"the prob of all resize_param must make 1 together, not {total:g}",
            field=("transform_param", "resize_param"),
        )
    return tuple(map(Resizing, message.resize_param))


def _size_steps(message: caffe_pb2.TransformationParameter, crop: Shape | None) -> Iterator[Step]:
    if message.HasField("random_aspect_ratio_param"):
        yield _random_crop(message.random_aspect_ratio_param, crop)
    if message.HasField("random_resize_param"):
        sides = message.random_resize_param
        if not 0 < sides.min_size <= sides.max_size:
            raise LayerError(
                "random_resize_param needs 0 < min_size <= max_size", field=("transform_param", "random_resize_param")
            )
        yield ShortSide(sides.min_size, sides.max_size, interpolations(sides.resize_param))
    if message.min_side:
        yield ShortSide(message.min_side, message.min_side)
    for param in message.resize_param:
        if not (param.height and param.width):
            raise LayerError("resize_param needs height and width", field=("transform_param", "resize_param"))
    yield from resizing_policies(message)[:1]


def _random_crop(param: caffe_pb2.RandomAspectRatioParameter, crop: Shape | None) -> RandomResizedCrop:
    field = ("transform_param", "random_aspect_ratio_param")
    height, width = crop or (0, 0)
    if param.HasField("resize_param"):
        height, width = param.resize_param.height, param.resize_param.width
    if not (height and width):
        raise LayerError("random_aspect_ratio_param needs resize_param { height, width }, or crop_size", field=field)
    if not 0 < param.min_area_ratio <= param.max_area_ratio <= 1 or param.aspect_ratio_change < 1:
        raise LayerError(
            "random_aspect_ratio_param needs 0 < min_area_ratio <= max_area_ratio <= 1 and aspect_ratio_change >= 1",
            field=field,
        )
    areas = (param.min_area_ratio, param.max_area_ratio)
    modes = interpolations(param.resize_param)
    return RandomResizedCrop(height, width, areas, param.aspect_ratio_change, param.max_attempt, modes)


def crop_of(message: caffe_pb2.TransformationParameter) -> Shape | None:
    """Height and width of the crop, None for none. Raises LayerError where fields contradict each other."""
    sizes = [(message.crop_size, message.crop_size), (message.crop_h, message.crop_w)]
    given = [size for size in [*sizes, (message.crop_height, message.crop_width)] if any(size)]
    if len(set(given)) > 1 or not all(map(all, given)):
        raise LayerError(
            "give crop_size alone, or both crop_h and crop_w",
            field=("transform_param", "crop_h" if message.crop_h or message.crop_w else "crop_size"),
        )
    return given[0] if given else None


def warn_of_the_rest(message: caffe_pb2.TransformationParameter) -> None:
    """Warns of fields of forks that netcc reads but does not act on."""
    for field, _ in message.ListFields():
        if field.name not in _HANDLED | _HARMLESS:
            fault = f"transform_param: netcc does not act on {field.name}, which a fork of Caffe has"
            warnings.warn(NetccWarning(Diagnostic(fault, severity="warning")), stacklevel=2)
