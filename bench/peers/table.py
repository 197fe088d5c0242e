"""The tables of a run: milliseconds and multiples of the best peer, memory, geometric means."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from bench.peers.measure import Measurement
from bench.peers.nets import CASES
from netcc.report.limits import Limits

OTHERS = ("torch", "torch-cl", "torch-compile", "onnxruntime")
"""The peers; everything else that is measured is netcc."""

BASE = "torch"
"""The peer whose memory is the measure."""


def best_peer(found: Measurement) -> float | None:
    """Seconds of the fastest that is not netcc."""
    return min((seconds for peer in OTHERS if (seconds := found.seconds(peer)) is not None), default=None)


def ratio(found: Measurement, peer: str) -> float | None:
    """Time of `peer` as a multiple of the best peer's."""
    seconds, best = found.seconds(peer), best_peer(found)
    return seconds / best if seconds is not None and best is not None else None


def geometric_mean(numbers: Iterable[float | None]) -> float | None:
    known = [number for number in numbers if number is not None]
    return math.exp(sum(map(math.log, known)) / len(known)) if known else None


def speed_table(measurements: Sequence[Measurement], peers: Sequence[str], limits: Limits) -> str:
    """One row a net: the best peer in milliseconds, all others as multiples of it, shares of the limit."""
    others = [peer for peer in peers if peer in OTHERS]
    own = [peer for peer in peers if peer not in OTHERS]
    rows = [["net (batch)", "best ms", *peers, *(f"{peer} ms" for peer in own), "best %", *(f"{p} %" for p in own)]]
    for found in measurements:
        best = best_peer(found)
        case = CASES[found.net]
        rows.append(
            [
                f"{case.name} ({case.batch})",
                _number(best and best * 1e3),
                *(_number(ratio(found, peer)) for peer in peers),
                *(_number((seconds := found.seconds(peer)) and seconds * 1e3) for peer in own),
                *(_share(found, seconds, limits) for seconds in (best, *map(found.seconds, own))),
            ]
        )
    means = [_number(geometric_mean(ratio(found, peer) for found in measurements)) for peer in peers]
    rows.append(["geometric mean", "", *means])
    title = "training step" if measurements[0].training else "inference"
    note = f"multiples of the best of {', '.join(others)}" if others else "no peers"
    return f"{title}: {note}\n\n{aligned(rows)}"


def memory_table(measurements: Sequence[Measurement], peers: Sequence[str]) -> str:
    """One row a net: the most memory of each peer, and what netcc takes as a multiple of PyTorch eager's: of all of it,
    and of what lies beyond the weights (in training also their gradients and momenta), which nobody can save."""
    own = [peer for peer in peers if peer not in OTHERS and BASE in peers]
    header = [f"{peer} {what}" for what in ("all x", "rest x") for peer in own]
    rows = [["net (batch)", "weights MiB", *(f"{peer} MiB" for peer in peers), *header]]
    columns: list[list[float | None]] = [[] for _ in header]
    for found in measurements:
        peaks = {peer: found.peers[peer].memory.get("peak") for peer in peers}
        weights = found.parameter_bytes * (3 if found.training else 1)
        ratios = [_multiple(peaks, peer, taken) for taken in (0, weights) for peer in own]
        for column, number in zip(columns, ratios, strict=True):
            column.append(number)
        rows.append(
            [
                f"{CASES[found.net].name} ({CASES[found.net].batch})",
                _number(found.parameter_bytes / 2**20),
                *(_number(peak and peak / 2**20) for peak in peaks.values()),
                *map(_number, ratios),
            ]
        )
    rows.append(["geometric mean", "", *[""] * len(peers), *(_number(geometric_mean(column)) for column in columns)])
    title = "training" if measurements[0].training else "inference"
    return f"peak memory, {title}, beyond the imports; x: multiples of {BASE}\n\n{aligned(rows)}"


def _multiple(peaks: Mapping[str, int | None], peer: str, taken: int) -> float | None:
    """The peak of `peer` as a multiple of PyTorch eager's, after `taken` bytes of both."""
    own, base = peaks[peer], peaks.get(BASE)
    return max(0.01, (own - taken) / (base - taken)) if own and base and base > taken else None


def error_lines(measurements: Sequence[Measurement], peers: Sequence[str]) -> str:
    """The largest difference between the numbers of each peer and those of the first, over all nets."""
    what = "loss" if measurements[0].training else "outputs"
    lines = [f"largest relative error, {what}: {_errors(measurements, peers, 'error')}"]
    if measurements[0].training:
        lines.append(f"first update, by norm: {_errors(measurements, peers, 'update_error')}")
    return "\n".join(lines)


def _errors(measurements: Sequence[Measurement], peers: Sequence[str], attribute: str) -> str:
    worst = {
        peer: max((getattr(found.peers[peer], attribute) or 0.0 for found in measurements), default=0.0)
        for peer in peers
    }
    return ", ".join(f"{peer} {error:.1e}" for peer, error in worst.items())


def missing_lines(measurements: Sequence[Measurement]) -> list[str]:
    reasons = {(name, peer.missing) for found in measurements for name, peer in found.peers.items()}
    return [f"{peer}: left out, {reason}" for peer, reason in sorted(reasons) if reason]


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Columns of text, numbers to the right."""
    width = max(map(len, rows))
    full = [[*row, *[""] * (width - len(row))] for row in rows]
    widths = [max(len(row[column]) for row in full) for column in range(width)]
    return "\n".join(
        "  ".join(
            cell.rjust(size) if column else cell.ljust(size)
            for column, (cell, size) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in full
    )


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _share(found: Measurement, seconds: float | None, limits: Limits) -> str:
    return "-" if seconds is None else f"{100 * found.flop / seconds / limits.flops:.0f}"
