"""The table of a net for people."""

from __future__ import annotations

import re
from html import unescape

from helpers.nets import inner_product, input_layer, layer, shaped

from netcc.ir.table import shape_table
from netcc.ir.table_text import table_html, table_text
from netcc.types import TEST

NET = 'name: "<b>"\n' + input_layer("x", 2, 3) + inner_product("ip", "x", "y", 4) + layer("s", "Sigmoid", "y", "y")
LONG = input_layer("x", 1, 2) + "".join(layer(f"r{index}", "ReLU", "x", "x") for index in range(100))

TEXT = """\
<b>, TEST: 3 layers

layer  type          tops   parameters   count  MACs  memory
────────────────────────────────────────────────────────────
x      Input         x 2x3                              24 B
ip     InnerProduct  y 2x4  weights 4x3     12    24    32 B
                            bias 4           4
s      Sigmoid       y 2x4
────────────────────────────────────────────────────────────
total                                       16    24    56 B"""


def test_text() -> None:
    table = shape_table(shaped(NET, TEST))
    assert str(table) == repr(table) == TEXT
    assert table_text(table, style=str.upper).splitlines()[2] == TEXT.splitlines()[2].upper()


def test_the_middle_of_a_long_table_is_left_out_of_its_repr() -> None:
    table = shape_table(shaped(LONG, TEST))
    lines = repr(table).splitlines()
    assert len(lines) == 61 + 6
    assert lines[4 + 29].startswith("r28 ")
    assert lines[4 + 30].split() == ["...", "41", "more", "..."]
    assert lines[4 + 31].startswith("r70 ")
    assert len(str(table).splitlines()) == 101 + 6


def test_html_has_every_cell_and_no_foreign_markup() -> None:
    html = table_html(shape_table(shaped(NET, TEST)))
    assert html.startswith("<p>&lt;b&gt;, TEST: 3 layers</p><table><thead>")
    cells = [unescape(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", html)]
    assert cells[7:12] == ["ip", "InnerProduct", "y 2x4", "weights 4x3<br>bias 4", "12<br>4"]
    assert html.count("<tr>") == 5
    assert '<th style="text-align: right">16</th>' in html
    assert "... 41 more ..." in table_html(shape_table(shaped(LONG, TEST)))
