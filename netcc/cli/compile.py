"""`netcc compile`: a net as one file that infers without parsing, or as a Python module that needs NumPy alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netcc.cli.columns import size_text
from netcc.cli.options import (
    allow_python_option,
    input_option,
    mismatch_option,
    phase_option,
    state_options,
    strict_option,
)
from netcc.errors import UsageError
from netcc.types import TEST, TRAIN, Phase, Shape

if TYPE_CHECKING:
    from netcc.compiled.make import Ready
    from netcc.compiled.preprocessing import Mean
    from netcc.compiled.pruning import Keep
    from netcc.runtime.loading import Mismatch


MOST_NAMES = 8
"""So many layers that are left out are named."""


def _read_keep(context: click.Context, option: click.Parameter, value: str | None) -> Keep:
    if value is None or value == "all":
        return "all" if value else None
    return [name.strip() for name in value.split(",") if name.strip()]


def _read_mean(context: click.Context, option: click.Parameter, value: str | None) -> Mean:
    """Numbers with commas between, or the name of a file."""
    if value is None:
        return None
    try:
        return [float(number) for number in value.split(",")]
    except ValueError:
        return Path(value)


@click.command(
    epilog="""\b
Examples
  netcc compile deploy.prototxt --weights lenet.caffemodel -o lenet.netcc
  netcc compile train_val.prototxt --weights w.caffemodel --input data=1,3,227,227 -o net.netcc
  netcc compile zoo:resnet50 --weights w.caffemodel --mean 104,117,123 --labels synset_words.txt -o resnet.netcc
  netcc compile deploy.prototxt --weights w.caffemodel --keep fc7,prob -o features.netcc
  netcc compile deploy.prototxt --weights lenet.caffemodel --emit python -o lenet.py
  netcc compile train_val.prototxt --input data=64,1,28,28 --emit python --train -o lenet.py

\b
Then, in Python
  net = netcc.load("lenet.netcc")
  net(images)                 any number of images
  net.classify("digit.png")   stretched, mean and scale applied, the best classes by name
