"""A small net and solver to train in tests, as text."""

from __future__ import annotations

NET = """
name: "small"
layer {
  name: "data" type: "DummyData" top: "data" top: "label"
  dummy_data_param {
    shape { dim: 4 dim: 3 } shape { dim: 4 }
    data_filler { type: "gaussian" } data_filler { type: "constant" value: 1 }
  }
}
layer {
  name: "ip" type: "InnerProduct" bottom: "data" top: "ip"
  inner_product_param { num_output: 2 weight_filler { type: "gaussian" } }
}
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss" }
layer { name: "acc" type: "Accuracy" bottom: "ip" bottom: "label" top: "acc" include { phase: TEST } }
"""


def solver_text(more: str = "", net: str = f"net_param {{ {NET} }}") -> str:
    """A solver that names `net`, with fixed rate and seed; `more` are further fields."""
    fixed = 'base_lr: 0.1 lr_policy: "fixed" max_iter: 6'
    seed = "" if "random_seed" in more else "random_seed: 1"
    return f"{net}\n{fixed}\n{seed}\n{more}\n"
