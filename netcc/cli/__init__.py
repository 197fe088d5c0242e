"""The command line. Each command is one module of this package, loaded when it is called."""

from __future__ import annotations

import os

import click

from netcc.cli.group import LazyGroup
from netcc.version import __version__

COMMANDS = {
    "train": "netcc.cli.train",
    "test": "netcc.cli.test",
    "classify": "netcc.cli.classify",
    "shapes": "netcc.cli.shapes",
    "inspect": "netcc.cli.inspect",
    "check": "netcc.cli.check",
    "fmt": "netcc.cli.fmt",
    "upgrade": "netcc.cli.upgrade",
    "dump": "netcc.cli.dump",
    "plan": "netcc.cli.plan",
    "compile": "netcc.cli.compile",
    "time": "netcc.cli.time",
    "deploy": "netcc.cli.deploy",
    "layers": "netcc.cli.layers",
    "zoo": "netcc.cli.zoo",
    "run": "netcc.cli.run",
    "log": "netcc.cli.log",
    "plot": "netcc.cli.plot",
    "draw": "netcc.cli.draw",
    "data": "netcc.cli.data",
    "features": "netcc.cli.features",
}
"""Name of each command (and of the object that is the command) and its module, in the order of `netcc --help`."""

HELP = """Compile, train and look into networks written in Caffe's language.

\b
Begin with
  netcc data mnist .                       digits to train with
  netcc train zoo/lenet/solver.prototxt    a LeNet that reads them
  netcc shapes zoo/lenet/deploy.prototxt   what is in a net

Wherever FILE or NET is asked for, - reads standard input and zoo:NAME is a net that comes with netcc. `netcc COMMAND
--help` gives examples.
"""

EPILOG = """\b
Exit codes
  0    fine
  1    the input is wrong (or `check`, `fmt --check` found something)
  2    the command line is wrong
  70   netcc itself failed
  130  interrupted
  141  the reader of the output went away

\b
Completion of commands and options for bash (zsh and fish likewise)
  eval "$(_NETCC_COMPLETE=bash_source netcc)"
"""


@click.group(
    cls=LazyGroup,
    modules=COMMANDS,
    help=HELP,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, "--version", message="netcc %(version)s")
@click.option("--debug", is_flag=True, help="Show tracebacks (also NETCC_DEBUG=1).")
def main(debug: bool) -> None:
    if debug:
        os.environ["NETCC_DEBUG"] = "1"
