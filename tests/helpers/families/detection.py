"""Rows of the detection layers."""

from helpers.rows import Row

SSD = ((2, 24), (2, 18), (1, 2, 24), (1, 1, 4, 8))
"""Locations, scores of 3 classes, priors and true boxes for 6 priors."""

BY_CLASS = ((2, 72), *SSD[1:])
"""The same with locations for each class."""


def priors() -> list[Row]:
    fields = [
        "min_size: 3",
        "min_size: 3 max_size: 5 aspect_ratio: 2 clip: true",
        "min_size: 2 min_size: 4 aspect_ratio: 3 flip: false variance: 0.1 variance: 0.1 variance: 0.2 variance: 0.2",
        "min_size: 3 img_h: 20 img_w: 30 step: 4 offset: 0.25",
    ]
    return [Row("PriorBox", f"prior_box_param {{ {text} }}", ((2, 3, 3, 2), (2, 3, 9, 7))) for text in fields]


def detections() -> list[Row]:
    fields = [
        ("", SSD),
        ("confidence_threshold: 0.1 keep_top_k: 3 nms_param { top_k: 4 nms_threshold: 0.6 eta: 0.9 }", SSD),
        ("share_location: false variance_encoded_in_target: true background_label_id: -1", BY_CLASS),
        ("confidence_threshold: 3", SSD),
    ]
    return [
        Row("DetectionOutput", f"detection_output_param {{ num_classes: 3 {text} }}", shapes[:3])
        for text, shapes in fields
    ]


def multibox_losses() -> list[Row]:
    fields = [
        ("", SSD),
        ("neg_pos_ratio: 1.5 match_type: BIPARTITE loc_weight: 2", SSD),
        ("mining_type: NONE loc_loss_type: L2", SSD),
        ("mining_type: NONE conf_loss_type: LOGISTIC share_location: false", BY_CLASS),
        ("mining_type: HARD_EXAMPLE sample_size: 3 use_prior_for_matching: false", SSD),
        ("conf_loss_type: LOGISTIC bp_inside: true ignore_cross_boundary_bbox: true", SSD),
    ]
    return [
        Row(
            "MultiBoxLoss",
            f"multibox_loss_param {{ num_classes: 3 background_label_id: 2 {text} }} {extra}",
            shapes,
            integers={3: 2},
        )
        for text, shapes in fields
        for extra in ("", "loss_param { normalization: BATCH_SIZE }")
    ]


def regions() -> list[Row]:
    roi = "roi_pooling_param { pooled_h: 2 pooled_w: 3 spatial_scale: 1.7 }"
    psroi = "psroi_pooling_param { spatial_scale: 1.7 output_dim: 2 group_size: 2 }"
    return [
        Row("ROIPooling", roi, ((3, 2, 6, 7), (4, 5)), integers={1: 3}, batched=False),
        Row("ROIPooling", roi, ((1, 2, 6, 7), (4, 5, 1, 1)), integers={1: 1}),
        Row("PSROIPooling", psroi, ((3, 8, 6, 7), (4, 5)), integers={1: 3}, batched=False),
        Row("PSROIPooling", psroi, ((1, 8, 5, 4), (4, 5)), integers={1: 1}),
    ]


def proposals() -> list[Row]:
    fields = "ratio: 0.5 ratio: 1 scale: 24 feat_stride: 8 min_size: 1"
    shapes = ((2, 4, 3, 4), (2, 8, 3, 4), (1, 3))
    return [
        Row("Proposal", f"proposal_param {{ {fields} }}", shapes, integers={2: 40}, tops=2),
        Row("Proposal", f"proposal_param {{ {fields} post_nms_topn: 2 pre_nms_topn: 9 }}", shapes, integers={2: 40}),
    ]


def evaluations() -> list[Row]:
    shapes = ((1, 1, 6, 7), (1, 1, 5, 8))
    return [
        Row(
            "DetectionEvaluate",
            f"detection_evaluate_param {{ num_classes: 3 background_label_id: 2 {text} }}",
            shapes,
            integers={0: 2, 1: 2},
        )
        for text in ("", "evaluate_difficult_gt: false overlap_threshold: 0.2")
    ]


ROWS = [*priors(), *detections(), *multibox_losses(), *regions(), *proposals(), *evaluations()]
