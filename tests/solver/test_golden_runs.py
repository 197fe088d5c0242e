"""Whole runs of real Caffe: what is reported, in which order, and the files that are left."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from helpers.recorder import Recorder

from netcc.runtime.net import Net
from netcc.runtime.weights import read_caffemodel
from netcc.solver.evaluate import evaluate, output_scores
from netcc.solver.resume_file import RESUME_SUFFIX
from netcc.solver.solver import Solver
from netcc.types import TEST

GOLDEN = Path(__file__).parents[1] / "golden/runs"
META = json.loads((GOLDEN / "meta.json").read_text())
CASES = {case["name"]: case for case in META["cases"]}
RELATIVE, ABSOLUTE = META["tolerance"]["values"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A copy of the golden folder, as the working directory."""
    shutil.copytree(GOLDEN, tmp_path / "runs")
    monkeypatch.chdir(tmp_path / "runs")
    return tmp_path / "runs"


def arguments(case):
    """The values of `--name=value`."""
    return dict(argument[2:].split("=") for argument in case["args"] if argument.startswith("--"))


def close(found, expected):
    """Equal but for the rounding of numbers."""
    if isinstance(expected, dict):
        return found.keys() == expected.keys() and all(close(found[key], expected[key]) for key in expected)
    if isinstance(expected, list):
        return len(found) == len(expected) and all(map(close, found, expected))
    return found == (pytest.approx(expected, RELATIVE, ABSOLUTE) if isinstance(expected, float) else expected)


def test_close_sees_differences():
    assert close({"a": [1.0, "x"]}, {"a": [1.00001, "x"]})
    assert not close({"a": [1.0, "x"]}, {"a": [1.001, "x"]})
    assert not close({"a": [1.0, "x"]}, {"a": [1.0, "y"]})
    assert not close([1.0], [1.0, 2.0])
    assert not close({"a": 1}, {"b": 1})


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case["args"][0] == "train"])
def test_train(name, folder):
    case, given, recorder = CASES[name], arguments(CASES[name]), Recorder()
    before = {path.name for path in folder.iterdir()}
    if "snapshot" not in given:
        for path in folder.glob("nofirst_iter_4.*"):
            path.unlink()
            before.remove(path.name)
    with Solver(given["solver"], weights=given.get("weights"), listeners=[recorder]) as solver:
        solver.solve(resume=given.get("snapshot"))
    for index, (found, expected) in enumerate(zip(recorder.events, case["events"], strict=False)):
        assert close(found, expected), (index, found, expected)
    assert len(recorder.events) == len(case["events"])
    made = {path.name for path in folder.iterdir()} - before
    assert sorted(name for name in made if not name.endswith(RESUME_SUFFIX)) == sorted(case["files_made"])
    if case["files_made"]:
        check_final(case, np.load(f"{name}.npz"))


def check_final(case, expected):
    blobs = {layer.name: layer.blobs for layer in read_caffemodel(case["final_from"])}
    relative, absolute = META["tolerance"]["final"]
    names = [name for name in expected.files if name.startswith("final:")]
    assert len(names) == 4
    for name in names:
        _, layer, index = name.split(":")
        np.testing.assert_allclose(blobs[layer][int(index)].data, expected[name], relative, absolute)


@pytest.mark.parametrize("name", ["test_command", "test_command_stage"])
def test_evaluate(name, folder):
    case, given = CASES[name], arguments(CASES[name])
    stages = [given["stage"]] if "stage" in given else []
    batches, expected = int(given["iterations"]), [line.split(" = ") for line in case["batches"]]
    with Net(given["model"], TEST, given["weights"], stages=stages) as net:
        for batch in range(batches):
            net.forward()
            for index, score in enumerate(output_scores(net)):
                label, value = expected[batch * 2 + index]
                assert label == f"Batch {batch}, {score.name}"
                assert score.value == pytest.approx(float(value), RELATIVE, ABSOLUTE)
    with Net(given["model"], TEST, given["weights"], stages=stages) as net:
        result = evaluate(net, batches)
    assert result is not None
    summary = dict(line.split(" = ", 1) for line in case["summary"] if " = " in line)
    assert [score.name for score in result.scores] == ["acc", "loss"]
    for score in result.scores:
        assert score.value == pytest.approx(float(summary[score.name].split()[0]), RELATIVE, ABSOLUTE)
    assert result.loss == pytest.approx(float(case["summary"][0].removeprefix("Loss: ")), RELATIVE, ABSOLUTE)
