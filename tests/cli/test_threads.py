"""One seed gives the same bytes, however many threads work and however many batches are read ahead."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from helpers.resuming import prepare

NET = """
name: "wide"
layer {
  name: "data" type: "Data" top: "data" top: "label"
  data_param { source: "train_lmdb" batch_size: 13 backend: LMDB }
  transform_param { mirror: true scale: 0.01 }
}
layer {
  name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param { num_output: 24 kernel_size: 5 pad: 2 weight_filler { type: "xavier" } }
}
layer { name: "pool" type: "Pooling" bottom: "conv" top: "pool" pooling_param { kernel_size: 3 stride: 2 } }
layer {
  name: "conv2" type: "Convolution" bottom: "pool" top: "conv2"
  convolution_param { num_output: 32 kernel_size: 3 pad: 1 weight_filler { type: "xavier" } }
}
layer { name: "relu" type: "ReLU" bottom: "conv2" top: "conv2" }
layer { name: "drop" type: "Dropout" bottom: "conv2" top: "conv2" }
layer {
  name: "out" type: "InnerProduct" bottom: "conv2" top: "out"
  inner_product_param { num_output: 64 weight_filler { type: "xavier" } }
}
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "out" bottom: "label" top: "loss" }
"""

SOLVER = """
net: "net.prototxt" base_lr: 0.01 momentum: 0.9 lr_policy: "fixed" max_iter: 8 display: 1 clip_gradients: 5
snapshot_prefix: "wide" random_seed: 3
"""

TRAIN = """
import sys
import netcc.plan.slices as slices
slices.processors = lambda: 4  # batches are cut in four on any machine
from netcc.cli import main
from netcc.plan.plan import LayerStep
from netcc.runtime.net import Net
from netcc.runtime.threads import thread_count
net = Net("net.prototxt", 0)
cut = [step.node.name for step in net.plan.forward if isinstance(step, LayerStep) and len(step.parts) == 4]
print(thread_count(), *cut, flush=True)
net.close()
main(["train", "solver.prototxt", "-q", "--out", sys.argv[1]])
"""


def trained(folder: Path, name: str, **variables: str) -> tuple[str, list[bytes]]:
    """What the run says, and the weights and losses that it leaves."""
    done = subprocess.run(
        [sys.executable, "-c", TRAIN, name],
        cwd=folder,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    losses = [
        line.partition("] ")[2] for line in (folder / name / "wide.log").read_text().splitlines() if "Train" in line
    ]
    return done.stdout, [(folder / name / "wide_iter_8.caffemodel").read_bytes(), "\n".join(losses).encode()]


def test_one_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    prepare(tmp_path)
    (tmp_path / "net.prototxt").write_text(NET)
    (tmp_path / "solver.prototxt").write_text(SOLVER)
    said, expected = trained(tmp_path, "1", NETCC_THREADS="1", OPENBLAS_NUM_THREADS="1")
    assert said == "1 conv conv2\n", "the batches of both convolutions are cut in four"
    assert len(expected[1]) > 100
    for threads, batches in (("2", "3"), ("3", "7"), ("4", "0")):
        variables = {"NETCC_THREADS": threads, "OPENBLAS_NUM_THREADS": threads, "NETCC_PREFETCH": batches}
        said, found = trained(tmp_path, threads, **variables)
        assert said == f"{threads} conv conv2\n"
        assert found == expected
