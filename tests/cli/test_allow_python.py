"""Layers of type Python run on the command line only with --allow-python, on every way into a net."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from helpers.commands import SMALL, SOLVER, Run

from netcc.cli.resuming import resume_command
from netcc.cli.training import Order
from netcc.layers.python_objects import allow_python, objects_in_use
from netcc.schema.bind import load_solver

NET = SMALL.replace(
    'layer {\n  name: "accuracy"',
    'layer { name: "weigh" type: "Python" bottom: "fc" top: "fc"\n'
    '  python_param { module: "helpers.python_layers" layer: "Weighted" } }\nlayer {\n  name: "accuracy"',
)
PUBLISHED = """
import caffe

class Fours(caffe.Layer):
    def setup(self, bottom, top):
        pass
    def reshape(self, bottom, top):
        top[0].reshape(4, 4)
    def forward(self, bottom, top):
        top[0].data[...] = 4
    def backward(self, top, propagate_down, bottom):
        pass
"""
WHERE = "small.prototxt:25:18: error: "
WHAT = "a Python layer runs code of module 'helpers.python_layers', which is not allowed here"

COMMANDS = [
    ("shapes", "small.prototxt"),
    ("dump", "small.prototxt"),
    ("plan", "small.prototxt"),
    ("check", "small.prototxt"),
    ("train", "solver.prototxt", "--out", "out", "--max-iter", "1"),
]


@pytest.fixture
def net(place: Path) -> Path:
    (place / "small.prototxt").write_text(NET)
    (place / "solver.prototxt").write_text(SOLVER)
    return place / "small.prototxt"


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_commands_refuse(command: tuple[str, ...], run: Run, net: Path) -> None:
    shown = run(*command)
    assert shown.exit_code == 1
    assert f"{WHERE}{WHAT}\n" in shown.stderr
    assert "--allow-python on the command line" in shown.stderr
    assert not Path("out", "small_iter_1.caffemodel").exists()


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_commands_run_where_it_is_allowed(command: tuple[str, ...], run: Run, net: Path) -> None:
    shown = run(*command, "--allow-python")
    assert shown.exit_code == 0, shown.stderr
    assert objects_in_use() is None


def test_trained_weights_are_tested(run: Run, net: Path) -> None:
    assert run("train", "solver.prototxt", "--out", "out", "--max-iter", "1", "--allow-python").exit_code == 0
    model = "out/small_iter_1.caffemodel"
    assert run("test", "small.prototxt", "--weights", model, "--iterations", "1").exit_code == 1
    shown = run("test", "small.prototxt", "--weights", model, "--iterations", "1", "--allow-python", "--json")
    assert json.loads(shown.stdout)["loss"] > 0


def test_the_command_to_go_on_allows_what_was_allowed() -> None:
    order = Order(load_solver('base_lr: 1 lr_policy: "fixed"\n'))
    state = Path("small_iter_1.solverstate")
    expected = f"netcc train solver.prototxt --snapshot {state}"
    assert resume_command(("solver.prototxt",), order, state) == expected
    with allow_python():
        assert resume_command(("solver.prototxt",), order, state) == f"{expected} --allow-python"


def test_modules_find_netcc_as_caffe(
    run: Run, place: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """A data layer as it is published, by its own `import caffe`."""
    Path("published_data.py").write_text(PUBLISHED)
    monkeypatch.syspath_prepend(".")
    request.addfinalizer(lambda: sys.modules.pop("published_data", None))
    for name in [name for name in sys.modules if name == "caffe" or name.startswith("caffe.")]:
        monkeypatch.delitem(sys.modules, name)
    Path("net.prototxt").write_text(
        'layer { name: "d" type: "Python" top: "x" python_param { module: "published_data" layer: "Fours" } }'
    )
    shown = run("shapes", "net.prototxt", "--allow-python", "--json")
    assert shown.exit_code == 0, shown.stderr
    assert json.loads(shown.stdout)["layers"][0]["tops"] == [{"name": "x", "shape": [4, 4]}]
    assert "caffe" not in sys.modules
