"""`netcc run`: a script of pycaffe, unchanged."""

from __future__ import annotations

import re
import runpy
import sys
import traceback
from pathlib import Path
from types import TracebackType

import click

from netcc.cli.group import WRONG_INPUT
from netcc.errors import UsageError

PYTHON_2 = "this looks like Python 2, as many scripts of pycaffe are; 2to3 or futurize make Python 3 of it"


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    epilog="""\b
Examples
  netcc run classify.py --model_def deploy.prototxt cat.jpg classes
  netcc run solve.py
""",
)
@click.argument("script", type=click.Path())
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[ARGS]...")
def run(script: str, arguments: tuple[str, ...]) -> int:
    """Run SCRIPT, a Python file that imports caffe, with ARGS.

    The script gets netcc as `caffe` and needs no other. It is code, and so are the layers of type Python in its nets:
    all of it runs.
    """
    from netcc.pycaffe import install

    path = Path(script)
    if not path.is_file():
        raise UsageError(f"{script}: {'it is a folder' if path.is_dir() else 'there is no such file'}")
    install()
    sys.argv = [script, *arguments]
    sys.path[0] = str(path.resolve().parent)
    try:
        runpy.run_path(script, run_name="__main__")
    except Exception as error:
        # As Python would, but without the frames that led to the script.
        traceback.print_exception(type(error), error, _from_script(error.__traceback__, script))
        if isinstance(error, SyntaxError) and _is_of_python_2(error):
            click.echo(PYTHON_2, err=True)
        return WRONG_INPUT
    return 0


def _is_of_python_2(error: SyntaxError) -> bool:
    """Whether the line that Python 3 does not understand is one of Python 2."""
    return re.search(r"\b(print|exec)\s+\S|<>|`|\bexcept\s[^:]*,|\braise\s.*,|\b0\d", error.text or "") is not None


def _from_script(trace: TracebackType | None, script: str) -> TracebackType | None:
    """The part of `trace` that begins in `script`; none of it for a script that could not even begin."""
    while trace is not None and trace.tb_frame.f_code.co_filename != script:
        trace = trace.tb_next
    return trace
