"""`--on-bad-record`: what a command does with records that cannot be used."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from netcc.cli.group import echo_diagnostics
from netcc.data.bad_records import BadRecords, using


@contextmanager
def passing_over() -> Iterator[None]:
    """Inside, bad records are passed over; at the end it is said how many and which."""
    bad = BadRecords("skip")
    try:
        with using(bad):
            yield
    finally:
        if bad.count:
            echo_diagnostics(str(bad))
