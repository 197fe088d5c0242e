"""What happens to records that cannot be used: the first one is an error, or all are passed over and counted."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal, TypeAlias, get_args

from netcc.errors import DataError, Diagnostic, NetccWarning, UsageError

Policy: TypeAlias = Literal["error", "skip"]
"""`error`: the first bad record ends the run. `skip`: the next record takes its place."""

MOST_NAMED = 20
"""Bad records that are remembered by name; more are only counted."""


class BadRecords:
    """The bad records that the sources of one net, or of one command, have met.

    `count` is how often one was passed over, `reasons` has the first of them by name, each with what is wrong.
    Raises UsageError for a policy that does not exist.
    """

    def __init__(self, policy: Policy = "error") -> None:
        if policy not in get_args(Policy):
            raise UsageError(f"on_bad_record must be 'error' or 'skip', not {policy!r}")
        self.policy = policy
        self.count = 0
        self.reasons: dict[str, str] = {}

    def met(self, name: str, error: DataError) -> None:
        """Raises `error`, or counts the record `name` and warns of it when it is met first."""
        if self.policy == "error":
            raise error
        self.count += 1
        if name not in self.reasons and len(self.reasons) < MOST_NAMED:
            self.reasons[name] = error.message
            fault = error.diagnostics[0]
            warnings.warn(
                NetccWarning(Diagnostic(f"passed over: {fault.message}", notes=fault.notes, severity="warning")),
                stacklevel=2,
            )

    def __str__(self) -> str:
        """`3 bad records were passed over: a.png, b.png`, for the end of a run."""
        times = "1 bad record was" if self.count == 1 else f"{self.count} bad records were"
        more = ", ..." if len(self.reasons) == MOST_NAMED else ""
        return f"{times} passed over: {', '.join(self.reasons)}{more}"


_in_use: ContextVar[BadRecords | None] = ContextVar("bad_records", default=None)


def bad_records_in_use() -> BadRecords:
    """Where sources that are opened now report; a new one with the policy `error` unless `using` says otherwise."""
    return _in_use.get() or BadRecords()


def bad_records_for(choice: Policy | BadRecords | None) -> BadRecords:
    """What `choice` means: a policy, a place to report to, or (None) the one in use."""
    if choice is None:
        return bad_records_in_use()
    return choice if isinstance(choice, BadRecords) else BadRecords(choice)


@contextmanager
def using(bad: BadRecords | None) -> Iterator[None]:
    """Sources opened inside report to `bad`; None changes nothing."""
    if bad is None:
        yield
        return
    token = _in_use.set(bad)
    try:
        yield
    finally:
        _in_use.reset(token)
