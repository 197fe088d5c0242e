"""PriorBox, DetectionOutput, MultiBoxLoss, DetectionEvaluate."""

from __future__ import annotations

from typing import Any

from netcc.emit.step import Call, Placed, Step, emits, refuse, without_defaults
from netcc.layers.boxes import BoxCode
from netcc.layers.loss import Normalization
from netcc.layers.prior_box import PriorBox
from netcc.schema import caffe_pb2

_Codes = caffe_pb2.PriorBoxParameter.CodeType
_Modes = caffe_pb2.LossParameter.NormalizationMode


def _code(code: BoxCode) -> dict[str, Any]:
    name = _Codes.Name(_Codes.ValueType(code.kind))
    return without_defaults({"code": name, "scaled": code.variance_in_target}, code="CENTER_SIZE", scaled=False)


def _mode(given: Normalization) -> str:
    return _Modes.Name(_Modes.ValueType(given.mode))


def _sides(layer: PriorBox) -> tuple[tuple[float, float], ...]:
    """Width and height of the boxes of a cell in pixels; sizes are cut to whole ones."""
    sides: list[tuple[float, float]] = []
    for index, size in enumerate(map(int, layer.min_sizes)):
        sides.append((size, size))
        if layer.max_sizes:
            between = (size * int(layer.max_sizes[index])) ** 0.5
            sides.append((between, between))
        sides += [(size * ratio**0.5, size / ratio**0.5) for ratio in layer.ratios[1:]]
    return tuple(sides)


@emits("PriorBox")
def prior_box(placed: Placed) -> Step:
    layer = placed.layer
    options = without_defaults(
        {
            "sides": _sides(layer),
            "variances": layer.variances,
            "clip": layer.clip,
            "image_size": layer.image,
            "step": layer.step,
            "offset": layer.offset,
        },
        clip=False,
        image_size=None,
        step=None,
        offset=0.5,
    )
    return Step(Call("prior_boxes", "x0 x1", "y0", options))


@emits("DetectionOutput")
def detection_output(placed: Placed) -> Step:
    layer = placed.layer
    options = without_defaults(
        {
            "classes": layer.classes,
            "threshold": layer.suppression.threshold,
            "eta": layer.suppression.eta,
            "top_k": layer.top_k,
            "keep_top_k": layer.keep_top_k,
            "least_score": layer.least_score,
            "background": layer.background,
            "share_location": layer.share_location,
        },
        eta=1,
        top_k=None,
        keep_top_k=None,
        least_score=0,
        background=0,
        share_location=True,
    )
    return Step(Call("detect", "x0 x1 x2", "y0", {**options, **_code(layer.code)}))


@emits("MultiBoxLoss")
def multibox_loss(placed: Placed) -> Step:
    layer, mining = placed.layer, placed.layer.mining
    refuse("share_location: false", when=not layer.share_location)
    refuse("use_prior_for_matching: false", when=not layer.match_priors)
    refuse("conf_loss_type: LOGISTIC", when=layer.logistic)
    refuse("bp_inside or map_object_to_agnostic", when=layer.inside or layer.agnostic)
    refuse("ignore_cross_boundary_bbox: true", when=layer.matching.inside_only)
    hard = mining is not None and (mining.sample is not None or mining.suppression is not None)
    refuse("mining_type: HARD_EXAMPLE, or suppression of overlapping examples", when=hard)
    refuse("propagate_down", when=layer.score_weight != 1)
    refuse("normalization: PRE_FIXED", when=_mode(layer.normalization) == "PRE_FIXED")
    options = without_defaults(
        {
            "classes": layer.classes,
            "background": layer.background,
            "threshold": layer.matching.threshold,
            "per_prediction": layer.matching.per_prediction,
            "negatives": None if mining is None else mining.ratio,
            "most_overlap": 0.5 if mining is None else mining.most_overlap,
            "location_weight": layer.location_weight,
            "smooth": layer.smooth,
            "use_difficult": layer.difficult,
            "normalization": _mode(layer.normalization),
        },
        background=0,
        per_prediction=True,
        location_weight=1,
        smooth=True,
        use_difficult=True,
        normalization="VALID",
    )
    return Step(
        Call("multibox_loss", "x0 x1 x2 x3", "y0 d_locations d_scores", {**options, **_code(layer.code)}),
        Call("multibox_loss_backward", "dy0 d_locations d_scores", "dx0 dx1"),
    )


@emits("DetectionEvaluate")
def detection_evaluate(placed: Placed) -> Step:
    layer = placed.layer
    options = without_defaults(
        {
            "classes": layer.classes,
            "background": layer.background,
            "threshold": layer.threshold,
            "count_difficult": layer.difficult,
        },
        background=0,
        threshold=0.5,
        count_difficult=True,
    )
    return Step(Call("judge_detections", "x0 x1", "y0", options))
