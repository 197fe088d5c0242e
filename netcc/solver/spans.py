"""Where the fields of a solver stand in its text."""

from __future__ import annotations

from netcc.errors import Span
from netcc.schema.bind import BoundSolver, locate


def span_of(bound: BoundSolver, name: str, index: int = 0) -> Span | None:
    """Where the field `name` (its occurrence `index`) of the solver stands, if a text has it."""
    for document in (bound.overrides, bound.document):
        if document and document.root.first(name):
            return locate(document, document.root, (name, index))
    return None