"""
)
@click.argument("net")
@click.option("-o", "--output", metavar="FILE", required=True, help="File to write.")
@click.option("--weights", default="", metavar="FILE,...", help="Parameters (.caffemodel, .h5).")
@mismatch_option
@click.option(
    "--keep",
    callback=_read_keep,
    metavar="BLOB,...|all",
    help="Blobs that come out.  [default: those of the net that `netcc deploy` makes]",
)
@click.option(
    "--mean",
    callback=_read_mean,
    metavar="FILE|V,...",
    help="Mean to take from pixels: .binaryproto, .npy, or a number for each channel (B, G, R).  [default: the net's]",
)
@click.option("--scale", type=float, help="What pixels are multiplied with after that.  [default: the net's]")
@click.option("--labels", metavar="FILE", help="Names of the classes, one on each line.")
@click.option("--emit", type=click.Choice(["python"]), help="Write a module that needs NumPy alone, to be read.")
@click.option("--train", is_flag=True, help="With --emit: losses and a backward pass too.")
@phase_option(None, "Phase to compile for.  [default: test; with --train: train]")
@input_option
@state_options
@click.option("--seed", type=click.IntRange(min=0), help="Seed of parameters that no weights give.")
@strict_option
@allow_python_option
def compile(
    net: str,
    output: str,
    weights: str,
    mismatch: Mismatch,
    phase: Phase | None,
    inputs: dict[str, Shape],
    level: int | None,
    stages: tuple[str, ...],
    seed: int | None,
    strict: bool,
    **wishes: Any,
) -> None:
    """Make NET ready for inference, in one FILE that loads without parsing.

    It is the net that `netcc deploy` makes: losses, metrics, labels and whatever the outputs do not need are left out,
    data layers become inputs, and scores become probabilities if the loss makes them so. It can be called with any
    batch size, and with images of any size where its layers allow. Mean, scale and labels are kept for `preprocess` and
    `classify`; a plain call takes blobs as they are.

    --emit python writes a module instead: a class with `forward`, one commented step for each layer, which needs NumPy
    alone and is there to be read. Parameters go to a file beside it that ends in .npz. With --train the class has
    `backward` too. Layers for which there is no plain function are named in one error; docs/compiled.md lists those
    that have one.
    """
    from netcc.cli.group import echo_diagnostics
    from netcc.cli.loading import advising, warn_of_gaps
    from netcc.cli.reading import folder_of, read_net
    from netcc.compiled.make import chosen_layers, make_ready
    from netcc.runtime.loading import split_names

    wished = Wishes(**wishes)
    wished.check(output)
    phase = phase if phase is not None else TRAIN if wished.train else TEST
    definition = chosen_layers(read_net(net, strict=strict), phase, level, stages)
    ready = make_ready(definition, folder_of(net), inputs, seed=seed)
    ready.check(wished.keep, train=wished.train)
    files = split_names(weights)
    for file in files:
        with advising(mismatch):
            warn_of_gaps(ready.load(file, mismatch))
    if not files and ready.arrays and not wished.train:
        echo_diagnostics("warning: no --weights: the parameters have the first values of their fillers")
    wished.write(ready, output)


@dataclass(frozen=True)
class Wishes:
    """What is to be written."""

    keep: Keep
    mean: Mean
    scale: float | None
    labels: str | None
    emit: str | None
    train: bool

    def check(self, output: str) -> None:
        """Raises UsageError for options that do not go together, and for a file that they cannot mean."""
        from netcc.zoo.find import is_zoo_name

        if is_zoo_name(output):
            raise UsageError(f"{output} is not written over", notes=["-o takes the name of a file"])
        if not self.emit:
            if self.train:
                raise UsageError("--train goes with --emit python", notes=["a .netcc file is for inference"])
            return
        given = [name for name in ("mean", "scale", "labels") if getattr(self, name) is not None]
        if given:
            raise UsageError(f"--{given[0]} does not go with --emit", notes=["a module takes blobs as they are"])
        if not Path(output).name.endswith(".py"):
            raise UsageError(f"{output} is no name of a Python module", notes=["expected one that ends in .py"])

    def write(self, ready: Ready, output: str) -> None:
        """Writes the file, and says what is in it."""
        if self.emit:
            self._write_module(ready, output)
            return
        from netcc.compiled.make import preprocessing_for

        made = ready.compile(self.keep, preprocessing_for(ready, self.mean, self.scale, self.labels))
        made.save(output)
        click.echo(f"{output}: {made.summary()}; {size_text(Path(output).stat().st_size)}")
        _tell_added(made.layers, ready)
        gone = [node.name for node in ready.graph.nodes if node.name not in set(made.layers)]
        if gone:
            more = f" and {len(gone) - MOST_NAMES} more" if len(gone) > MOST_NAMES else ""
            click.echo(f"left out, since no output needs them: {', '.join(gone[:MOST_NAMES])}{more}")

    def _write_module(self, ready: Ready, output: str) -> None:
        from netcc.emit.module import write_module
        from netcc.emit.plan import written

        made = written(ready.graph, self.keep, train=self.train)
        beside = write_module(made, output, ready.arrays)
        click.echo(f"{output}: {made.summary()}")
        _tell_added([node.name for node in made.steps], ready)
        if beside is not None:
            click.echo(f"{beside}: {len(made.parameters())} arrays, {size_text(beside.stat().st_size)}")


def _tell_added(names: Sequence[str], ready: Ready) -> None:
    """Names the layers that the definition has not: those that a loss has inside."""
    own = {node.name for node in ready.graph.nodes}
    added = [name for name in names if name not in own]
    if added:
        click.echo(f"added, since a loss of the net has it inside: {', '.join(added)}")
