"""How long the text front end takes on a long net, beside protobuf's own text parser: `python bench/front_end.py`.

Both read the same text (a ResNet-152 deploy file of 6,775 lines) to the same message; ours also keeps places and
comments, upgrades the inputs and collects every fault. Runs are interleaved, so that a busy machine slows both alike.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

from google.protobuf import text_format
from resnet_text import resnet_text

from netcc.compiler import compile_net, shaped_graph
from netcc.errors import Source
from netcc.prototxt.format import format_document
from netcc.prototxt.parse import parse
from netcc.prototxt.upgrade import upgrade_net
from netcc.schema import caffe_pb2
from netcc.schema.bind import bind, load_net
from netcc.schema.select import select
from netcc.types import TEST

REFERENCE = "protobuf text_format.Merge"


def tasks() -> dict[str, Callable[[], object]]:
    """What is timed, by the name it has in the table."""
    text = resnet_text()
    document = parse(Source("resnet", text))
    upgraded, _ = upgrade_net(document)
    return {
        REFERENCE: lambda: text_format.Merge(text, caffe_pb2.NetParameter()),
        "load_net (all of the below but format)": lambda: load_net(text),
        "  parse": lambda: parse(Source("resnet", text)),
        "  upgrade": lambda: upgrade_net(document),
        "  bind": lambda: bind(upgraded, caffe_pb2.NetParameter),
        "to shapes (load_net, graph, shape of every blob)": lambda: shaped_graph(select(load_net(text), TEST)),
        "to plan (and steps and memory, inference)": lambda: compile_net(text, TEST, keep_all=False, gradients=False),
        "format": lambda: format_document(document),
    }


def measure(rounds: int) -> dict[str, float]:
    """Median seconds of each task over `rounds` interleaved runs, after one to warm up."""
    todo = tasks()
    seconds: dict[str, list[float]] = {name: [] for name in todo}
    for round_number in range(rounds + 1):
        for name, task in todo.items():
            begin = time.perf_counter()
            task()
            if round_number:
                seconds[name].append(time.perf_counter() - begin)
    return {name: statistics.median(taken) for name, taken in seconds.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    medians = measure(parser.parse_args().rounds)
    print(f"{resnet_text().count(chr(10))} lines, medians")
    for name, seconds in medians.items():
        print(f"{name:<50} {seconds * 1e3:8.1f} ms {seconds / medians[REFERENCE]:6.2f}x")


if __name__ == "__main__":
    main()
