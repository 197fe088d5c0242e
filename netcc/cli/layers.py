"""`netcc layers`: which layer types there are, and all about one of them."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from netcc.cli.columns import columns
from netcc.cli.options import json_option

if TYPE_CHECKING:
    from netcc.report.catalogue import LayerEntry, MessageEntry


@click.command(
    epilog="""\b
Examples
  netcc layers
  netcc layers Pooling
  netcc layers --json | jq -r '.layers[] | select(.origin == "BVLC") | .type'
"""
)
@click.argument("types", nargs=-1, metavar="[TYPE]...")
@json_option
def layers(types: tuple[str, ...], as_json: bool) -> None:
    """List all layer types, or show mathematics, blobs, parameters and an example of some."""
    from netcc.report.catalogue import entries, entry

    shown = [entry(name) for name in types] if types else entries()
    if as_json:
        click.echo(json.dumps({"layers": [item.as_json() for item in shown]}, indent=2))
    elif types:
        click.echo("\n\n".join(details(item) for item in shown))
    else:
        click.echo(listing(shown, shutil.get_terminal_size().columns if sys.stdout.isatty() else None))


def listing(items: list[LayerEntry], width: int | None) -> str:
    """One line a type, cut at `width` characters."""
    rows = [[[item.type], [item.family], [item.origin.partition(" (")[0]], [item.summary]] for item in items]
    text = columns(["type", "family", "origin", "what it does"], rows)
    lines = [line if width is None or len(line) <= width else f"{line[: width - 1]}…" for line in text.split("\n")]
    return "\n".join(lines)


def details(item: LayerEntry) -> str:
    """All about one type, for reading."""
    in_place = "\nmay run in place" if item.in_place else ""
    head = f"{item.type} ({item.origin}; family {item.family})"
    parts = [click.style(head, bold=True), item.text, f"bottoms: {item.bottoms}\ntops: {item.tops}{in_place}"]
    parts += ["\n".join(_message(message)) for message in (*item.parameters, *item.nested)]
    return "\n\n".join([*parts, f"example:\n\n{item.example.rstrip()}"])


def _message(message: MessageEntry) -> Iterator[str]:
    """A message as it is written in a net, each field with its kind and default."""
    yield f"{message.name} {{"
    names = [f"{field.name}:" for field in message.fields]
    width = max(map(len, names), default=0)
    for name, field in zip(names, message.fields, strict=True):
        notes = [f"default {field.default}"] if field.default else []
        notes += ["repeated"] if field.repeated else []
        notes += ["of forks"] if field.fork else []
        yield f"  {name:{width}} {field.kind}" + (f" ({', '.join(notes)})" if notes else "")
    yield "}"
