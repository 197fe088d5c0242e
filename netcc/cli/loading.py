"""Weights files as commands take them: several with commas between, what was loaded, and what to do if they misfit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from netcc.cli.group import echo_diagnostics
from netcc.runtime.loading import LoadReport, MisfitError, Mismatch

ADVICE = "--mismatch skip leaves such layers as they are, --mismatch reshape takes as many numbers in their order"


@contextmanager
def advising(mismatch: Mismatch) -> Iterator[None]:
    """Within the block, weights that do not fit end with the advice to use --mismatch, if it was not used."""
    try:
        yield
    except MisfitError as error:
        if mismatch != "error":
            raise
        *others, last = error.diagnostics
        raise MisfitError([*others, replace(last, notes=(*last.notes, ADVICE))]) from None


def warn_of_gaps(report: LoadReport) -> None:
    """Says what was loaded if that was not simply everything; as a warning if layers of the net did not get theirs."""
    if not report.complete:
        gaps = bool(report.filled or report.skipped)
        echo_diagnostics("\n".join([("warning: " if gaps else "") + report.lines()[0], *report.lines()[1:]]))
