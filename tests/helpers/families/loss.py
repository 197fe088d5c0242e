"""Rows of the family `loss`."""

from helpers.rows import Row


def softmax_losses(type_name: str, fields: str = "") -> list[Row]:
    return [
        Row(type_name, fields, ((3, 4), (3,)), integers={1: 4}),
        Row(type_name, f"{fields} softmax_param {{ axis: -1 }}", ((3, 5, 4), (3, 5)), integers={1: 4}),
        Row(type_name, f"{fields} loss_param {{ ignore_label: 1 }}", ((3, 4, 5), (3, 5)), integers={1: 4}),
        Row(
            type_name,
            f"{fields} loss_param {{ normalization: PRE_FIXED pre_fixed_normalizer: 2.5 }}",
            ((3, 4, 5, 2), (3, 1, 5, 2)),
            integers={1: 4},
        ),
    ]


WEIGHTS = "loss_param { weight_by_label_freqs: true class_weighting: [0.5, 2, 1, 0] ignore_label: 2 }"

ROWS = [
    *softmax_losses("SoftmaxWithLoss"),
    Row("SoftmaxWithLoss", "loss_param { normalization: NONE }", ((3, 4, 5, 2), (3, 1, 5, 2)), integers={1: 4}),
    Row("SoftmaxWithLoss", WEIGHTS, ((3, 4, 5), (3, 5)), integers={1: 4}),
    *softmax_losses("SoftmaxWithLossOHEM"),
    Row("SoftmaxWithLossOHEM", "", ((3, 4, 5), (3, 5)), tops=3, integers={1: 4}, gradient_tops=1),
    *softmax_losses("FocalLoss"),
    *softmax_losses("FocalLoss", "focal_loss_param { gamma: 0.5 alpha: 0.25 }"),
    *softmax_losses("FocalLoss", "focal_loss_param { type: ONEADDP gamma: 3 }"),
    Row("FocalLoss", "", ((3, 4, 5), (3, 5)), tops=2, integers={1: 4}, gradient_tops=1),
    *softmax_losses("SoftmaxFocalLoss"),
    Row("InfogainLoss", "", ((3, 4), (3,), (4, 4)), integers={1: 4}, batched=False),
    Row(
        "InfogainLoss",
        "infogain_loss_param { axis: 2 } loss_param { ignore_label: 1 normalization: BATCH_SIZE }",
        ((2, 5, 3), (2, 5), (1, 1, 3, 3)),
        tops=2,
        integers={1: 3},
        gradient_tops=1,
    ),
    Row("SigmoidCrossEntropyLoss", "", ((3, 4), (3, 4)), integers={1: 2}),
    Row("SigmoidCrossEntropyLoss", "loss_param { normalization: VALID ignore_label: 0 }", ((3, 5, 2), (3, 10))),
    # Random numbers are no probabilities: those below 1e-20 have a gradient, though the loss does not change with them.
    Row("MultinomialLogisticLoss", "", ((3, 4, 2), (3, 1, 1)), integers={1: 8}, gradient=False),
    Row("HingeLoss", "", ((3, 4), (3,)), integers={1: 4}),
    Row("HingeLoss", "hinge_loss_param { norm: L2 }", ((3, 2, 3), (3, 1)), integers={1: 6}),
]
