"""What docs/adding_a_layer.md says works: its package, its net, its checks."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "adding_a_layer.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
MODULE, CHECK = (body for language, body in BLOCKS if language == "python")
(PROJECT,) = (body for language, body in BLOCKS if language == "toml")
(LAYER,) = (body for language, body in BLOCKS if not language)

DATA = 'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 2 dim: 3 } } }\n'


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A folder as pip would leave it when the package of the page is installed into it."""
    (tmp_path / "gain_layers.py").write_text(MODULE)
    (tmp_path / "test_gain.py").write_text(CHECK)
    (tmp_path / "net.prototxt").write_text(DATA + LAYER)
    announce(tmp_path, "gain-layers", tomllib.loads(PROJECT)["project"]["entry-points"])
    return tmp_path


def announce(folder: Path, name: str, groups: dict[str, dict[str, str]]) -> None:
    info = folder / f"{name.replace('-', '_')}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    lines = [
        line
        for group, entries in groups.items()
        for line in [f"[{group}]", *(f"{k} = {v}" for k, v in entries.items())]
    ]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n")


def python(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)])}
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_a_net_may_use_the_layer(package: Path) -> None:
    done = python(package, "-m", "netcc", "shapes", "net.prototxt")
    assert (done.returncode, done.stderr) == (0, "")
    assert "gain   Gain   gain 2x3" in done.stdout


def test_its_parameters_are_read_and_written(package: Path) -> None:
    code = (
        "import netcc, numpy\n"
        "net = netcc.Net('net.prototxt', netcc.TRAIN)\n"
        "print(net.forward(data=numpy.ones((2, 3)))['gain'][0])\n"
        "net.save('net.caffemodel')\n"
        "from netcc.schema import caffe_pb2\n"
        "from gain_layers import GAIN\n"
        "saved = caffe_pb2.NetParameter.FromString(open('net.caffemodel', 'rb').read())\n"
        "print(GAIN.read(saved.layer[1]).factor)\n"
    )
    done = python(package, "-c", code)
    assert (done.stdout, done.stderr) == ("[2.5 2.5 2.5]\n2.5\n", "")
    dumped = python(package, "-m", "netcc", "dump", "net.prototxt", "--until", "schema")
    assert "gain_param { factor: 2.5 }" in dumped.stdout


def test_faults_in_its_parameters_have_a_place(package: Path) -> None:
    (package / "net.prototxt").write_text(DATA + LAYER.replace("2.5", "much"))
    done = python(package, "-m", "netcc", "shapes", "net.prototxt")
    assert done.returncode == 1
    assert "net.prototxt:7:24: error: 'factor' expects a number, found the name much\n" in done.stderr


def test_the_checks_pass_and_find_what_is_wrong(package: Path) -> None:
    call = "import test_gain; test_gain.test_gain()"
    done = python(package, "-c", call)
    assert (done.returncode, done.stderr) == (0, "")
    (package / "gain_layers.py").write_text(
        MODULE.replace("operands.top_diffs[0], self.factor", "operands.top_diffs[0], 1")
    )
    done = python(package, "-c", call)
    assert "AssertionError" in done.stderr
    assert "diff 0 is no gradient" in done.stderr


def test_the_catalogue_shows_it(package: Path) -> None:
    assert "Gain" in python(package, "-m", "netcc", "layers").stdout
    shown = python(package, "-m", "netcc", "layers", "Gain")
    assert shown.returncode == 0
    assert "y = factor * x." in shown.stdout
    assert "gain_param" in shown.stdout


def test_a_package_that_fails_is_warned_of_and_left_out(package: Path) -> None:
    (package / "broken_layers.py").write_text("import does_not_exist\n")
    announce(package, "broken-layers", {"netcc.layers": {"broken": "broken_layers"}})
    done = python(package, "-m", "netcc", "shapes", "net.prototxt")
    assert done.returncode == 0
    assert done.stderr == (
        "warning: the package 'broken_layers', which announces layers, cannot be imported\n"
        "  its layers are left out: ModuleNotFoundError: No module named 'does_not_exist'\n"
    )


def test_packages_are_not_looked_for_where_no_layer_needs_them(package: Path) -> None:
    (package / "gain_layers.py").write_text("raise SystemExit('imported')\n")
    (package / "net.prototxt").write_text(DATA)
    done = python(package, "-m", "netcc", "shapes", "net.prototxt")
    assert (done.returncode, done.stderr) == (0, "")
