"""The files of a block: its net for use, and a page that computes its parameters."""

from __future__ import annotations

import netcc
from netcc.pycaffe import layers as L  # noqa: N812
from zoo.generate.blocks import BLOCKS, Block
from zoo.generate.files import text_of
from zoo.generate.page import own_stages, prose, stage_table
from zoo.generate.writer import NetWriter

GALLERY = {f"blocks/{block.name}": block for block in BLOCKS}


def block_files(name: str) -> dict[str, str]:
    """Name and text of each file in the block's folder."""
    block = GALLERY[name]
    net = NetWriter(training=False)
    data = net.add("data", L.Input(shape={"dim": [1, *block.input]}))
    block.write(net, data)
    head = [f"{block.title}, alone.", f"Written by `python -m zoo.generate {name}`; the Python is in zoo/generate."]
    deploy = text_of(block.title, net.spec.to_proto(), head)
    return {"deploy.prototxt": deploy, "README.md": _page(name, block, deploy)}


def _page(name: str, block: Block, deploy: str) -> str:
    table = netcc.shapes(deploy, netcc.TEST)
    sums = "\n".join(f"    {left} = {right}" for left, right in block.sums)
    parts = [f"# {block.title}", *prose(block.text), sums, stage_table(table, own_stages(table))]
    return "\n\n".join([*parts, f"    netcc shapes zoo:{name}"]) + "\n"
