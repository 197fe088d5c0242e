"""The types that the functions speak of."""

from __future__ import annotations

from typing import Any, TypeAlias

Array: TypeAlias = Any
"""A NumPy array, whose own types would say more than a reader wants to know."""

Shape: TypeAlias = tuple[int, ...]
