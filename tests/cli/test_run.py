"""`netcc run`: scripts of pycaffe, unchanged."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

SCRIPT = """
import sys
import numpy as np
import caffe
from caffe.proto import caffe_pb2
import neighbour

if __name__ == "__main__":
    caffe.set_mode_cpu()
    net = caffe.Net(sys.argv[1], caffe.TEST)
    net.blobs["data"].data[...] = 1
    print(sys.argv[2:], neighbour.NAME, net.forward()["out"].tolist())
"""

NET = """
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 2 } } }
layer { name: "double" type: "Python" bottom: "data" top: "out" python_param { module: "neighbour" layer: "Double" } }
"""

NEIGHBOUR = """
import caffe

NAME = "beside"


class Double(caffe.Layer):
    def setup(self, bottom, top):
        pass

    def reshape(self, bottom, top):
        top[0].reshape(*bottom[0].shape)

    def forward(self, bottom, top):
        top[0].data[...] = 2 * bottom[0].data
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    scripts = tmp_path / "scripts"
    scripts.mkdir()
    (scripts / "script.py").write_text(SCRIPT)
    (scripts / "neighbour.py").write_text(NEIGHBOUR)
    (tmp_path / "net.prototxt").write_text(NET)
    return tmp_path


def run(place: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
    command = [sys.executable, "-m", "netcc", "run", *arguments]
    return subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, check=False)


def test_a_script_runs_with_its_arguments_neighbours_and_layers(place: Path) -> None:
    done = run(place, "scripts/script.py", "net.prototxt", "--help", "-x", "5")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "['--help', '-x', '5'] beside [2.0, 2.0]\n"


def test_an_error_in_a_script_shows_the_script_alone(place: Path) -> None:
    (place / "fails.py").write_text("import caffe\n\ndef main():\n    return 1 / 0\n\nmain()\n")
    done = run(place, "fails.py")
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert lines[:2] == ["Traceback (most recent call last):", '  File "fails.py", line 6, in <module>']
    assert lines[-1] == "ZeroDivisionError: division by zero"
    assert "netcc" not in done.stderr


@pytest.mark.parametrize(
    ("line", "is_old"),
    [
        ("print 'the name is', name", True),
        ("try: pass\nexcept IOError, error: pass", True),
        ("raise ValueError, 'no'", True),
        ("exec 'x = 1' in {}", True),
        ("if name <> 'a': pass", True),
        ("mode = 0755", True),
        ("print(", False),
        ("def f(x:", False),
    ],
)
def test_a_script_of_python_2_is_told_what_it_is(place: Path, line: str, is_old: bool) -> None:
    (place / "old.py").write_text(f"import caffe\nname = 'a'\n{line}\n")
    done = run(place, "old.py")
    assert done.returncode == 1
    told = "this looks like Python 2, as many scripts of pycaffe are; 2to3 or futurize make Python 3 of it"
    lines = done.stderr.splitlines()
    assert [line for line in lines if line.startswith("SyntaxError: ")]
    assert (lines[-1] == told) == is_old


def test_an_error_of_netcc_in_a_script_has_traceback_and_place(place: Path) -> None:
    (place / "net.prototxt").write_text(NET.replace('"Input"', '"Inputt"'))
    done = run(place, "scripts/script.py", "net.prototxt")
    assert done.returncode == 1
    assert 'File "scripts/script.py", line 10, in <module>' in done.stderr
    assert "net.prototxt:2:" in done.stderr
    assert "error: unknown layer type 'Inputt'" in done.stderr


def test_an_error_in_a_layer_names_the_layer_and_its_line(place: Path) -> None:
    (place / "scripts" / "neighbour.py").write_text(NEIGHBOUR.replace("2 * bottom[0].data", "2 * bottom[1].data"))
    done = run(place, "scripts/script.py", "net.prototxt")
    assert done.returncode == 1
    assert "IndexError: list index out of range" in done.stderr
    assert "neighbour.Double.forward failed: IndexError: list index out of range" in done.stderr
    assert "in layer 'double' (Python)" in done.stderr


@pytest.mark.parametrize(("text", "code", "said"), [("3", 3, ""), ("", 0, ""), ("'no good'", 1, "no good\n")])
def test_a_script_may_exit(place: Path, text: str, code: int, said: str) -> None:
    (place / "exits.py").write_text(f"import sys\nsys.exit({text})\n")
    done = run(place, "exits.py")
    assert (done.returncode, done.stderr) == (code, said)


@pytest.mark.parametrize(("name", "reason"), [("none.py", "there is no such file"), ("scripts", "it is a folder")])
def test_what_is_no_script(place: Path, name: str, reason: str) -> None:
    done = run(place, name)
    assert (done.returncode, done.stderr) == (2, f"error: {name}: {reason}\n")


def test_a_script_for_the_gpu_is_told_and_runs(place: Path) -> None:
    (place / "gpu.py").write_text("import caffe\ncaffe.set_device(0)\ncaffe.set_mode_gpu()\nprint('ran')\n")
    done = run(place, "gpu.py")
    assert (done.returncode, done.stdout) == (0, "ran\n")
    assert done.stderr.splitlines() == [
        f"warning: {call} has no effect: netcc computes on the processor, with the results of set_mode_cpu()"
        for call in ("set_device(0)", "set_mode_gpu()")
    ]
