"""Random crops of an image that keep enough of its objects, for training detectors.

As src/caffe/util/sampler.cpp of weiliu89/caffe, branch ssd. Liu et al., SSD: Single Shot MultiBox Detector (2016), 2.2.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from netcc.data.objects import Objects, area, coverage, overlap, shared
from netcc.data.transform_steps import Window
from netcc.errors import LayerError
from netcc.schema import caffe_pb2
from netcc.types import Array


def check_samplers(samplers: Sequence[caffe_pb2.BatchSampler]) -> None:
    """Raises LayerError for limits that no window can be drawn from."""
    for index, sampler in enumerate(samplers):
        limits = sampler.sampler
        if not 0 < limits.min_scale <= limits.max_scale <= 1:
            fault = "a sampler needs 0 < min_scale <= max_scale <= 1"
        elif not 0 < limits.min_aspect_ratio <= limits.max_aspect_ratio < math.inf:
            fault = "a sampler needs 0 < min_aspect_ratio <= max_aspect_ratio"
        else:
            continue
        raise LayerError(fault, field=("annotated_data_param", "batch_sampler", str(index)))


def draw_window(
    samplers: Sequence[caffe_pb2.BatchSampler], objects: Objects, random: np.random.Generator
) -> Window | None:
    """One of the windows that all `samplers` find, each with the same chance; None if they find none."""
    found = [window for sampler in samplers for window in _windows(sampler, objects, random)]
    return found[int(random.integers(len(found)))] if found else None


def _windows(sampler: caffe_pb2.BatchSampler, objects: Objects, random: np.random.Generator) -> list[Window]:
    """What one sampler finds: at most `max_sample` windows in `max_trials` draws."""
    found: list[Window] = []
    if not sampler.use_original_image:
        return found
    for _ in range(sampler.max_trials):
        if sampler.HasField("max_sample") and len(found) >= sampler.max_sample:
            break
        window = _draw(sampler.sampler, random)
        if meets(window, objects, sampler.sample_constraint):
            found.append(window)
    return found


def _draw(sampler: caffe_pb2.Sampler, random: np.random.Generator) -> Window:
    scale = random.uniform(sampler.min_scale, sampler.max_scale)
    aspect = random.uniform(sampler.min_aspect_ratio, sampler.max_aspect_ratio)
    # No side may be longer than that of the image.
    root = math.sqrt(min(max(aspect, scale**2), 1 / scale**2))
    width, height = min(1.0, scale * root), min(1.0, scale / root)
    left, top = random.uniform(0, 1 - width), random.uniform(0, 1 - height)
    return left, top, left + width, top + height


def meets(window: Window, objects: Objects, constraint: caffe_pb2.SampleConstraint) -> bool:
    """Whether some object has with `window` what `constraint` asks for. Without limits every window does.

    Overlap, share of the window and share of the object can be limited; the first of them that is decides alone, as
    there.
    """
    for kind in ("jaccard_overlap", "sample_coverage", "object_coverage"):
        if _limited(constraint, kind):
            return _within(constraint, kind, _measured(kind, window, objects))
    return True


def _limited(constraint: caffe_pb2.SampleConstraint, kind: str) -> bool:
    return any(constraint.HasField(f"{end}_{kind}") for end in ("min", "max"))


def _measured(kind: str, window: Window, objects: Objects) -> Array:
    if kind == "jaccard_overlap":
        return overlap(objects.boxes, window)
    if kind == "object_coverage":
        return coverage(objects.boxes, window)
    return shared(objects.boxes, window) / max(area(window), 1e-12)


def _within(constraint: caffe_pb2.SampleConstraint, kind: str, values: Array) -> bool:
    kept = np.ones(len(values), bool)
    if constraint.HasField(f"min_{kind}"):
        kept &= values >= getattr(constraint, f"min_{kind}")
    if constraint.HasField(f"max_{kind}"):
        kept &= values <= getattr(constraint, f"max_{kind}")
    return bool(kept.any())
