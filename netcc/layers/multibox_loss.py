"""MultiBoxLoss: the loss of a detector on priors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from netcc.errors import DataError, LayerError, ShapeError
from netcc.layers.base import Buffer, Count, Layer, Operands, Signature
from netcc.layers.boxes import BoxCode, Suppression
from netcc.layers.detection_loss import half_square, logistic_loss, one_hot, smooth_l1, softmax_loss
from netcc.layers.detection_output import check_predictions
from netcc.layers.hard_examples import Mining
from netcc.layers.loss import Normalization
from netcc.layers.registry import register
from netcc.layers.true_boxes import FREE, TRUTH, Matching, TrueBoxes
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape, format_shape

_MESSAGE = "multibox_loss_param"

_Fields = caffe_pb2.MultiBoxLossParameter


@dataclass(frozen=True)
class _Batch:
    """The bottoms under handy shapes, and what has been worked out: matches (N, L, P) are indices into `truths`."""

    locations: Array  # N, P, L, 4
    scores: Array  # N, P, classes
    priors: Array  # P, 4
    variances: Array  # P, 4
    truths: TrueBoxes
    matches: Array
    highest: Array
    occupied: Array  # N: items with true boxes

    @property
    def positives(self) -> tuple[Array, Array, Array]:
        """Items, location classes and priors of the matches, in this order."""
        items, classes, priors = np.nonzero(self.matches > FREE)
        return items, classes, priors


@register("MultiBoxLoss")
@dataclass(frozen=True)
class MultiBoxLoss(Layer):
    """(loc_weight * location loss + score loss) / normalizer, on priors matched with true boxes and hard negatives.

    Bottoms: locations (N, P * 4 * L), class scores (N, P * num_classes), priors (1, 2, P * 4), true boxes (1, 1, G, 8):
    rows (item, label, instance, xmin, ymin, xmax, ymax, difficult), item -1 where there is none; L is 1 if
    `share_location`, else num_classes. Top: scalar. See `Matching` for which priors stand for a true box, `Mining` for
    which others count as background. The location loss (smooth L1 or half squares) compares the numbers of matched
    priors with the code of their true boxes; the score loss (softmax or logistic) is over matched and mined priors,
    over all without mining. Normalizer: VALID (default) the matches, FULL N * P, BATCH_SIZE N, NONE 1; at least 1. A
    part whose `propagate_down` is false does not count. Gradients for bottoms 0 and 1 only; with
    `encode_variance_in_target` that of locations is not divided by the variances, as in the original.
    Liu et al., SSD: Single Shot MultiBox Detector (2016). Behaves as src/caffe/layers/multibox_loss_layer.cpp of
    weiliu89/caffe, branch ssd, but that logistic targets without mining are right for every item, not the first alone.
    """

    fork = "SSD (weiliu89/caffe)"
    example = "multibox_loss_param { num_classes: 21 code_type: CENTER_SIZE }"

    is_loss: ClassVar[bool] = True
    predicts: ClassVar[str | None] = None
    bottoms: ClassVar[Count] = Count(4, 4)

    classes: int
    share_location: bool
    background: int
    code: BoxCode
    matching: Matching
    match_priors: bool
    mining: Mining | None
    mine_priors: bool
    smooth: bool
    logistic: bool
    agnostic: bool
    difficult: bool
    inside: bool
    location_weight: float
    score_weight: float
    normalization: Normalization

    @classmethod
    def from_message(cls, message: caffe_pb2.LayerParameter, phase: Phase) -> Self:
        fields = message.multibox_loss_param
        _check(fields)
        flags = list(message.propagate_down) or [True, True]
        return cls(
            classes=fields.num_classes,
            share_location=fields.share_location,
            background=fields.background_label_id,
            code=BoxCode(fields.code_type, fields.encode_variance_in_target),
            matching=Matching(
                fields.match_type == _Fields.PER_PREDICTION,
                fields.overlap_threshold,
                fields.ignore_cross_boundary_bbox,
            ),
            match_priors=fields.use_prior_for_matching,
            mining=_mining(fields),
            mine_priors=fields.use_prior_for_nms,
            smooth=fields.loc_loss_type == _Fields.SMOOTH_L1,
            logistic=fields.conf_loss_type == _Fields.LOGISTIC,
            agnostic=fields.map_object_to_agnostic,
            difficult=fields.use_difficult_gt,
            inside=fields.bp_inside,
            location_weight=fields.loc_weight * flags[0],
            score_weight=float(flags[1]),
            normalization=Normalization.read(message.loss_param),
        )

    @property
    def location_classes(self) -> int:
        return 1 if self.share_location else self.classes

    def infer(self, bottoms: Sequence[Shape], tops: int) -> Signature:
        check_predictions(bottoms, self.location_classes, self.classes)
        if not bottoms[3] or bottoms[3][-1] != TRUTH:
            raise ShapeError(
                f"true boxes are rows of {TRUTH} numbers, not {format_shape(bottoms[3])}", field=("bottom", "3")
            )
        return Signature(tops=((),), saved=(Buffer(bottoms[0]), Buffer(bottoms[1])))

    def gradient_allowed(self, bottom: int) -> bool:
        return bottom < 2

    def gradient_by_default(self, bottom: int) -> bool:
        return bottom < 2

    def forward(self, operands: Operands) -> None:
        """Computes the loss, and in `saved` its gradients but for the top's."""
        batch = self._match(operands)
        negatives = self._mine(batch)
        location_gradient, score_gradient = operands.saved
        location_loss = self._location_loss(batch, location_gradient.reshape(batch.locations.shape))
        score_loss = self._score_loss(batch, negatives, score_gradient.reshape(batch.scores.shape))
        items, priors = batch.scores.shape[:2]
        divisor = self.normalization.divisor(items, priors, int(np.count_nonzero(batch.matches > FREE)))
        location_gradient *= self.location_weight / divisor
        score_gradient *= self.score_weight / divisor
        operands.tops[0][...] = (self.location_weight * location_loss + self.score_weight * score_loss) / divisor

    def backward(self, operands: Operands) -> None:
        for gradient, bottom_diff in zip(operands.saved, operands.bottom_diffs, strict=False):
            if bottom_diff is not None:
                np.multiply(gradient, operands.top_diffs[0], out=bottom_diff)

    def _match(self, operands: Operands) -> _Batch:
        locations, scores, prior_rows, rows = operands.bottoms
        items = len(locations)
        priors, variances = prior_rows.reshape(2, -1, 4)
        shape = (items, self.location_classes, len(priors))
        truths = self._read(rows)
        batch = _Batch(
            locations.reshape(items, len(priors), self.location_classes, 4),
            scores.reshape(items, len(priors), self.classes),
            priors,
            variances,
            truths,
            matches=np.full(shape, FREE, dtype=np.int64),
            highest=np.zeros(shape, priors.dtype),
            occupied=np.isin(np.arange(items), truths.items),
        )
        for item in np.flatnonzero(batch.occupied):
            self._match_item(batch, int(item))
        return batch

    def _read(self, rows: Array) -> TrueBoxes:
        truths = TrueBoxes.read(rows, self.background, ends=False)
        if not self.difficult:
            truths = truths.only(~truths.difficult)
        if self.agnostic:
            truths = truths.relabelled(self.background + 1)
        wrong = np.flatnonzero((truths.labels < 0) | (truths.labels >= self.classes))
        if wrong.size:
            raise DataError(
                f"label {truths.labels[wrong[0]]} of a true box of item {truths.items[wrong[0]]} is outside the "
                f"{self.classes} classes (0 to {self.classes - 1})"
            )
        return truths

    def _match_item(self, batch: _Batch, item: int) -> None:
        """Fills matches and highest overlaps of one item."""
        own = np.flatnonzero(batch.truths.items == item)
        labels = batch.truths.labels[own]
        for place in range(self.location_classes):
            if not self.share_location and place == self.background:
                continue
            mine = np.ones(len(own), dtype=np.bool_) if self.share_location else labels == place
            if self.match_priors:
                matches, highest = self.matching.match(batch.priors, batch.truths.boxes[own])
                matches[(matches > FREE) & ~mine[np.maximum(matches, 0)]] = FREE
            else:
                boxes = self.code.decode(batch.locations[item, :, place], batch.priors, batch.variances)
                own_of_class = np.flatnonzero(mine)
                matches, highest = self.matching.match(boxes, batch.truths.boxes[own[own_of_class]])
                matches[matches > FREE] = own_of_class[matches[matches > FREE]]
            matches[matches > FREE] = own[matches[matches > FREE]]
            batch.matches[item, place], batch.highest[item, place] = matches, highest

    def _mine(self, batch: _Batch) -> Array:
        """Which priors (N, P) count as background; may take back matches."""
        negatives = np.zeros(batch.scores.shape[:2], dtype=np.bool_)
        if self.mining is None:
            return negatives
        losses = self._example_losses(batch)
        for item in np.flatnonzero(batch.occupied):
            boxes = batch.priors
            if not self.mine_priors and self.mining.suppression is not None:
                boxes = self.code.decode(batch.locations[item, :, 0], batch.priors, batch.variances)
            negatives[item] = self.mining.negatives(batch.matches[item, 0], batch.highest[item, 0], losses[item], boxes)
        return negatives

    def _example_losses(self, batch: _Batch) -> Array:
        """The loss (N, P) of each prior as an example of the class that it stands for."""
        labels = np.full(batch.scores.shape[:2], self.background)
        items, _, priors = batch.positives
        labels[items, priors] = batch.truths.labels[batch.matches[batch.matches > FREE]]
        scores = batch.scores.reshape(-1, self.classes)
        if self.logistic:
            losses, _ = logistic_loss(scores, one_hot(labels.reshape(-1), self.classes, scores.dtype))
        else:
            losses, _ = softmax_loss(scores, labels.reshape(-1))
        losses = losses.reshape(labels.shape)
        if self.mining is not None and self.mining.sample is not None:
            differences, _ = self._differences(batch)
            losses[items, priors] += self._regress(differences)[0].sum(axis=1)
        return losses

    def _regress(self, differences: Array) -> tuple[Array, Array]:
        return smooth_l1(differences) if self.smooth else half_square(differences)

    def _differences(self, batch: _Batch) -> tuple[Array, tuple[Array, Array, Array]]:
        """Predicted less wanted numbers (M, 4) of the matches, and where the predicted ones lie in locations."""
        items, places, priors = batch.positives
        where = items, priors, places
        predicted, boxes, variances = batch.locations[where], batch.priors[priors], batch.variances[priors]
        truths = batch.truths.boxes[batch.matches[batch.matches > FREE]]
        differences = predicted - self.code.encode(truths, boxes, variances)
        if self.code.variance_in_target:
            differences /= variances
        if self.inside:
            matched = boxes if self.match_priors else self.code.decode(predicted, boxes, variances)
            differences[(matched < 0) | (matched > 1)] = 0
        return differences, where

    def _location_loss(self, batch: _Batch, gradient: Array) -> float:
        differences, where = self._differences(batch)
        losses, slopes = self._regress(differences)
        gradient.fill(0)
        gradient[where] = slopes
        return float(losses.sum())

    def _score_loss(self, batch: _Batch, negatives: Array, gradient: Array) -> float:
        items, _, priors = batch.positives
        labels = np.full(negatives.shape, self.background)
        labels[items, priors] = batch.truths.labels[batch.matches[batch.matches > FREE]]
        counts = np.ones_like(negatives) if self.mining is None else negatives.copy()
        counts[items, priors] = True
        scores = batch.scores[counts]
        if self.logistic:
            targets = one_hot(labels[counts], self.classes, scores.dtype)
            if self.mining is None:
                targets[:, self.background : self.background + 1] = 0
            losses, slopes = logistic_loss(scores, targets)
        else:
            losses, slopes = softmax_loss(scores, labels[counts])
        gradient.fill(0)
        gradient[counts] = slopes
        return float(losses.sum())


