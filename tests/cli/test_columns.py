"""Aligned text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netcc.cli.columns import columns, size_text


def test_cells_of_several_lines_and_numbers_to_the_right() -> None:
    rows = [[["a"], ["one", "three"], ["1"]], [["total"], [], ["100"]]]
    shown = columns(["name", "parts", "n"], rows, right={2}, total=True).replace("\x1b[1m", "").replace("\x1b[0m", "")
    assert shown.splitlines() == [
        "name   parts    n",
        "─────────────────",
        "a      one      1",
        "       three",
        "─────────────────",
        "total         100",
    ]


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (1536, "1.5 KiB"),
        (2**20, "1.0 MiB"),
        (2**30, "1.0 GiB"),
        (2**42, "4096.0 GiB"),
    ],
)
def test_sizes(size: int, text: str) -> None:
    assert size_text(size) == text


@given(st.integers(1024, 2**40 - 1))
def test_a_size_reads_back(size: int) -> None:
    number, unit = size_text(size).split()
    assert 1 <= float(number) <= 1024
    assert float(number) * 1024 ** (" KMG".index(unit[0])) == pytest.approx(size, rel=0.06)
