"""Nets that take more memory than there is."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
from helpers.nets import inner_product, input_layer, layer, plan_of

import netcc.runtime.shortage as shortage
from netcc.errors import MemoryShortageError, NetccWarning
from netcc.runtime.executor import Executor
from netcc.types import TEST

TEXT = 'name: "wide" ' + input_layer("x", 64, 1024) + inner_product("ip", "x", "y", 65536)


def run(free: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shortage, "free_bytes", lambda: free)
    Executor(plan_of(TEXT, TEST, gradients=False), np.random.default_rng(0))


def test_a_machine_that_may_end_the_process_later_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.warns(NetccWarning) as caught:
        run(100 << 20, monkeypatch)
    assert str(caught[0].message) == (
        "warning: net 'wide' (x 64 x 1024) takes 272 MiB of memory, and 100 MiB are free: "
        "the system may end the process\n"
        "  parameters: 256 MiB; blobs, their diffs and what layers note: 16 MiB\n"
        "  largest: ip weights (parameter) 256 MiB, y (data) 16 MiB, x (data) 0 MiB\n"
        "  less memory is taken by: a smaller batch (batch_size, --input); fewer blobs that are kept (keep_all=False)"
    )


def test_what_helps_in_training(monkeypatch: pytest.MonkeyPatch) -> None:
    text = TEXT + input_layer("t", 64, 65536) + layer("loss", "EuclideanLoss", "y t", "loss")
    monkeypatch.setattr(shortage, "free_bytes", lambda: 0)
    for keep_all, helps in (
        (False, ['computing again what is cheap (--memory low, memory="low")']),
        (
            True,
            [
                'computing again what is cheap (--memory low, memory="low")',
                "fewer blobs that are kept (keep_all=False)",
                "no gradients, if they are not wanted (gradients=False)",
            ],
        ),
    ):
        with pytest.warns(NetccWarning) as caught:
            Executor(plan_of(text, keep_all=keep_all), np.random.default_rng(0))
        assert str(caught[0].message).splitlines()[-1].split("; ")[1:] == helps


@pytest.mark.parametrize("free", [300 << 20, None])
def test_enough_is_enough(free: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run(free, monkeypatch)


def test_what_the_caller_brings_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_of(TEXT, TEST, gradients=False)
    given = {parameter: np.zeros(parameter.shape, np.float32) for parameter in plan.parameters}
    monkeypatch.setattr(shortage, "SMALL", 0)
    monkeypatch.setattr(shortage, "free_bytes", lambda: 0)
    with pytest.warns(NetccWarning, match=r"takes 16 MiB of memory, and 0 MiB are free"):
        Executor(plan, np.random.default_rng(0), parameters=given)


def test_what_the_system_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_of(input_layer("x", 2**24, 2**24), TEST)
    with pytest.raises(MemoryShortageError, match="there is not enough memory: the net"):
        Executor(plan, np.random.default_rng(0))


def test_the_limit_of_a_container_counts(tmp_path: Path) -> None:
    assert list(shortage._of_container(tmp_path)) == []
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "memory.current").write_text("1000\n")
    assert list(shortage._of_container(tmp_path)) == []
    (tmp_path / "memory.max").write_text("1500\n")
    assert list(shortage._of_container(tmp_path)) == [500]
