"""What every command does: help, exit codes, one message for every error."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from helpers.commands import Run

from netcc.cli import COMMANDS, main
from netcc.cli.group import LazyGroup
from netcc.errors import DataError, Diagnostic, UsageError


def failing(error: BaseException) -> LazyGroup:
    """A group whose one command raises `error`."""
    group = LazyGroup(modules={})

    @group.command()
    def boom() -> None:
        raise error

    group.get_command = lambda context, name: boom  # type: ignore[method-assign]
    return group


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(name: str, run: Run) -> None:
    words = ["data", "mnist"] if name == "data" else [name]
    shown = run(*words, "--help")
    assert shown.exit_code == 0
    assert f"netcc {' '.join(words)}" in shown.stdout.partition("\n")[2]


def test_help_names_exit_codes_and_all_commands(run: Run) -> None:
    shown = run("--help").stdout
    for name in COMMANDS:
        assert f"\n  {name} " in shown
    for code in ("0 ", "1 ", "2 ", "70 ", "130 ", "141 "):
        assert f"\n    {code}" in shown


def test_an_unknown_command_is_wrong_use(run: Run) -> None:
    shown = run("shape")
    assert shown.exit_code == 2
    assert "No such command 'shape'" in shown.stderr


@pytest.mark.parametrize(("error", "code"), [(DataError("no data"), 1), (UsageError("no sense"), 2)])
def test_errors_are_shown_with_their_exit_code(error: Exception, code: int) -> None:
    shown = CliRunner().invoke(failing(error), ["boom"])
    assert (shown.exit_code, shown.stdout, shown.stderr) == (code, "", f"error: {error.args[0][0].message}\n")


def test_all_faults_of_an_error_are_shown() -> None:
    shown = CliRunner().invoke(failing(DataError([Diagnostic("one"), Diagnostic("two")])), ["boom"])
    assert shown.stderr == "error: one\nerror: two\n"


def test_an_internal_fault_is_one_line_and_a_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NETCC_DEBUG", raising=False)
    shown = CliRunner().invoke(failing(ZeroDivisionError("division\nby zero")), ["boom"])
    assert shown.exit_code == 70
    assert shown.stderr == (
        "error: netcc itself failed: ZeroDivisionError: division by zero\n"
        "  `netcc --debug ...` shows where; please report it\n"
    )


def test_debug_lets_an_internal_fault_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETCC_DEBUG", "1")
    shown = CliRunner().invoke(failing(ZeroDivisionError("x")), ["boom"])
    assert isinstance(shown.exception, ZeroDivisionError)


def test_trouble_of_the_system_is_no_internal_fault() -> None:
    shown = CliRunner().invoke(failing(PermissionError(13, "Permission denied", "secret")), ["boom"])
    assert (shown.exit_code, shown.stderr) == (1, "error: secret: permission denied\n")


def test_an_interrupt_exits_with_130() -> None:
    shown = CliRunner().invoke(failing(KeyboardInterrupt()), ["boom"])
    assert (shown.exit_code, shown.stderr) == (130, "\ninterrupted\n")


def test_colour_marks_the_word_at_the_head_only() -> None:
    error = DataError([Diagnostic("an error: inside", notes=("error: quoted",))])
    shown = CliRunner().invoke(failing(error), ["boom"], color=True)
    assert shown.stderr == "\x1b[31m\x1b[1merror:\x1b[0m an error: inside\n  error: quoted\n"


def test_no_colour_where_it_is_not_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    shown = CliRunner().invoke(failing(DataError("x")), ["boom"], color=True)
    assert shown.stderr == "error: x\n"


def test_a_reader_that_goes_away_is_no_error(place: Path) -> None:
    net = place / "net.prototxt"
    net.write_text("".join(f'layer {{ name: "l{index}" }}\n' for index in range(30_000)))
    command = [sys.executable, "-m", "netcc", "fmt", str(net)]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 141


def test_the_group_can_be_called_from_python() -> None:
    with pytest.raises(click.NoSuchOption):
        main(["--nonsense"], standalone_mode=False)
