"""The index of the zoo: what `netcc zoo` lists, so that no net has to be read for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import netcc
from netcc.cli.columns import size_text
from netcc.ir.table import ShapeTable
from netcc.zoo.find import net_names
from zoo.generate.page import learned


def index_entries(root: Path, changed: list[str]) -> list[dict[str, Any]]:
    """What the index says of all nets; those in `changed` (all if it is empty) are looked at anew."""
    path = root / "index.json"
    known = {entry["name"]: entry for entry in json.loads(path.read_text("utf-8"))} if path.exists() else {}
    entries = []
    for name in net_names():
        stale = not changed or name in changed or name not in known
        entries.append(entry(root / name, name) if stale else known[name])
    return entries


def index_text(entries: list[dict[str, Any]]) -> str:
    """The text of index.json: one net a line."""
    return "[\n" + ",\n".join(json.dumps(item) for item in entries) + "\n]\n"


def entry(folder: Path, name: str) -> dict[str, Any]:
    """What the index says of one net."""
    return entry_of(netcc.shapes(folder / "deploy.prototxt", netcc.TEST), name)


def entry_of(table: ShapeTable, name: str) -> dict[str, Any]:
    inputs = [list(shape or ()) for layer in table.layers if layer.type == "Input" for _, shape in layer.tops]
    return {
        "name": name,
        "title": table.name,
        "inputs": inputs,
        "layers": len(table.layers),
        "parameters": learned(table.layers),
        "statistics": table.parameter_count - learned(table.layers),
        "macs": table.macs,
        "activation_bytes": table.activation_bytes,
    }


PREFACE = """\
# The zoo

The networks of the textbooks, written in Caffe's language. Each folder has the net for use (`deploy.prototxt`), the
net with data and losses (`train.prototxt`), the recipe of its paper as far as the solver's fields carry it
(`solver.prototxt`) and a page with a table of its stages. Wherever netcc asks for a net, `zoo:NAME` is the first,
`zoo:NAME/train` the second and `zoo:NAME/solver` the third.

    netcc zoo                        the table below
    netcc zoo show resnet50          the page of a net
    netcc zoo copy resnet50 DIR      its files, to work on
    netcc shapes zoo:resnet50        all its layers

The zoo has definitions, no trained weights: train a net, or give `--weights` a caffemodel that its authors published,
whose blobs go to the layers of the same name.

Nearly all nets are written by the Python in `zoo/generate/`, one file a family; `python -m zoo.generate` writes them
again, and a test holds that nothing changes. Parameters are those that are learned, MACs are multiply-accumulates for
one example, and memory is that of all blobs; the same numbers stand in index.json. The pages say from where each number
of parameters is known.
"""


def readme_text(entries: list[dict[str, Any]]) -> str:
    """The page of the whole zoo."""
    parts = [PREFACE]
    nets = [item for item in entries if "/" not in item["name"]]
    blocks = [item for item in entries if "/" in item["name"]]
    for title, items in (("## Nets", nets), ("## Blocks", blocks)):
        if items:
            parts += [title, "", "| net | input | parameters | MACs | memory |", "| --- | --- | ---: | ---: | ---: |"]
            parts += [*map(_line, items), ""]
    return "\n".join(parts).rstrip("\n") + "\n"


def _line(item: dict[str, Any]) -> str:
    inputs = ", ".join(" x ".join(map(str, shape)) for shape in item["inputs"])
    memory = size_text(item["activation_bytes"])
    name = f"[{item['name']}]({item['name']}/README.md)"
    return f"| {name} | {inputs} | {item['parameters']:,} | {item['macs']:,} | {memory} |"