def _check(fields: caffe_pb2.MultiBoxLossParameter) -> None:
    """Raises LayerError for fields that make no sense, or not together."""
    if fields.num_classes == 0:
        raise LayerError("MultiBoxLoss needs a positive num_classes", field=(_MESSAGE, "num_classes"))
    mines = fields.mining_type != _Fields.NONE
    if fields.HasField("do_neg_mining") and fields.do_neg_mining != mines:
        raise LayerError(
            "do_neg_mining contradicts mining_type", field=(_MESSAGE, "do_neg_mining"), notes=["give mining_type alone"]
        )
    if mines and not fields.share_location:
        raise LayerError(
            "mining needs share_location: true",
            field=(_MESSAGE, "mining_type"),
            notes=["with locations for each class give mining_type: NONE"],
        )
    if fields.conf_loss_type == _Fields.SOFTMAX and fields.background_label_id >= fields.num_classes:
        raise LayerError(
            f"background_label_id {fields.background_label_id} is outside the {fields.num_classes} classes",
            field=(_MESSAGE, "background_label_id"),
        )
    if fields.map_object_to_agnostic and fields.num_classes != 2:
        raise LayerError("map_object_to_agnostic needs num_classes: 2", field=(_MESSAGE, "num_classes"))
    if fields.mining_type == _Fields.HARD_EXAMPLE and fields.sample_size <= 0:
        raise LayerError("sample_size must be positive", field=(_MESSAGE, "sample_size"))


def _mining(fields: caffe_pb2.MultiBoxLossParameter) -> Mining | None:
    if fields.mining_type == _Fields.NONE:
        return None
    overlap = fields.nms_param
    suppresses = fields.HasField("nms_param") and overlap.nms_threshold > 0
    return Mining(
        fields.neg_pos_ratio,
        fields.neg_overlap,
        fields.sample_size if fields.mining_type == _Fields.HARD_EXAMPLE else None,
        Suppression(overlap.nms_threshold) if suppresses else None,
        overlap.top_k if overlap.top_k >= 0 else None,
    )
