"""How fast LeNet trains on the bundled digits, data included: `python bench/train_lenet.py [--iterations N]`.

Prints milliseconds for each part of an iteration of 64 images: the data layer, forward, backward, the solver's update.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import netcc
from netcc.data.mnist import bundled_digits, write_mnist

ZOO = Path(__file__).resolve().parents[1] / "zoo" / "lenet"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--iterations", type=int, default=100)
    iterations = parser.parse_args().iterations
    with tempfile.TemporaryDirectory() as folder:
        write_mnist(Path(folder), bundled_digits())
        text = (ZOO / "train.prototxt").read_text().replace('source: "', f'source: "{folder}/')
        solver_text = f"net_param {{ {text} }} base_lr: 0.01 lr_policy: 'fixed' momentum: 0.9 weight_decay: 0.0005"
        with netcc.Solver(f"{solver_text}\nmax_iter: {iterations + 10}", seed=1) as solver:
            solver.step(10)
            parts: dict[str, list[float]] = {"data": [], "forward": [], "backward": [], "whole iteration": []}
            net, first = solver.net, solver.net.graph.nodes[0].name
            second = net.graph.nodes[1].name
            for _ in range(iterations):
                marks = [time.perf_counter()]
                net.forward(end=first)
                marks.append(time.perf_counter())
                net.forward(start=second)
                marks.append(time.perf_counter())
                net.gradient()
                marks.append(time.perf_counter())
                solver.step(1)
                marks.append(time.perf_counter())
                for name, begin, end in zip(parts, marks[:-1], marks[1:], strict=True):
                    parts[name].append(end - begin)
    for name, seconds in parts.items():
        print(f"{name:<16} {statistics.median(seconds) * 1e3:7.2f} ms")
    print(f"{64 / statistics.median(parts['whole iteration']):,.0f} images/s")


if __name__ == "__main__":
    main()
