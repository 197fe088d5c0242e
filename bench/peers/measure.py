"""One net in one mode: every peer in its turn, round after round, and their numbers beside netcc's."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from bench.peers.engine import Job, NotAvailable, Result
from bench.peers.load import Load
from bench.peers.nets import CASES, inference_net, operations, shaped, training_net
from bench.peers.session import Failed, Session

PAUSE = 0.05
"""Seconds between turns, in which threads that still spin fall asleep."""

LARGEST_ERROR = 1e-3
"""How far a peer's outputs, or its loss, may be from netcc's, as a part of the largest of them."""

LARGEST_UPDATE_ERROR = 0.2
"""The same for the first update of a parameter, as a part of its norm.

It is wide because a number near the edge of a ReLU, or of two equal under a pooling window, sends its whole gradient
elsewhere after the last digit has changed: PyTorch in its two layouts is up to 5 % from itself in deep nets.
"""


@dataclass(frozen=True)
class Settings:
    """`rounds` turns of `turn` seconds for each peer, on `threads` threads; `percent` as in Measurement, `sleep` as in
    Job."""

    threads: int
    rounds: int
    turn: float
    percent: float
    sleep: bool


@dataclass
class PeerTimes:
    """Seconds of every step of a peer, the memory it took, how far its numbers are from those of the reference."""

    times: list[float] = field(default_factory=list)
    memory: dict[str, int] = field(default_factory=dict)
    error: float | None = None
    update_error: float | None = None
    missing: str = ""

    def seconds(self, percent: float) -> float:
        """The time that `percent` of the steps stay below."""
        return float(np.percentile(self.times, percent))


@dataclass(frozen=True)
class Measurement:
    """What was found about one net in one mode; `flop` are the operations of a step.

    `percent` says which of the times of a step stands for all: 50 for the median. `others` is the share of the
    processors that programs beside this one had meanwhile.
    """

    net: str
    training: bool
    flop: int
    parameter_bytes: int
    peers: dict[str, PeerTimes]
    percent: float
    others: float

    def seconds(self, peer: str) -> float | None:
        found = self.peers.get(peer)
        return found.seconds(self.percent) if found and found.times else None

    def as_json(self) -> dict[str, Any]:
        case = CASES[self.net]
        return {
            "net": self.net,
            "batch": case.batch,
            "mode": "train" if self.training else "infer",
            "flop": self.flop,
            "parameter_bytes": self.parameter_bytes,
            "used_by_others": self.others,
            "peers": {name: _peer_json(peer) for name, peer in self.peers.items()},
        }


def _peer_json(peer: PeerTimes) -> dict[str, Any]:
    if peer.missing:
        return {"missing": peer.missing}
    least, low, middle, high = np.percentile(peer.times, (0, 25, 50, 75)).tolist()
    return {
        "median_seconds": middle,
        "quartiles_seconds": [low, high],
        "least_seconds": least,
        "steps": len(peer.times),
        "largest_error": peer.error,
        "largest_update_error": peer.update_error,
        "memory_bytes": peer.memory,
    }


def measure(net: str, training: bool, peers: Sequence[str], settings: Settings, statistics_file: str) -> Measurement:
    """All peers that can run, interleaved: Raises Failed."""
    graph = shaped(training_net(CASES[net]) if training else inference_net(CASES[net]), CASES[net], training=training)
    found = {peer: PeerTimes() for peer in peers}
    results: dict[str, Result] = {}
    where = f"{net}, {'training' if training else 'inference'}"
    with ExitStack() as stack:
        sessions = {}
        for peer in peers:
            say(f"{where}: {peer} gets ready")
            job = Job(net, training, peer, settings.threads, statistics_file, sleep=settings.sleep)
            try:
                if training:
                    with Session(replace(job, check=True)) as check:
                        results[peer] = check.start()
                session = stack.enter_context(Session(job))
                numbers = session.start()
                results.setdefault(peer, numbers)
                sessions[peer] = session
            except NotAvailable as reason:
                found[peer].missing = str(reason)
        if not sessions:
            raise Failed("; ".join(f"{peer}: {times.missing}" for peer, times in found.items()))
        load = Load([session.process.pid for session in sessions.values()])
        for number in range(settings.rounds):
            say(f"{where}: round {number + 1} of {settings.rounds}")
            order = list(sessions)
            for peer in order[number % len(order) :] + order[: number % len(order)]:
                time.sleep(PAUSE)
                found[peer].times += sessions[peer].turn(settings.turn)
        others = load.others()
        for peer, session in sessions.items():
            found[peer].memory = session.memory()
    _compare(results, found, where)
    flop, parameter_bytes = operations(graph, training=training), 4 * graph.parameter_count()
    return Measurement(net, training, flop, parameter_bytes, found, settings.percent, others)


def _compare(results: Mapping[str, Result], found: Mapping[str, PeerTimes], where: str) -> None:
    """Notes how far every peer is from the first one. Raises Failed where that is too far."""
    first, reference = next(iter(results.items()))
    for peer, result in results.items():
        outputs = {name: relative_error(result.outputs[name], reference.outputs[name]) for name in reference.outputs}
        updates = {name: relative_norm(result.updates[name], reference.updates[name]) for name in reference.updates}
        found[peer].error = max(outputs.values())
        found[peer].update_error = max(updates.values(), default=None)
        wrong = [name for name, error in outputs.items() if not error <= LARGEST_ERROR]
        wrong += [name for name, error in updates.items() if not error <= LARGEST_UPDATE_ERROR]
        if wrong:
            error = (outputs | updates)[wrong[0]]
            raise Failed(f"{where}: {wrong[0]} of {peer} is {error:.1e} from that of {first}")


def relative_error(numbers: Sequence[float], expected: Sequence[float]) -> float:
    """The largest difference, as a part of the largest number."""
    one, other = np.asarray(numbers), np.asarray(expected)
    return float(np.max(np.abs(one - other)) / np.max(np.abs(other)))


def relative_norm(numbers: Sequence[float], expected: Sequence[float]) -> float:
    """The norm of the difference, as a part of the norm."""
    one, other = np.asarray(numbers), np.asarray(expected)
    return float(np.linalg.norm(one - other) / np.linalg.norm(other))


def say(text: str) -> None:
    """Progress: one line that the next replaces on a terminal, nothing elsewhere but the beginning of a net."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
    elif "gets ready" in text:
        print(text, file=sys.stderr, flush=True)
