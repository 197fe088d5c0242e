"""Rows of the losses on differences and distances."""

from helpers.rows import Row

PLACES = (2, 3, 2, 5)

ROWS = [
    Row("EuclideanLoss", "", ((3, 4), (3, 4))),
    Row("EuclideanLoss", "", ((3, 4, 2), (3, 8))),
    Row("ContrastiveLoss", "contrastive_loss_param { legacy_version: true margin: 7 }", ((7, 3),) * 2 + ((7,),)),
    # The 1e-4 beside the distance of unlike pairs makes their gradient a little smaller than the derivative.
    Row(
        "ContrastiveLoss",
        "contrastive_loss_param { margin: 3 }",
        ((7, 3, 1, 1),) * 2 + ((7, 1),),
        integers={2: 2},
        gradient=False,
    ),
    Row("TripletLoss", "", ((7, 3),) * 3),
    Row("TripletLoss", "triplet_loss_param { margin: 3 }", ((7, 3, 1, 1),) * 3 + ((7,),)),
    Row("SmoothL1Loss", "", ((3, 4), (3, 4))),
    Row("SmoothL1Loss", "smooth_l1_loss_param { sigma: 0.7 }", ((3, 4, 2), (3, 4, 2), (3, 8))),
    Row("SmoothL1Loss", "smooth_l1_loss_param { sigma: 3 }", ((3, 8, 1, 1),) * 4),
    Row("SmoothL1LossOHEM", "", (PLACES, PLACES)),
    Row("SmoothL1LossOHEM", "loss_param { normalization: BATCH_SIZE }", (PLACES,) * 3, tops=2, gradient_tops=1),
    Row(
        "SmoothL1LossOHEM",
        "loss_param { normalization: PRE_FIXED pre_fixed_normalizer: 7 }",
        ((3, 8),) * 3,
        tops=2,
        gradient_tops=1,
    ),
    Row("L1Loss", "", ((3, 4), (3, 4))),
    Row("L1Loss", "l1_loss_param { plateau: 0.9 normalize_by_num_entries: true }", (PLACES, PLACES)),
    Row("L1Loss", "l1_loss_param { l2_per_location: true }", (PLACES,)),
    Row(
        "L1Loss",
        "l1_loss_param { l2_per_location: true l2_prescale_by_channels: true epsilon: 0.1 plateau: 1 }",
        (PLACES, PLACES),
    ),
    # What the centers get is no derivative; `test_center_loss` has the gradient of the features.
    Row("CenterLoss", "center_loss_param { num_output: 4 }", ((5, 3), (5,)), integers={1: 4}, gradient=False),
    Row(
        "CenterLoss",
        'center_loss_param { num_output: 3 distance_type: "L1" }',
        ((5, 3, 2), (5, 1)),
        integers={1: 3},
        gradient=False,
    ),
    Row("MarginInnerProduct", "margin_inner_product_param { num_output: 4 }", ((5, 3), (5,)), integers={1: 4}),
    *(
        Row(
            "MarginInnerProduct",
            f"margin_inner_product_param {{ num_output: 4 type: {margin} base: 2 gamma: 0.1 }}",
            ((5, 3, 1, 1), (5,)),
            tops=2,
            integers={1: 4},
            gradient_tops=1,
            gradient=False,
        )
        for margin in ("DOUBLE", "TRIPLE", "QUADRUPLE")
    ),
]
