"""`netcc compile`: a net as one file that infers without parsing, or as a Python module that needs NumPy alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

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
from netcc.types import TEST, Phase, Shape

if TYPE_CHECKING:
    from netcc.compiled.make import Ready
    from netcc.compiled.preprocessing import Mean
    from netcc.compiled.pruning import Keep
    from netcc.runtime.loading import Mismatch


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
    help="Blobs that come out.  [default: what the net computes, without its losses and metrics]",
)
@click.option(
    "--mean",
    callback=_read_mean,
    metavar="FILE|V,...",
    help="Mean to take from pixels: .binaryproto, .npy, or a number for each channel (B, G, R).  [default: the net's]",
)
@click.option("--scale", type=float, help="What pixels are multiplied with after that.  [default: the net's]")
@click.option("--labels", metavar="FILE", help="Names of the classes, one on each line.")
@phase_option(TEST, "Phase to compile for.  [default: test]")
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
    keep: Keep,
    mean: Mean,
    scale: float | None,
    labels: str | None,
    phase: Phase,
    inputs: dict[str, Shape],
    level: int | None,
    stages: tuple[str, ...],
    seed: int | None,
    strict: bool,
) -> None:
    """Make NET ready for inference, in one FILE that loads without parsing.

    Losses, metrics, labels and whatever the outputs do not need are left out; data layers become inputs. The net can
    then be called with any batch size, and with images of any size where its layers allow.

    Mean, scale and labels are kept for `preprocess` and `classify`; a plain call takes blobs as they are.
    """
    from netcc.cli.group import echo_diagnostics
    from netcc.cli.loading import advising, warn_of_gaps
    from netcc.cli.reading import folder_of, read_net
    from netcc.compiled.make import make_ready
    from netcc.runtime.loading import split_names
    from netcc.schema.select import select

    definition = select(read_net(net, strict=strict), phase, level, stages)
    ready = make_ready(definition, folder_of(net), inputs, seed=seed)
    files = split_names(weights)
    for file in files:
        with advising(mismatch):
            warn_of_gaps(ready.load(file, mismatch))
    if not files and ready.arrays:
        echo_diagnostics("warning: no --weights: the parameters have the first values of their fillers")
    write_compiled(ready, output, keep, mean, scale, labels)


def write_compiled(ready: Ready, output: str, keep: Keep, mean: Mean, scale: float | None, labels: str | None) -> None:
    """Writes the file of the compiled net and says what is in it."""
    from netcc.compiled.make import preprocessing_for

    made = ready.compile(keep, preprocessing_for(ready, mean, scale, labels))
    made.save(_target(output))
    click.echo(f"{output}: {made.summary()}, {size_text(Path(output).stat().st_size)}")


def _target(output: str) -> str:
    from netcc.zoo.find import is_zoo_name

    if is_zoo_name(output):
        raise UsageError(f"{output} is not written over", notes=["-o takes the name of a file"])
    return output
