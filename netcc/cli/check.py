"""`netcc check`: is there anything wrong with these files?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from netcc.cli.options import allow_python_option, input_option, json_option, phase_option, strict_option
from netcc.errors import UsageError
from netcc.types import Phase, Shape

if TYPE_CHECKING:
    from netcc.report.check import Report


@click.command(
    epilog="""\b
Examples
  netcc check train_val.prototxt solver.prototxt
  netcc check --input data=64,3,227,227 train_val.prototxt
  netcc check --json *.prototxt | jq '.files[] | select(.faults != [])'
"""
)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@phase_option(None, "Look at this phase alone.  [default: both]")
@input_option
@strict_option
@allow_python_option
@json_option
@click.pass_context
def check(
    context: click.Context,
    files: tuple[str, ...],
    phase: Phase | None,
    inputs: dict[str, Shape],
    strict: bool,
    as_json: bool,
) -> None:
    """Look for faults in nets and solvers and show all that are found.

    Nets are built for both phases. Shapes are checked as far as they are known: from Input layers, from --input, or
    from data that are at hand. Exits with 1 if there is a fault in any file.
    """
    from netcc.cli.group import echo_diagnostics
    from netcc.cli.reading import once_from_stdin, read_document
    from netcc.report.check import check_definition

    once_from_stdin(files)
    phases = [phase] if phase is not None else list(Phase)
    reports = [check_definition(file, read_document, phases, inputs, strict=strict) for file in files]
    for name in inputs:
        if not any(name in report.used_inputs or report.errors for report in reports):
            raise UsageError(f"--input {name}: no net has a data or input layer with that top")
    if as_json:
        click.echo(json.dumps({"files": [report_json(report) for report in reports]}, indent=2))
    else:
        for report in reports:
            for diagnostic in report.diagnostics:
                echo_diagnostics(str(diagnostic))
            click.echo(summary(report))
    context.exit(max(report.exit_code for report in reports))


def summary(report: Report) -> str:
    """`train.prototxt: net, TRAIN and TEST, no faults`, and what could not be looked at."""
    warnings = sum(item.severity == "warning" for item in report.diagnostics)
    found = _number(len(report.errors), "fault") or "no faults"
    phases = " and ".join(phase.name for phase in report.phases)
    what = ", ".join(part for part in (report.kind, phases, found, _number(warnings, "warning")) if part)
    return "\n".join([f"{report.name}: {what}", *(f"  {note}" for note in report.notes)])


def _number(count: int, what: str) -> str:
    """`1 fault`, `2 faults`; nothing for none."""
    return f"{count} {what}{'s' if count > 1 else ''}" if count else ""


def report_json(report: Report) -> dict[str, Any]:
    return {
        "name": report.name,
        "kind": report.kind,
        "phases": [phase.name for phase in report.phases],
        "notes": list(report.notes),
        "faults": [
            {
                "severity": item.severity,
                "message": item.message,
                "line": item.span.line if item.span else None,
                "column": item.span.column if item.span else None,
                "notes": list(item.notes),
                "suggestion": item.suggestion,
            }
            for item in report.diagnostics
        ],
    }
