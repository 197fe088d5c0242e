"""Rows of SPP."""

from helpers.rows import Row
from netcc.types import TEST, TRAIN

ROWS = [
    *(
        Row("SPP", f"spp_param {{ pyramid_height: {height} pool: {method} }}", ((2, 3, 9, 6),))
        for method in ("MAX", "AVE")
        for height in (1, 2, 3)
    ),
    *(
        Row("SPP", f"spp_param {{ pyramid_height: {height} pool: STOCHASTIC }}", ((2, 3, 4, 8),), phase=phase)
        for height in (1, 2)
        for phase in (TRAIN, TEST)
    ),
]
