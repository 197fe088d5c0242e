"""The top of the command line: commands are loaded when called, errors end in one message and an exit code."""

from __future__ import annotations

import os
import re
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import click

from netcc.errors import NetccError, NetccWarning
from netcc.kernels.twins import told_of_compiling

WRONG_INPUT = 1
WRONG_USE = 2
INTERNAL = 70
INTERRUPTED = 130
READER_GONE = 141
"""128 + SIGPIPE, as a program that the signal ends."""


class ReaderGoneError(Exception):
    """Whoever reads our output has closed it."""


class LazyGroup(click.Group):
    """A group whose commands live in modules of their own, imported when a command is called or described."""

    def __init__(self, *args: Any, modules: Mapping[str, str], **extra: Any) -> None:
        super().__init__(*args, **extra)
        self.modules = modules

    def list_commands(self, context: click.Context) -> list[str]:
        return list(self.modules)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in self.modules:
            return None
        command = getattr(import_module(self.modules[name]), name)
        return command if isinstance(command, click.Command) else None

    def invoke(self, context: click.Context) -> Any:
        """As click's, but a closed pipe is told apart: click would exit with 1, as if the input were wrong."""
        try:
            return super().invoke(context)
        except BrokenPipeError:
            raise ReaderGoneError from None

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """As click's, but exits as `netcc --help` says and never with a traceback unless asked for one."""
        if not standalone_mode:
            return super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        try:
            with showing_warnings(), telling_of_compiling():
                status = super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
            sys.stdout.flush()
        except click.ClickException as error:
            error.show()
            status = error.exit_code
        except (click.Abort, KeyboardInterrupt):
            click.echo("interrupted", err=True)
            status = INTERRUPTED
        except NetccError as error:
            show(error)
            status = error.exit_code
        except (ReaderGoneError, BrokenPipeError):
            _silence_output()
            status = READER_GONE
        except Exception as error:
            if debugging():
                raise
            status = _show_internal(error)
        sys.exit(status if isinstance(status, int) else 0)


@contextmanager
def showing_warnings() -> Iterator[None]:
    """Prints every NetccWarning of the block once, as diagnostics are printed."""
    shown: set[str] = set()

    def show_warning(message: Warning | str, category: type[Warning], *where: object, **more: object) -> None:
        if not issubclass(category, NetccWarning):
            show_other(message, category, *where, **more)
        elif str(message) not in shown:
            shown.add(str(message))
            echo_diagnostics(str(message))

    with warnings.catch_warnings():
        warnings.simplefilter("always", NetccWarning)
        show_other: Callable[..., None] = warnings.showwarning
        warnings.showwarning = show_warning
        yield


@contextmanager
def telling_of_compiling() -> Iterator[None]:
    """Says once why the first pass of a fresh installation with numba takes its time."""
    told: list[bool] = []

    def tell(folder: str | None) -> None:
        if not told:
            told.append(True)
            kept = (
                f"kept in {folder}" if folder else "no folder can be written to keep it, NUMBA_CACHE_DIR may name one"
            )
            click.echo(f"numba makes machine code for this processor ({kept}) ...", err=True)

    with told_of_compiling(tell):
        yield


def debugging() -> bool:
    """Whether the user asked for tracebacks: `--debug` or NETCC_DEBUG=1."""
    return os.environ.get("NETCC_DEBUG", "") not in ("", "0")


def show(error: NetccError) -> None:
    """Prints the error to stderr; its severities are coloured on a terminal."""
    if debugging():
        import traceback

        traceback.print_exception(error)
    echo_diagnostics(str(error))


def echo_diagnostics(text: str) -> None:
    """Prints text made of diagnostics to stderr, the words `error:` and `warning:` coloured where colour is shown."""
    if os.environ.get("NO_COLOR"):
        click.echo(text, err=True, color=False)
        return
    for word, colour in (("error:", "red"), ("warning:", "yellow")):
        styled = click.style(word, fg=colour, bold=True)
        text = "\n".join(_restyle(line, word, styled) for line in text.split("\n"))
    click.echo(text, err=True)


def _restyle(line: str, word: str, styled: str) -> str:
    """Colours `word` in a line that heads a diagnostic, not in a quoted one, which is indented."""
    return line if line.startswith(" ") else line.replace(word, styled, 1)


def _show_internal(error: Exception) -> int:
    if isinstance(error, MemoryError):
        wanted = re.search(r"Unable to allocate ([\d.]+ \w+)", str(error))
        more = f": {wanted[1]} more were asked for" if wanted else ""
        echo_diagnostics(f"error: there is not enough memory{more}")
        click.echo("  a smaller batch takes less (batch_size, --input), and so do smaller images", err=True)
        return WRONG_INPUT
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        echo_diagnostics(f"error: {where}{error.strerror.lower()}")
        return WRONG_INPUT
    what = " ".join(str(error).split())[:200]
    echo_diagnostics(f"error: netcc itself failed: {type(error).__name__}: {what}")
    click.echo("  `netcc --debug ...` shows where; please report it", err=True)
    return INTERNAL


def _silence_output() -> None:
    """Python flushes stdout once more at exit, which would fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
