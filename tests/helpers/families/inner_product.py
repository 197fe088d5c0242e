"""Rows of the family `inner_product`."""

from helpers.rows import Row

ROWS = [
    Row("InnerProduct", "inner_product_param { num_output: 3 }", ((3, 4, 2),)),
    Row("InnerProduct", "inner_product_param { num_output: 3 bias_term: false }", ((3, 4),)),
    Row("InnerProduct", "inner_product_param { num_output: 3 transpose: true axis: -1 }", ((3, 4, 2),)),
]
