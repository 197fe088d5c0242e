"""Small nets for tests, built stage by stage from text."""

from __future__ import annotations

from collections.abc import Mapping

from netcc.compiler import bind_net, plan_graph, shaped_graph
from netcc.ir.build import build
from netcc.ir.graph import Graph
from netcc.plan.plan import Plan
from netcc.schema.select import select
from netcc.types import TRAIN, Phase, Shape


def graph_of(text: str, phase: Phase = TRAIN) -> Graph:
    """The wired graph, without shapes."""
    return build(select(bind_net(text), phase))


def shaped(text: str, phase: Phase = TRAIN, shapes: Mapping[str, Shape] | None = None) -> Graph:
    return shaped_graph(select(bind_net(text), phase), shapes)


def plan_of(text: str, phase: Phase = TRAIN, **options: bool) -> Plan:
    """The plan, with every law on the way checked."""
    return plan_graph(shaped(text, phase), **options, verify=True)


def input_layer(name: str, *shape: int) -> str:
    dims = " ".join(f"dim: {size}" for size in shape)
    return f'layer {{ name: "{name}" type: "Input" top: "{name}" input_param {{ shape {{ {dims} }} }} }}\n'


def layer(name: str, kind: str, bottoms: str, tops: str, more: str = "") -> str:
    """One layer; `bottoms` and `tops` are names parted by spaces."""
    joins = [f'bottom: "{bottom}"' for bottom in bottoms.split()] + [f'top: "{top}"' for top in tops.split()]
    return f'layer {{ name: "{name}" type: "{kind}" {" ".join(joins)} {more} }}\n'


def inner_product(name: str, bottom: str, top: str, outputs: int, more: str = "") -> str:
    filler = 'weight_filler { type: "gaussian" std: 0.5 } bias_filler { type: "gaussian" std: 0.5 }'
    return layer(name, "InnerProduct", bottom, top, f"{more} inner_product_param {{ num_output: {outputs} {filler} }}")
