"""Where `netcc train` goes on from, and the command that goes on from where it was stopped."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from netcc.cli.group import echo_diagnostics
from netcc.errors import UsageError

if TYPE_CHECKING:
    from netcc.cli.training import Order

AUTO = "auto"


def choose_snapshot(snapshot: str | None, resume: str | None, prefix: Path, *, quiet: bool) -> Path | None:
    """The state to go on from: the one given, or with `resume` "auto" the newest good one of `prefix`, if any.

    Says on stderr which ones are passed over. Raises UsageError if both are given.
    """
    if snapshot and resume:
        raise UsageError("--snapshot and --resume exclude each other")
    if resume != AUTO:
        given = snapshot or resume
        return Path(given) if given else None
    from netcc.solver.resume_search import newest_good

    found = newest_good(prefix)
    for reason in found.skipped:
        echo_diagnostics(f"warning: {reason}")
    if found.state is None and not quiet:
        click.echo(f"there is no snapshot of {prefix} to resume from: beginning at iteration 0", err=True)
    return found.state


def resume_command(files: tuple[str, ...], order: Order, state: Path | None) -> str:
    """The command that goes on from `state` as `order` says."""
    from netcc.data.bad_records import bad_records_in_use
    from netcc.layers.python_objects import objects_in_use

    words = ["netcc", "train", *files, "--snapshot", str(state)]
    policy = bad_records_in_use().policy
    flags = {
        "--max-iter": order.max_iter,
        "--seed": order.seed,
        "--out": order.out,
        "--patience": order.patience,
        "--watch": order.watch,
        "--keep": order.keep,
        "--sigint-effect": order.sigint if order.sigint != "stop" else None,
        "--on-bad-record": policy if policy != "error" else None,
        "--sighup-effect": order.sighup if order.sighup != "snapshot" else None,
    }
    for setting in order.settings:
        words += ["--set", setting]
    for flag, value in flags.items():
        if value is not None:
            words += [flag, str(value)]
    words += ["--strict"] if order.strict else []
    words += ["--allow-python"] if objects_in_use() is not None else []
    return shlex.join(words)
