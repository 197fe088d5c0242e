"""What is done to the copy of a graph before it is lowered, in order, each step with its reason."""

from __future__ import annotations

from netcc.ir.clone import Clone
from netcc.ir.graph import Node
from netcc.passes.fuse import fuse
from netcc.passes.layouts import place_layouts
from netcc.passes.simplify import simplify
from netcc.targets.base import Target
from netcc.targets.choose import choose
from netcc.targets.options import Options
from netcc.targets.rectified import hand_down_masks


def optimize(copy: Clone, options: Options) -> dict[Node, Target]:
    """Changes the graph of `copy` and returns the target of every node."""
    if options.optimize and not options.keep_all and not options.gradients:
        simplify(copy)  # layers that change nothing would keep their neighbours from being computed together
    if options.optimize and options.whole:
        fuse(copy, options)  # what follows a layer costs least while its result is still in the cache
        hand_down_masks(copy.graph.nodes, options)  # and what a ReLU holds back is known above it, too
    targets = {node: choose(node, options) for node in copy.graph.nodes}
    if options.optimize:
        place_layouts(copy.graph, targets, options)  # last: the targets say which order of memory they want
    return targets
