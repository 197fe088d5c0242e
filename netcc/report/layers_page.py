"""docs/layers.md from the catalogue: `python -m netcc.report.layers_page FILE` writes it, `--check FILE` compares."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from netcc.report.catalogue import LayerEntry, MessageEntry, entries

HEAD = """\
# Layers

All layer types of netcc. This page is made from the classes in `netcc/layers/` and the messages in `proto/caffe.proto`
by `make docs`; `netcc layers TYPE` shows the same on the command line. A layer of your own is added as
[adding_a_layer.md](adding_a_layer.md) says.
"""
NOTES = """\
Parameters are fields of `layer { ... }`; a field "of forks" is not in BVLC's message. Messages within parameters, such
as fillers, stand [at the end](#messages-within-parameters).
"""


def page() -> str:
    """The whole page. Types of installed packages are left out."""
    items = entries(outside=False)
    nested = {message.name: message for item in items for message in item.nested}
    parts = [HEAD, "\n".join(_index(items)) + "\n", NOTES]
    parts += ["\n".join(_section(item)) for item in items]
    parts += ["## Messages within parameters\n"]
    parts += ["\n".join(_table(message)) for _, message in sorted(nested.items())]
    return "\n".join(parts).rstrip() + "\n"


def _index(items: list[LayerEntry]) -> Iterator[str]:
    yield "| type | family | origin | what it does |"
    yield "| --- | --- | --- | --- |"
    for item in items:
        yield f"| [{item.type}](#{item.type.lower()}) | {item.family} | {item.origin} | {_cell(item.summary)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _section(item: LayerEntry) -> Iterator[str]:
    place = " May run in place." if item.in_place else ""
    yield f"## {item.type}\n"
    yield f"{item.text}\n"
    yield f"Origin: {item.origin}. Family: {item.family}. Bottoms: {item.bottoms}. Tops: {item.tops}.{place}\n"
    for message in item.parameters:
        yield from _table(message)
    yield f"```\n{item.example}```\n"


def _table(message: MessageEntry) -> Iterator[str]:
    yield f"**{message.name}**\n"
    yield "| field | kind | default | |"
    yield "| --- | --- | --- | --- |"
    for field in message.fields:
        notes = ", ".join([*["repeated"] * field.repeated, *["of forks"] * field.fork])
        default = f"`{field.default}`" if field.default else ""
        yield f"| {field.name} | {field.kind} | {default} | {notes} |"
    yield ""


def main(arguments: list[str]) -> int:
    """Writes the page to the file; with --check only says whether it is current (exit status 1: it is not)."""
    *flags, name = arguments or [""]
    if flags not in ([], ["--check"]) or not name or name.startswith("-"):
        print("usage: python -m netcc.report.layers_page [--check] FILE", file=sys.stderr)
        return 2
    path, text = Path(name), page()
    if not flags:
        path.write_text(text, encoding="utf-8")
    elif path.read_text(encoding="utf-8") != text:
        print(f"{name} is out of date: run `make docs`", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
