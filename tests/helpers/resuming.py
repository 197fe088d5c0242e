"""A run in which everything moves that a resumed run has to find in its place again."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from netcc.data.lmdb_writer import LmdbWriter
from netcc.schema import caffe_pb2

NET = """
name: "restless"
layer {
  name: "data" type: "Data" top: "data" top: "label" include { phase: TRAIN }
  data_param { source: "train_lmdb" batch_size: 4 backend: LMDB rand_skip: 5 }
  transform_param { mirror: true crop_size: 6 scale: 0.01 }
}
layer {
  name: "data" type: "Data" top: "data" top: "label" include { phase: TEST }
  data_param { source: "test_lmdb" batch_size: 3 backend: LMDB }
  transform_param { mirror: true crop_size: 6 scale: 0.01 }
}
layer {
  name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param { num_output: 3 kernel_size: 3 weight_filler { type: "xavier" } }
}
layer { name: "norm" type: "BatchNorm" bottom: "conv" top: "norm" }
layer {
  name: "pool" type: "Pooling" bottom: "norm" top: "pool"
  pooling_param { pool: STOCHASTIC kernel_size: 2 stride: 2 }
}
layer { name: "drop" type: "Dropout" bottom: "pool" top: "drop" include { phase: TRAIN } }
layer { name: "keep" type: "Power" bottom: "pool" top: "drop" include { phase: TEST } }
layer {
  name: "noise" type: "DummyData" top: "noise"
  dummy_data_param { shape { dim: 5 dim: 4 dim: 2 } data_filler { type: "gaussian" } }
}
layer {
  name: "cont" type: "DummyData" top: "cont"
  dummy_data_param { shape { dim: 5 dim: 4 } data_filler { type: "constant" value: 1 } }
}
layer {
  name: "memory" type: "LSTM" bottom: "noise" bottom: "cont" top: "memory"
  recurrent_param { num_output: 2 weight_filler { type: "uniform" min: -0.5 max: 0.5 } }
}
layer {
  name: "recall" type: "InnerProduct" bottom: "memory" top: "recall"
  inner_product_param { num_output: 1 axis: 2 weight_filler { type: "xavier" } }
}
layer {
  name: "recalled" type: "Reduction" bottom: "recall" top: "recalled" loss_weight: 0.1
  reduction_param { operation: SUMSQ }
}
layer {
  name: "out" type: "InnerProduct" bottom: "drop" top: "out"
  inner_product_param { num_output: 10 weight_filler { type: "xavier" } }
}
layer { name: "accuracy" type: "Accuracy" bottom: "out" bottom: "label" top: "accuracy" include { phase: TEST } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "out" bottom: "label" top: "loss" }
"""

SOLVER = """
net: "net.prototxt"
test_iter: 2
test_interval: 4
test_iter: 1
type: "Adam"
momentum: 0.9
base_lr: 0.01
lr_policy: "plateau"
gamma: 0.5
plateau_winsize: 2
plateau_winsize: 3
iter_size: 2
average_loss: 3
display: 1
max_iter: 12
snapshot_prefix: "run"
random_seed: 5
"""


def prepare(folder: Path, solver: str = SOLVER) -> None:
    """`net.prototxt`, `solver.prototxt` and two small databases in `folder`."""
    (folder / "net.prototxt").write_text(NET)
    (folder / "solver.prototxt").write_text(solver)
    random = np.random.default_rng(7)
    for name, number in (("train_lmdb", 11), ("test_lmdb", 7)):
        with LmdbWriter(folder / name) as database:
            for index in range(number):
                image = random.integers(0, 256, (1, 8, 8), np.uint8).tobytes()
                record = caffe_pb2.Datum(channels=1, height=8, width=8, data=image, label=index % 10)
                database.put(f"{index:08}".encode(), record.SerializeToString())
