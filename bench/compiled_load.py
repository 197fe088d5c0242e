"""How long a compiled net takes to load, beside its prototxt and caffemodel: `python bench/compiled_load.py [NET...]`.

From nothing in memory to a net that answers its first call is what a service waits for; `ready` is up to the call. Each
runs in a process of its own, files warm in the cache, medians; imports are counted, as a cold start has them.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import netcc

ROUNDS = 5

PARSING = """
import time; begin = time.perf_counter()
import sys, numpy, netcc
net = netcc.Net(sys.argv[1], netcc.TEST, sys.argv[2], keep_all=False, gradients=False)
ready = time.perf_counter()
net.forward(**{name: numpy.zeros(net.blobs[name].shape, numpy.float32) for name in net.inputs})
print(ready - begin, time.perf_counter() - begin)
"""

LOADING = """
import time; begin = time.perf_counter()
import sys, numpy, netcc
net = netcc.load(sys.argv[1], verify=sys.argv[2] == "verify")
ready = time.perf_counter()
net(**{name: numpy.zeros(shape, numpy.float32) for name, shape in net.inputs.items()})
print(ready - begin, time.perf_counter() - begin)
"""


def seconds(code: str, *arguments: str) -> tuple[float, float]:
    """Until the net is ready, and until it has answered."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True, env=environment
    )
    ready, answered = map(float, done.stdout.split())
    return ready, answered


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("nets", nargs="*", default=["lenet", "resnet50", "resnet152", "vgg16"])
    print(f"{'':<12} {'file':>9}   {'parsing':>16}   {'compiled':>16}   {'not verified':>16}")
    print(f"{'net':<12} {'MiB':>9}" + f"   {'ready':>7}  {'answer':>7}" * 3)
    with tempfile.TemporaryDirectory() as folder:
        for name in parser.parse_args().nets:
            weights, compiled = Path(folder, f"{name}.caffemodel"), Path(folder, f"{name}.netcc")
            with netcc.Net(f"zoo:{name}", netcc.TEST, seed=1, gradients=False) as net:
                net.save(weights)
            netcc.compile(f"zoo:{name}", weights).save(compiled)
            ways = [
                (PARSING, f"zoo:{name}", str(weights)),
                (LOADING, str(compiled), "verify"),
                (LOADING, str(compiled), "trust"),
            ]
            runs = [[seconds(*way) for way in ways] for _ in range(ROUNDS)]
            medians = [
                [statistics.median(column) for column in zip(*way, strict=True)] for way in zip(*runs, strict=True)
            ]
            cells = "".join(f"   {ready:6.2f}s  {answer:6.2f}s" for ready, answer in medians)
            print(f"{name:<12} {compiled.stat().st_size / 2**20:9.1f}{cells}", flush=True)
            weights.unlink()
            compiled.unlink()


if __name__ == "__main__":
    main()
