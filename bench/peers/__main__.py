"""netcc beside PyTorch and ONNX Runtime: `python -m bench.peers [--nets lenet,vgg16] [--modes infer,train] ...`.

Every peer runs the same net with the same weights and inputs in a process of its own, on two threads and the same
processors, in turns; outputs, losses and updates are compared. Exit status 1 where they differ by more than 1e-3.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from bench.peers.load import Load
from bench.peers.measure import Measurement, Settings, measure
from bench.peers.nets import CASES
from bench.peers.session import UNSET, Failed
from bench.peers.table import error_lines, geometric_mean, memory_table, missing_lines, ratio, speed_table
from bench.peers.worker import ENGINES
from netcc.report.limits import Limits, measure_limits

MODES = ("infer", "train")
DEFAULTS = {
    "infer": ["netcc", "netcc-fast", "netcc-off", "torch", "torch-cl", "torch-compile", "onnxruntime"],
    "train": ["netcc", "netcc-fast", "netcc-off", "torch", "torch-cl"],
}
"""What is measured unless `--peers` says. torch.compile takes minutes for a training step, so it is left to ask for."""


PERCENT = {"median": 50, "quartile": 25, "least": 0}


def main() -> int:
    choice = read_arguments()
    removed = [name for name in UNSET if os.environ.pop(name, None) is not None]
    pin(choice.threads)
    os.environ["NETCC_THREADS"] = str(choice.threads)  # before netcc reads it
    from bench.peers.statistics import write_batch_statistics

    limits = measure_limits(1.0)
    print(f"{platform.machine()}, {processor()}, {choice.threads} threads; {versions()}")
    print(limits_text(limits))
    if removed:
        print(f"unset for this run: {', '.join(removed)}")
    sleep = choice.waiting == "sleep" or (choice.waiting == "auto" and busy())
    if sleep:
        print("threads that wait for others sleep at once: spinning ones would suffer from other programs here")
    settings = Settings(choice.threads, choice.rounds, choice.turn, PERCENT[choice.statistic], sleep)
    report: dict[str, Any] = {
        "processor": processor(),
        "versions": versions(),
        "threads": choice.threads,
        "waiting_threads": "sleep" if sleep else "spin",
        "flops": limits.flops,
        "bytes_per_second": limits.bytes_per_second,
        "results": [],
        "geometric_means": {},
    }
    status = 0
    with tempfile.TemporaryDirectory() as folder:
        for mode in choice.modes:
            peers = choice.peers or DEFAULTS[mode]
            found: list[Measurement] = []
            for net in choice.nets:
                limits = best_of(limits, measure_limits(0.3))
                path = Path(folder) / f"{net}.npz"
                kept = mode == "infer" and (path.exists() or write_batch_statistics(CASES[net], path))
                try:
                    found.append(measure(net, mode == "train", peers, settings, str(path) if kept else ""))
                except Failed as reason:
                    print(f"failed: {net}, {mode}: {reason}")
                    status = 1
            if found:
                show(found, peers, limits)
                report["flops"], report["bytes_per_second"] = limits.flops, limits.bytes_per_second
                report["results"] += [each.as_json() for each in found]
                report["geometric_means"][mode] = {
                    peer: geometric_mean(ratio(each, peer) for each in found) for peer in peers
                }
            if choice.json:
                choice.json.write_text(json.dumps(report, indent=1) + "\n")
    return status


def show(found: Sequence[Measurement], peers: Sequence[str], limits: Limits) -> None:
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr, flush=True)
    peers = [peer for peer in peers if any(each.peers[peer].times for each in found)]
    print("", limits_text(limits), sep="\n")
    parts = [speed_table(found, peers, limits), memory_table(found, peers), error_lines(found, peers)]
    print("", *parts, *missing_lines(found), sep="\n\n", flush=True)
    if (most := max(each.others for each in found)) > 0.03:
        print(f"\nother programs had up to {most:.0%} of the processors: run it again when the machine is idle")


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.peers", description=__doc__)
    parser.add_argument("--nets", type=names(CASES), default=list(CASES), help="of " + ", ".join(CASES))
    parser.add_argument("--modes", type=names(MODES), default=list(MODES), help="infer, train")
    parser.add_argument("--peers", type=names(ENGINES), help="of " + ", ".join(ENGINES))
    parser.add_argument("--rounds", type=int, default=10, help="turns of every peer (10)")
    parser.add_argument("--turn", type=float, default=0.4, help="seconds of a turn (0.4)")
    parser.add_argument("--statistic", choices=PERCENT, default="median", help="which of all times stands for them")
    text = "threads that wait for others spin as usual, or sleep at once; auto: sleep where the machine is busy"
    parser.add_argument("--waiting", choices=("auto", "spin", "sleep"), default="auto", help=text)
    parser.add_argument("--threads", type=int, default=2, help="threads and processors of every peer (2)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all numbers there")
    parser.add_argument("--quick", action="store_true", help="three short rounds: a first impression")
    choice = parser.parse_args()
    if choice.quick:
        choice.rounds, choice.turn = 3, 0.2
    return choice


def names(known: Any) -> Any:
    def read(text: str) -> list[str]:
        found = text.split(",")
        if wrong := [name for name in found if name not in known]:
            raise argparse.ArgumentTypeError(f"unknown {wrong[0]!r}; known: {', '.join(known)}")
        return found

    return read


def pin(threads: int) -> None:
    """Keeps this process and its workers on as many processors as there are threads."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])


def limits_text(limits: Limits) -> str:
    return f"best float32 product {limits.flops / 1e9:.0f} GFLOP/s, copy {limits.bytes_per_second / 1e9:.0f} GB/s"


def best_of(one: Limits, other: Limits) -> Limits:
    """The higher limits: what else runs on the machine can only lower what is measured."""
    bandwidth = max(one.bytes_per_second, other.bytes_per_second)
    return Limits(max(one.flops, other.flops), bandwidth, one.threads)


def busy() -> bool:
    """Whether other programs take a tenth of the processors or more, seen over a second."""
    load = Load([])
    time.sleep(1)
    return load.others() >= 0.1


def processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else ():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()


def versions() -> str:
    found = []
    for name in ("numpy", "torch", "onnxruntime", "numba"):
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"no {name}")
    return ", ".join(found)


if __name__ == "__main__":
    sys.exit(main())
