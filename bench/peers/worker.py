"""The process of one peer: `python -m bench.peers.worker JOB`, commands and answers as lines of JSON.

It works only while it was told to: between its turns all its threads wait.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any, TextIO

from bench.peers.engine import Engine, Job, NotAvailable

ENGINES = {
    "netcc": "bench.peers.engine_netcc",
    "netcc-fast": "bench.peers.engine_netcc",
    "netcc-off": "bench.peers.engine_netcc",
    "netcc-low": "bench.peers.engine_netcc",
    "torch": "bench.peers.engine_torch",
    "torch-cl": "bench.peers.engine_torch",
    "torch-compile": "bench.peers.engine_torch",
    "onnxruntime": "bench.peers.engine_onnx",
}
WARM_UP = 2


def main() -> None:
    job = Job(**json.loads(sys.argv[1]))
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is no answer
    if job.peer in ("netcc", "netcc-off", "netcc-low"):
        sys.modules["numba"] = None  # type: ignore[assignment]  # as if it were not installed
    try:
        if job.peer == "netcc-fast":
            importlib.import_module("numba")  # missing is missing; and its size is that of an import, as for the others
        module = importlib.import_module(ENGINES[job.peer])
        before = peak_bytes()
        engine = module.make(job)
        if job.check or not job.training:
            tell(answers, result=engine.result().as_json())
        if not job.check:
            for _ in range(WARM_UP):
                engine.step()
            serve(engine, answers, before)
    except (ImportError, NotAvailable) as reason:
        tell(answers, missing=str(reason))
    except Exception as error:
        tell(answers, failed=f"{type(error).__name__}: {error}")
        raise


def serve(engine: Engine, answers: TextIO, before: int) -> None:
    """Answers `seconds` with the times of the steps of a turn, and an empty line with the memory that it took."""
    peak = peak_bytes() - before
    forget_peak()
    tell(answers, ready=True)
    last = 0.0
    for line in sys.stdin:
        seconds = json.loads(line)["seconds"]
        if not seconds:
            break
        if last < seconds:
            engine.step()  # the caches are cold, threads asleep
        times = []
        end = time.perf_counter() + seconds
        while not times or time.perf_counter() < end:
            begin = time.perf_counter()
            engine.step()
            times.append(time.perf_counter() - begin)
        last = times[-1]
        tell(answers, times=times)
    tell(answers, peak=peak, steady=peak_bytes() - before)


def tell(answers: TextIO, **what: Any) -> None:
    print(json.dumps(what), file=answers, flush=True)


def peak_bytes() -> int:
    """The most memory that this process ever had, or had since `forget_peak`."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return 1024 * int(line.split()[1])
    return 0


def forget_peak() -> None:
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        print("the peak of memory cannot be reset here: steady memory includes the setup", file=sys.stderr)


if __name__ == "__main__":
    main()
