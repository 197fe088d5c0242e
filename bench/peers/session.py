"""A worker seen from the process that measures."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

from bench.peers.engine import Job, NotAvailable, Result

ROOT = Path(__file__).resolve().parents[2]
UNSET = ("OPENBLAS_CORETYPE", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_WAIT_POLICY")
"""Variables of the environment that would change what is measured; workers do not see them."""


class Failed(Exception):  # noqa: N818
    """A worker came to an end that it should not; the text says what it told."""


class Session:
    """Starts the worker of `job`; `start` returns once it is warm."""

    def __init__(self, job: Job) -> None:
        self.job = job
        environment = {name: value for name, value in os.environ.items() if name not in UNSET}
        environment |= {"NETCC_THREADS": str(job.threads), "OMP_NUM_THREADS": str(job.threads)}
        if job.sleep:
            environment["OMP_WAIT_POLICY"] = "PASSIVE"
        command = [sys.executable, "-W", "ignore", "-m", "bench.peers.worker", json.dumps(job.as_json())]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def start(self) -> Result:
        """Waits until the worker is warm, or done with its check; returns the numbers to compare."""
        result = Result({})
        if self.job.check or not self.job.training:
            result = Result(**self._answer()["result"])
        if not self.job.check:
            self._answer()
        return result

    def turn(self, seconds: float) -> list[float]:
        """Seconds of each step of a turn that lasts for `seconds`."""
        times: list[float] = self._ask(seconds)["times"]
        return times

    def memory(self) -> dict[str, int]:
        """Ends the worker; returns the most memory that it took in all, and after its setup."""
        found = self._ask(0)
        self.process.wait()
        return {"peak": found["peak"], "steady": found["steady"]}

    def _ask(self, seconds: float) -> dict[str, Any]:
        assert self.process.stdin is not None
        print(json.dumps({"seconds": seconds}), file=self.process.stdin, flush=True)
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise Failed(f"the worker ended with status {self.process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        if "missing" in answer:
            raise NotAvailable(answer["missing"])
        if "failed" in answer:
            raise Failed(answer["failed"])
        return answer

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *trace: object) -> None:
        self.close()
