"""Rows of the layers that pick out, repeat and look up."""

from helpers.rows import Row

ROWS = [
    Row("Tile", "tile_param { tiles: 3 }", ((3, 4, 2),)),
    Row("Tile", "tile_param { tiles: 2 axis: -1 }", ((3, 5),)),
    Row("Tile", "tile_param { tiles: 1 axis: 0 }", ((3, 5),)),
    Row("BatchReindex", "", ((3, 4, 2), (5,)), integers={1: 3}, batched=False),
    Row("BatchReindex", "", ((1, 3), (2,)), integers={1: 1}),
    Row("Filter", "", ((5, 3), (5, 2, 2), (5,)), tops=2, integers={2: 2}),
    Row("Filter", "", ((7, 3), (7, 1, 1)), integers={1: 3}),
    Row("Embed", "embed_param { input_dim: 4 num_output: 3 }", ((5,),), integers={0: 4}),
    Row("Embed", "embed_param { input_dim: 6 num_output: 2 bias_term: false }", ((3, 4),), integers={0: 6}),
    Row("Parameter", "parameter_param { shape { dim: 2 dim: 3 } }", (), batched=False),
    Row("Parameter", "parameter_param { shape { } }", (), batched=False),
    Row("ArgMax", "", ((3, 5, 2),)),
    Row("ArgMax", "argmax_param { top_k: 3 out_max_val: true }", ((3, 2, 3, 2),)),
    Row("ArgMax", "argmax_param { top_k: 2 axis: 1 }", ((3, 4, 2),)),
    Row("ArgMax", "argmax_param { axis: -1 out_max_val: true }", ((3, 4),)),
]
