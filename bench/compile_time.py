"""How long it takes to compile large nets of the zoo, from text to plan: `python bench/compile_time.py`.

Milliseconds of processor time, so that other programs do not count; the least of some runs.
"""

from __future__ import annotations

import argparse
import time
from itertools import pairwise

from netcc.compiler import bind_net, plan_graph, shaped_graph
from netcc.schema.select import select
from netcc.types import TEST, TRAIN
from netcc.zoo.find import find

NETS = ("googlenet", "resnet50", "resnet152", "densenet121", "densenet201")
BATCH = 8


def measure(net: str, *, training: bool) -> tuple[list[float], int]:
    """Seconds from text to message, to shapes, to plan; and the number of buffers."""
    path = find(f"zoo:{net}/{'train' if training else 'deploy'}")
    (image,) = shaped_graph(select(bind_net(find(f"zoo:{net}")), TEST)).inputs()
    marks = [time.process_time()]
    bound = bind_net(path)
    marks.append(time.process_time())
    graph = shaped_graph(select(bound, TRAIN if training else TEST), {"data": (BATCH, *image.shape[1:])})
    marks.append(time.process_time())
    plan = plan_graph(graph, keep_all=False, gradients=training)
    marks.append(time.process_time())
    return [end - begin for begin, end in pairwise(marks)], len(plan.memory.offsets)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nets", nargs="+", default=NETS, help="names of the zoo")
    parser.add_argument("--runs", type=int, default=5)
    choice = parser.parse_args()
    print(f"{'net':<16}{'mode':<10}{'text':>8}{'shapes':>8}{'plan':>8}{'all ms':>8}{'buffers':>9}")
    for net in choice.nets:
        for training in (False, True):
            runs = [measure(net, training=training) for _ in range(choice.runs)]
            seconds, buffers = min(runs, key=lambda run: sum(run[0]))
            cells = "".join(f"{part * 1e3:8.0f}" for part in (*seconds, sum(seconds)))
            print(f"{net:<16}{'train' if training else 'infer':<10}{cells}{buffers:9}")


if __name__ == "__main__":
    main()
