"""How long `netcc shapes` takes from a cold start, beside Python that imports NumPy: `python bench/cold_start.py`.

Target: under 0.5 s for LeNet on a machine of two cores. Runs are interleaved; wall and processor time, medians.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROUNDS = 9
NET = Path(__file__).resolve().parents[1] / "zoo" / "lenet" / "deploy.prototxt"
COMMANDS = {
    "python, nothing": [sys.executable, "-c", "pass"],
    "python, import numpy": [sys.executable, "-c", "import numpy"],
    "netcc --version": [sys.executable, "-m", "netcc", "--version"],
    "netcc shapes LeNet": [sys.executable, "-m", "netcc", "shapes", str(NET)],
    "netcc check LeNet": [sys.executable, "-m", "netcc", "check", str(NET)],
}


def run(command: list[str]) -> tuple[float, float]:
    """Wall and processor seconds of one run, bytecode cached as in an installed package."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True, env=environment)
    wall = time.perf_counter() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in COMMANDS}
    for round_number in range(ROUNDS + 1):
        for name, command in COMMANDS.items():
            taken = run(command)
            if round_number:
                seconds[name].append(taken)
    print(f"{'medians of ' + str(ROUNDS) + ' runs':<24} {'wall':>8} {'cpu':>8}")
    for name, taken in seconds.items():
        wall, cpu = (statistics.median(column) for column in zip(*taken, strict=True))
        print(f"{name:<24} {wall:7.2f}s {cpu:7.2f}s")


if __name__ == "__main__":
    main()
