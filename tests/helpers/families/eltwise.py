"""Rows of Eltwise."""

from helpers.rows import Row

THREE = ((2, 3, 4, 2),) * 3

ROWS = [
    Row("Eltwise", "", THREE[:2]),
    Row("Eltwise", "eltwise_param { coeff: 2 coeff: -1 coeff: 0.5 }", THREE),
    Row("Eltwise", "eltwise_param { operation: PROD }", THREE),
    Row("Eltwise", "eltwise_param { operation: PROD stable_prod_grad: false }", THREE),
    Row("Eltwise", "eltwise_param { operation: MAX }", THREE),
    Row("Eltwise", "eltwise_param { operation: MAX }", ((3, 5), (3, 5))),
]
