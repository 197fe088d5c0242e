"""`netcc classify`: what is in these images?"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from netcc.cli.options import allow_python_option, json_option, mismatch_option, strict_option
from netcc.errors import UsageError

if TYPE_CHECKING:
    from netcc.cli.classifying import Scorer
    from netcc.cli.data.options import ProgressBar
    from netcc.cli.outcome import Outcome
    from netcc.runtime.loading import Mismatch
    from netcc.types import Array


def read_numbers(context: click.Context, option: click.Parameter, value: str | None) -> tuple[int, ...] | None:
    """`256,256`: whole numbers with commas between."""
    if value is None:
        return None
    parts = value.replace("x", ",").split(",")
    if not all(part.strip().isdecimal() for part in parts):
        raise click.BadParameter(f"{value!r} is not a row of whole numbers such as 256,256")
    return tuple(int(part) for part in parts)


@click.command(
    epilog="""\b
Examples
  netcc classify deploy.prototxt w.caffemodel cat.jpg --labels synset_words.txt --mean 104,117,123
  netcc classify deploy.prototxt w.caffemodel photos/ --mean mean.binaryproto --oversample -o scores.npy
  netcc classify lenet.netcc digit.png
  netcc classify zoo:lenet lenet_iter_1000.caffemodel 'digits/*.png' --input-scale 0.00390625 --json
