"""Columns as commands print them: the header in bold letters where there are such."""

from __future__ import annotations

from functools import partial

import click

from netcc.columns import columns as plain_columns
from netcc.columns import size_text

__all__ = ["columns", "size_text"]

columns = partial(plain_columns, style=partial(click.style, bold=True))
"""As `netcc.columns.columns`."""
