"""`netcc shapes --keep-going`: the rest of a net with layers that netcc does not know."""

from __future__ import annotations

import json

from helpers.commands import Run

NET = """\
name: "partial"
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 dim: 3 dim: 8 dim: 8 } } }
layer { name: "mystery" type: "Mystery" bottom: "x" top: "m" mystery_param { depth: 3 } }
layer { name: "fc" type: "InnerProduct" bottom: "m" top: "fc" inner_product_param { num_output: 5 } }
layer { name: "pool" type: "Pooling" bottom: "x" top: "pool" pooling_param { kernel_size: 2 stride: 2 } }
"""

TABLE = """\
partial, TRAIN: 4 layers, 2 of unknown shape; totals are of what is known

layer    type          tops          parameters  count  MACs  memory
────────────────────────────────────────────────────────────────────
x        Input         x 1x3x8x8                               768 B
mystery  Mystery       m ?                                 ?
fc       InnerProduct  fc ?                                ?
pool     Pooling       pool 1x3x4x4                            192 B
────────────────────────────────────────────────────────────────────
total                                                0     0   960 B
"""


def test_the_rest_is_shown(run: Run) -> None:
    shown = run("shapes", "-", "--keep-going", stdin=NET)
    assert (shown.exit_code, shown.stdout) == (1, TABLE)
    assert "<stdin>:3:25: error: unknown layer type 'Mystery'\n" in shown.stderr
    assert "<stdin>:3:62: warning: 'layer' has no field 'mystery_param'\n" in shown.stderr
    assert "Traceback" not in shown.stderr


def test_shapes_of_unknown_layers_may_be_given(run: Run) -> None:
    shown = run("shapes", "-", "--keep-going", "--input", "m=1x7", stdin=NET)
    assert "weights 5x7" in shown.stdout


def test_json_has_null_for_what_is_not_known(run: Run) -> None:
    shown = run("shapes", "-", "--keep-going", "--json", stdin=NET)
    layers = {layer["name"]: layer for layer in json.loads(shown.stdout)["layers"]}
    assert layers["fc"]["tops"] == [{"name": "fc", "shape": None}]
    assert layers["fc"]["macs"] is None
    assert layers["pool"]["tops"] == [{"name": "pool", "shape": [1, 3, 4, 4]}]


def test_without_faults_all_is_well(run: Run) -> None:
    net = "\n".join(line for line in NET.splitlines() if "mystery" not in line).replace('"m"', '"x"')
    assert run("shapes", "-", "--keep-going", stdin=net).exit_code == 0
