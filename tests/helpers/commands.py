"""Small definitions for tests of commands, and how they are run."""

from __future__ import annotations

from collections.abc import Callable

from click.testing import Result

Run = Callable[..., Result]
"""`run("shapes", "net.prototxt", stdin=...)`: what `tests/cli/conftest.py` gives."""

SMALL = """\
name: "small"
layer {
  name: "data"
  type: "DummyData"
  top: "data"
  top: "label"
  dummy_data_param {
    shape { dim: 4 dim: 3 dim: 6 dim: 6 }
    shape { dim: 4 }
    data_filler { type: "gaussian" std: 1 }
    data_filler { type: "constant" value: 2 }
  }
}
layer {
  name: "fc"
  type: "InnerProduct"
  bottom: "data"
  top: "fc"
  inner_product_param {
    num_output: 5
    weight_filler { type: "xavier" }
  }
}
layer {
  name: "accuracy"
  type: "Accuracy"
  bottom: "fc"
  bottom: "label"
  top: "accuracy"
  include { phase: TEST }
}
layer {
  name: "loss"
  type: "SoftmaxWithLoss"
  bottom: "fc"
  bottom: "label"
  top: "loss"
}
"""

SOLVER = """\
net: "small.prototxt"
test_iter: 2
test_interval: 5
base_lr: 0.01
lr_policy: "fixed"
max_iter: 10
display: 5
snapshot_prefix: "small"
random_seed: 3
"""

LMDB_NET = """\
name: "digits"
layer {
  name: "digits"
  type: "Data"
  top: "data"
  top: "label"
  data_param { source: "digits_lmdb" batch_size: 4 backend: LMDB }
}
layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc" inner_product_param { num_output: 10 } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc" bottom: "label" top: "loss" }
"""
