"""`netcc plan`."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from helpers.commands import Run

SMALL = """
name: "small"
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 4 dim: 8 } } }
layer { name: "y" type: "Input" top: "y" input_param { shape { dim: 4 } } include { phase: TRAIN } }
layer { name: "a" type: "InnerProduct" bottom: "x" top: "a" inner_product_param { num_output: 256 } }
layer { name: "b" type: "InnerProduct" bottom: "a" top: "b" inner_product_param { num_output: 16 } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "b" bottom: "y" top: "loss" include { phase: TRAIN } }
"""

TIMELINE = """\
small, TEST: buffers 3, steps 3

buffer  role  offset     size  steps 0 to 2
───────────────────────────────────────────
x       held       0    128 B  ███
b       held     128    256 B  ███
a       data     384  4.0 KiB   ██
───────────────────────────────────────────
alive                          ▁██

one arena of 4.4 KiB; each buffer on its own 4.4 KiB: 0 B saved (0%)
lower bound of the lifetimes: 4.4 KiB, at 'forward a'; the arena is 1.00 times that
parameters and their gradients: 25.1 KiB more
"""


def test_uses(run: Run) -> None:
    shown = run("plan", "-", stdin=SMALL).stdout
    assert [line.split("  ")[0] for line in shown.splitlines()[2:]] == [
        "training",
        "training, memory low",
        "training, every blob readable",
        "inference",
        "inference, memory low",
        "inference, every blob readable",
    ]
    found = json.loads(run("plan", "-", "--json", stdin=SMALL).stdout)
    assert list(found) == [line.split("  ")[0] for line in shown.splitlines()[2:]]
    assert found["inference"]["buffer_bytes"] < found["training"]["buffer_bytes"]
    assert all(row["total_bytes"] == row["parameter_bytes"] + row["buffer_bytes"] for row in found.values())


def test_timeline(run: Run) -> None:
    assert run("plan", "-", "--memory", "--phase", "test", stdin=SMALL).stdout == TIMELINE


def test_a_net_with_a_loss_is_planned_for_training(run: Run) -> None:
    found = json.loads(run("plan", "-", "--memory", "--json", stdin=SMALL).stdout)
    assert (found["phase"], found["forward_steps"], len(found["steps"])) == ("TRAIN", 5, 5 + 3)
    kept = json.loads(run("plan", "-", "--memory", "--json", "--keep-all", stdin=SMALL).stdout)
    assert kept["arena_bytes"] > found["arena_bytes"]


def test_memory_low_is_shown_beside_fast(run: Run) -> None:
    net = ("zoo:mobilenet_v1/train", "--input", "data=2,3,224,224")
    shown = run("plan", *net, "--memory", "low").stdout.splitlines()
    assert re.fullmatch(r"memory low: the arena of the plan for speed is \d\d\.\d MiB", shown[-5])
    assert re.fullmatch(r"computed again for the backward pass: 2\d layers, \d\d\.\d MiB of blobs", shown[-4])
    found = json.loads(run("plan", "--memory=low", *net, "--json").stdout)
    assert {"conv2/dw/bn", "conv2/sep/bn"} <= set(found["computed_again"])
    assert found["arena_bytes"] < 0.7 * found["fast_arena_bytes"]
    assert found["computed_again_bytes"] > found["fast_arena_bytes"] - found["arena_bytes"]
    assert "fast_arena_bytes" not in json.loads(run("plan", *net, "--memory", "--json").stdout)


@pytest.mark.parametrize("alone", [("--memory", "-"), ("-", "--memory")])
def test_memory_needs_no_word(run: Run, alone: tuple[str, ...]) -> None:
    assert run("plan", *alone, "--phase", "test", stdin=SMALL).stdout == TIMELINE


def test_another_use_of_memory_is_refused(run: Run) -> None:
    done = run("plan", "-", "--memory=much", stdin=SMALL)
    assert done.exit_code == 2
    assert "'much' is not one of 'fast', 'low'" in done.stderr


def test_small_buffers_are_told_together(run: Run) -> None:
    shown = run("plan", "zoo:squeezenet_1_1", "--memory").stdout
    every = run("plan", "zoo:squeezenet_1_1", "--memory", "--all").stdout
    assert " smaller)" in shown
    assert " smaller)" not in every
    assert len(every.splitlines()) > len(shown.splitlines()) + 30
    assert shown.splitlines()[-3:] == every.splitlines()[-3:]


@pytest.mark.parametrize(("name", "start"), [("m.png", b"\x89PNG"), ("m.svg", b"<?xml")])
def test_picture(run: Run, place: Path, name: str, start: bytes) -> None:
    done = run("plan", "-", "--memory", "-o", name, stdin=SMALL)
    assert done.stdout.endswith(f"wrote {name}\n")
    assert (place / name).read_bytes().startswith(start)


def test_a_picture_is_of_the_timeline(run: Run) -> None:
    done = run("plan", "-", "-o", "m.png", stdin=SMALL)
    assert done.exit_code == 2
    assert done.stderr == "error: --all and -o go with --memory, --keep-all with --memory or --kernels\n"


CONVOLUTION = """
name: "two"
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 64 dim: 30 dim: 30 } } }
layer { name: "a" type: "Convolution" bottom: "x" top: "a"
  convolution_param { num_output: 64 kernel_size: 3 pad: 1 } }
layer { name: "r" type: "ReLU" bottom: "a" top: "a" }
"""


def test_kernels(run: Run) -> None:
    shown = run("plan", "-", "--kernels", "--phase", "test", stdin=CONVOLUTION).stdout.splitlines()
    assert shown[0].split("  ")[0] == "layers"
    assert [line.split()[0] for line in shown[2:]] == ["x", "x", "a", "r"]
    assert "(order of memory)" in shown[3]
    found = json.loads(run("plan", "-", "--kernels", "--json", "--phase", "test", stdin=CONVOLUTION).stdout)
    assert (found[-1]["layers"], found[-1]["types"]) == (["a", "r"], ["Convolution", "ReLU"])
    assert found[-1]["layout"] == "channels last"
    assert found[-1]["kernel"].startswith("Winograd")
    exact = run("plan", "-", "--kernels", "--json", "--exact", "--phase", "test", stdin=CONVOLUTION)
    assert json.loads(exact.stdout)[-1]["kernel"] == "im2col"
    apart = run("plan", "-", "--kernels", "--json", "--keep-all", "--phase", "test", stdin=CONVOLUTION)
    assert json.loads(apart.stdout)[-1]["layers"] == ["a", "r"], "the blob is written over by its author"


def test_kernels_that_run_once(run: Run) -> None:
    net = """
layer { name: "p" type: "Parameter" top: "p" parameter_param { shape { dim: 2 } } }
layer { name: "t" type: "TanH" bottom: "p" top: "t" }
layer { name: "u" type: "TanH" bottom: "t" top: "u" }
"""
    shown = run("plan", "-", "--kernels", "--phase", "test", stdin=net).stdout
    assert [line.split()[2:] for line in shown.splitlines()[2:]] == [
        ["layer,", "once", "1"],
        ["layer,", "once", "1"],
        ["layer", "1"],
    ]
