"""`netcc data`: makes databases to train with, and looks into them. Each command is one module of this package."""

from __future__ import annotations

import click

from netcc.cli.group import LazyGroup

COMMANDS = {name: f"netcc.cli.data.{name}" for name in ("mnist", "cifar10", "images", "mean", "info")}


@click.group(cls=LazyGroup, modules=COMMANDS)
def data() -> None:
    """Make databases to train with, and look into them."""
