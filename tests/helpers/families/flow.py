"""Rows of the flow layers."""

from helpers.rows import Row


def correlations() -> list[Row]:
    fields = [
        "kernel_size: 1 max_displacement: 2 pad: 2",
        "kernel_size: 1 max_displacement: 3 pad: 3 stride_2: 2",
        "kernel_size: 3 max_displacement: 1 pad: 2 stride_1: 2",
        "kernel_size: 3 max_displacement: 2 pad: 3 stride_1: 2 correlation_type: SUBTRACT",
    ]
    one_way = "kernel_size: 1 max_displacement: 2 pad: 2 single_direction: "
    both = ((2, 3, 5, 6),) * 2
    rows = [Row("Correlation", f"correlation_param {{ {text} }}", both) for text in fields]
    rows += [Row("Correlation1D", f"correlation_param {{ {text} }}", both) for text in fields]
    return rows + [Row("Correlation1D", f"correlation_param {{ {one_way}{way} }}", both) for way in (-1, 1)]


ROWS = [
    *correlations(),
    Row("FlowWarp", "", ((2, 3, 4, 5), (2, 2, 4, 5))),
    Row("FlowWarp", "flow_warp_param { fill_value: ZERO }", ((1, 1, 3, 3), (1, 2, 3, 3))),
]
