"""Options that several commands share, and how their values are read."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

import click

from netcc.types import Phase, Shape

Command = TypeVar("Command", bound=Callable[..., Any])


def read_phase(context: click.Context, option: click.Parameter, value: str | None) -> Phase | None:
    return Phase[value.upper()] if value else None


def read_inputs(context: click.Context, option: click.Parameter, values: tuple[str, ...]) -> dict[str, Shape]:
    """`data=64,1,28,28` (or `data=64x1x28x28`): blobs by name and their shapes."""
    shapes: dict[str, Shape] = {}
    for value in values:
        name, equals, sizes = value.partition("=")
        if not (name and equals and re.fullmatch(r"\d+([,x]\d+)*", sizes)):
            raise click.BadParameter(f"{value!r} is not a name and a shape such as data=64,1,28,28")
        shapes[name] = tuple(int(size) for size in re.split("[,x]", sizes))
        if 0 in shapes[name]:
            raise click.BadParameter(f"{value!r} has an axis of size 0")
    return shapes


def phase_option(default: Phase | None, text: str) -> Callable[[Command], Command]:
    """`--phase`, with what it means in this command."""
    choice = click.Choice(["train", "test"], case_sensitive=False)
    given = default.name.lower() if default is not None else None
    return click.option("--phase", type=choice, default=given, callback=read_phase, help=text)


def state_options(command: Command) -> Command:
    """`--level` and `--stage`, which choose layers beside the phase."""
    level = click.option("--level", type=int, help="Level that include and exclude rules see.")
    stage = click.option("--stage", "stages", multiple=True, metavar="NAME", help="A stage to be in; may be repeated.")
    return level(stage(command))


def input_option(command: Command) -> Command:
    """`--input`, the shapes of blobs that come from outside."""
    return click.option(
        "--input",
        "inputs",
        metavar="NAME=N,C,H,W",
        multiple=True,
        callback=read_inputs,
        help="Shape of an input or data blob; may be repeated.",
    )(command)


def _allow_python(context: click.Context, option: click.Parameter, value: bool) -> None:
    if value:
        from netcc.cli.allow_python import allowed

        context.with_resource(allowed())


allow_python_option = click.option(
    "--allow-python",
    is_flag=True,
    expose_value=False,
    callback=_allow_python,
    help="Let layers of type Python run code of the modules that they name.",
)


def _on_bad_record(context: click.Context, option: click.Parameter, value: str) -> None:
    if value == "skip":
        from netcc.cli.bad_records import passing_over

        context.with_resource(passing_over())


on_bad_record_option = click.option(
    "--on-bad-record",
    type=click.Choice(["error", "skip"]),
    default="error",
    show_default=True,
    expose_value=False,
    callback=_on_bad_record,
    help="Whether a record that cannot be used ends the run, or is passed over and counted.",
)

mismatch_option = click.option(
    "--mismatch",
    type=click.Choice(["error", "skip", "reshape"]),
    default="error",
    show_default=True,
    help="What becomes of a layer whose shapes differ in the weights: skip leaves it as it is, reshape takes as many "
    "numbers in their order.",
)

exact_option = click.option(
    "--exact", is_flag=True, help="Leave out algorithms that round more than plain sums of products do."
)
memory_option = click.option(
    "--memory",
    type=click.Choice(["fast", "low"]),
    default="fast",
    show_default=True,
    help="What memory is spent on: fast keeps what saves time, low makes it again when it is wanted.",
)
strict_option = click.option("--strict", is_flag=True, help="A field that does not exist is an error, no warning.")

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
