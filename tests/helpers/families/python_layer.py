"""Rows of the layer of type Python."""

from helpers.rows import Row


def fields(name: str, text: str = "") -> str:
    return f'name: "p" python_param {{ module: "helpers.python_layers" layer: "{name}" param_str: "{text}" }}'


ROWS = [
    Row("Python", fields("Scaled", "-2.5"), ((3, 4),)),
    Row("Python", fields("Scaled", "3"), ((3, 4), (2, 5, 1)), tops=2),
    Row("Python", fields("Distance"), ((3, 4), (3, 4))),
    Row("Python", fields("Weighted"), ((3, 4),)),
    Row("Python", fields("Positive"), ((5, 3),)),
]