"""
)
@click.argument("net")
@click.argument("weights")
@click.argument("images", nargs=-1, metavar="IMAGE...")
@click.option("--labels", metavar="FILE", help="Names of the classes, one a line.")
@click.option(
    "--mean",
    "--mean_file",
    "--mean-file",
    metavar="FILE|B,G,R",
    help="Subtracted: a mean image (.binaryproto, .npy), or a number for each channel.",
)
@click.option(
    "--mean-pixel", is_flag=True, help="Of a mean image, take the mean of each channel, as classification.cpp."
)
@click.option("--oversample/--center-only", "ten", default=False, help="Average over ten crops, or take the centre.")
@click.option(
    "--images-dim",
    "--images_dim",
    "size",
    metavar="H,W",
    callback=read_numbers,
    help="Size that images get before they are cropped.  [default: the net's input; 256,256 to oversample]",
)
@click.option(
    "--raw-scale",
    "--raw_scale",
    type=float,
    default=255.0,
    show_default=True,
    help="Factor for pixels from 0 to 1, before the mean.",
)
@click.option("--input-scale", "--input_scale", type=float, help="Factor after the mean.")
@click.option(
    "--channel-swap",
    "--channel_swap",
    "swap",
    metavar="ORDER",
    callback=read_numbers,
    help="Order of channels.  [default: 2,1,0, which makes R, G, B to B, G, R]",
)
@click.option("--ext", metavar="ENDING", help="Which images of a folder.  [default: all]")
@click.option("--output", metavar="BLOB", help="The blob that has the scores.  [default: the net's output]")
@click.option("--top", type=click.IntRange(1), default=5, show_default=True, help="Classes shown of each image.")
@click.option("--batch", type=click.IntRange(1), default=10, show_default=True, help="Images or crops at once.")
@click.option("-o", "--out", metavar="FILE", help="Write all scores (images x classes) to this .npy file.")
@mismatch_option
@strict_option
@allow_python_option
@json_option
@click.pass_context
def classify(
    context: click.Context,
    net: str,
    weights: str,
    images: tuple[str, ...],
    labels: str | None,
    mean: str | None,
    mean_pixel: bool,
    ten: bool,
    size: tuple[int, ...] | None,
    raw_scale: float,
    input_scale: float | None,
    swap: tuple[int, ...] | None,
    ext: str | None,
    output: str | None,
    top: int,
    batch: int,
    out: str | None,
    mismatch: Mismatch,
    strict: bool,
    as_json: bool,
) -> None:
    """Show the best classes of each IMAGE by NET with WEIGHTS.

    A compiled NET (`netcc compile`) has its weights, mean, scale and labels in it: only images follow.

    An IMAGE is a file, a folder, a pattern, or an array file (.npy). Images are prepared as Caffe's classify.py does
    it: resized, cropped, channels swapped, times --raw-scale, less --mean, times --input-scale. One that cannot be read
    does not keep the others from being classified.
    """
    from netcc.cli.classifying import (
        CompiledScorer,
        ImageScorer,
        Preparation,
        find_images,
        labels_of,
        mean_of,
        require_input,
    )
    from netcc.cli.loading import advising, warn_of_gaps
    from netcc.cli.reading import read_net
    from netcc.compiled.archive import is_compiled
    from netcc.compiled.net import load
    from netcc.runtime.loading import split_names
    from netcc.runtime.net import Net
    from netcc.types import TEST

    shown = _Shown(top, out, as_json)
    if is_compiled(net):
        _refuse_options(context)
        with load(net) as compiled:
            scored = CompiledScorer(compiled)
            names = labels_of(labels, scored.classes) if labels else compiled.labels or None
            context.exit(shown.show(scored, find_images((weights, *images), ext), names, color=True))
    if not images:
        raise click.MissingParameter(ctx=context, param_type="argument", param_hint="'IMAGE...'")
    if size is not None and len(size) != 2:
        raise UsageError(f"--images-dim takes height and width, not {len(size)} numbers")
    bound = read_net(net, strict=strict)
    require_input(bound)
    files = find_images(images, ext)
    how = Preparation(size, ten, mean_of(mean, mean_pixel) if mean else None, raw_scale, input_scale, swap)
    with Net(bound, TEST, keep_all=output is not None, gradients=False) as made:
        scorer = ImageScorer(made, how, output, batch)
        for file in split_names(weights):
            with advising(mismatch):
                warn_of_gaps(made.copy_from(file, mismatch))
        assert scorer.output is not None
        names = labels_of(labels, made.blobs[scorer.output].shape[1]) if labels else None
        context.exit(shown.show(scorer, files, names, color=scorer.channels == 3))


WITH_COMPILED = {"net", "weights", "images", "labels", "ext", "top", "out", "as_json", "allow_python"}
"""What may be given with a compiled net."""


def _refuse_options(context: click.Context) -> None:
    """Raises UsageError for an option that says how images are prepared, which a compiled net knows by itself."""
    for option in context.command.params:
        name = option.name or ""
        given = context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
        if given and name not in WITH_COMPILED:
            raise UsageError(
                f"{option.opts[0]} does not go with a compiled net",
                notes=["it has mean and scale in it: `netcc compile --mean ... --scale ...`"],
            )


@dataclass(frozen=True)
class _Shown:
    """How results are shown: the `top` best of each image, as text or JSON, all scores in the file `out`."""

    top: int
    out: str | None
    as_json: bool

    def show(self, scorer: Scorer, files: Sequence[str], names: Sequence[str] | None, *, color: bool) -> int:
        """Classifies the images of `files`; returns the exit code."""
        from netcc.cli.classifying import ranked
        from netcc.cli.data.options import progress_bar
        from netcc.cli.outcome import Outcome

        outcome = Outcome()
        results: list[Mapping[str, Any]] = []
        rows: list[Array] = []
        with progress_bar("classifying", len(files), quiet=sys.stdout.isatty() and not self.as_json) as bar:
            loaded = _Loaded(files, color, outcome, bar)
            for number, scores in enumerate(scorer.scores(loaded)):
                best = {"image": loaded.names[number], "predictions": ranked(scores, names, self.top)}
                if self.out:
                    rows.append(scores)
                if self.as_json:
                    results.append(best)
                else:
                    click.echo(as_text(best, number > 0))
        if self.as_json:
            click.echo(json.dumps(results, indent=2))
        if self.out and rows:
            save_scores(self.out, rows)
        return outcome.exit_code


class _Loaded:
    """The images of files, read as they are asked for; `names` tells what those read so far are called."""

    def __init__(self, files: Sequence[str], color: bool, outcome: Outcome, bar: ProgressBar) -> None:
        self.files, self.color, self.outcome, self.bar = files, color, outcome, bar
        self.names: list[str] = []

    def __iter__(self) -> Iterator[Array]:
        from netcc.cli.classifying import load_images

        for file in self.files:
            images: list[tuple[str, Array]] = []
            with self.outcome.guard():
                images = load_images(file, self.color)
            self.bar.advance(1)
            for name, image in images:
                self.names.append(name)
                yield image


def as_text(result: Mapping[str, Any], is_next: bool) -> str:
    """The image, then a line for each class: score, number, label. A blank line parts it from the one before."""
    lines = (f"  {item['score']:8.4f}  {item['class']:>5}  {item.get('label', '')}" for item in result["predictions"])
    return "\n".join(
        [*([""] if is_next else []), click.style(str(result["image"]), bold=True), *map(str.rstrip, lines)]
    )


def save_scores(path: str, rows: Sequence[Array]) -> None:
    """Writes the scores as one array. Raises OutputError."""
    import numpy as np

    from netcc.atomic import atomic_write

    content = io.BytesIO()
    np.save(content, np.stack(rows))
    with atomic_write(path) as file:
        file.write(content.getvalue())
