"""`netcc data images`: a database of images in files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from netcc.cli.data.options import backend_option, force_option, path_type, progress_bar
from netcc.cli.group import echo_diagnostics
from netcc.cli.options import json_option
from netcc.errors import UsageError

if TYPE_CHECKING:
    from netcc.data.database_writer import Backend

size = click.IntRange(min=0)


@click.command()
@click.argument("root")
@click.argument("list_file", metavar="LIST", type=path_type)
@click.argument("database", metavar="DB", type=path_type)
@click.option("--gray", is_flag=True, help="One channel in place of three.")
@click.option("--shuffle", is_flag=True, help="Shuffle the images.")
@click.option("--seed", type=click.IntRange(min=0), help="Makes --shuffle repeatable.")
@backend_option
@click.option("--resize-width", "--resize_width", type=size, default=0, metavar="N", help="Resize to this width ...")
@click.option("--resize-height", "--resize_height", type=size, default=0, metavar="N", help="... and this height.")
@click.option("--check-size", "--check_size", is_flag=True, help="Refuse images of another size than the first.")
@click.option("--encoded", is_flag=True, help="Keep the images in their file format.")
@click.option("--encode-type", "--encode_type", default="", metavar="png|jpg|...", help="Keep them in this format.")
@click.option(
    "--on-bad-record",
    type=click.Choice(["error", "skip"]),
    default="error",
    show_default=True,
    help="What to do with an image that is missing or damaged.",
)
@click.option(
    "--threads", type=click.IntRange(min=1), help="Images decoded at a time; one for each processor if not given."
)
@force_option
@json_option
def images(
    root: str,
    list_file: Path,
    database: Path,
    gray: bool,
    shuffle: bool,
    seed: int | None,
    backend: Backend,
    resize_width: int,
    resize_height: int,
    check_size: bool,
    encoded: bool,
    encode_type: str,
    on_bad_record: Literal["error", "skip"],
    threads: int | None,
    force: bool,
    as_json: bool,
) -> None:
    """Write the images that LIST names to the database DB.

    Each line of LIST is a path below ROOT, a space and a label; or LIST is a folder with a folder of images for each
    class, and ROOT the same. Options and records are those of Caffe's convert_imageset; unlike it, an image that cannot
    be read is an error unless --on-bad-record skip is given.

    \b
    Examples
      netcc data images photos train.txt train_lmdb --resize-height 256 --resize-width 256 --shuffle
      netcc data images photos val.txt val_lmdb --encoded
    """
    from netcc.data.bad_records import BadRecords
    from netcc.data.staging import check_free
    from netcc.data.tools.image_list import read_image_list, shuffled
    from netcc.data.tools.images import ImageOptions, write_images
    from netcc.targets.share import processors

    if bool(resize_width) != bool(resize_height):
        raise UsageError("--resize-width and --resize-height go together")
    if seed is not None and not shuffle:
        raise UsageError("--seed is for --shuffle")
    check_free(database.parent, [database.name], force)
    listed = read_image_list(list_file)
    if shuffle:
        listed = shuffled(listed, seed)
    new_size = (resize_height, resize_width) if resize_width else None
    options = ImageOptions(gray, new_size, check_size, encoded, encode_type)
    bad = BadRecords(on_bad_record)
    with progress_bar("writing", len(listed), quiet=as_json) as bar:
        records = write_images(
            database,
            root,
            listed,
            options,
            backend=backend,
            force=force,
            bad=bad,
            threads=threads or processors(),
            advance=bar.advance,
        )
    if as_json:
        content = {"path": str(database), "records": records, "passed_over": bad.count, "bad_records": bad.reasons}
        click.echo(json.dumps(content, indent=2))
        return
    if bad.count:
        echo_diagnostics(f"warning: {bad}")
    click.echo(f"{database}: {records} images")
