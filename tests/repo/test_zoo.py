"""The nets of the zoo are what their pages say, in every spelling."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import netcc
from netcc.data.mnist import bundled_digits, write_mnist

LENET = Path(__file__).resolve().parents[2] / "zoo" / "lenet"
SOLVER = "\n".join(
    line
    for line in (LENET / "solver.prototxt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("test_")
)
"""The solver without its tests, which take longer than a few iterations."""

SPELLINGS = ["train.prototxt", "train_v1.prototxt", "train_angle.prototxt"]


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the first of the digits that come with netcc, as the nets expect them."""
    folder = tmp_path_factory.mktemp("digits")
    parts = {name: type(part)(part.images[:256], part.labels[:256]) for name, part in bundled_digits().items()}
    write_mnist(folder, parts)
    return folder


@pytest.mark.parametrize("phase", [netcc.TRAIN, netcc.TEST])
def test_all_spellings_have_the_same_shapes(phase: netcc.Phase) -> None:
    tables = [netcc.shapes(LENET / name, phase, inputs={"data": (64, 1, 28, 28)}) for name in SPELLINGS]
    assert tables[0] == tables[1] == tables[2]
    assert tables[0].parameter_count == 431_080


def test_all_spellings_train_to_the_same_bytes(digits: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(digits)
    trained = {}
    for name in SPELLINGS:
        with netcc.Solver(SOLVER, net=LENET / name, seed=5, out=tmp_path / name) as solver:
            solver.step(5)
            model, state = solver.snapshot()
            trained[name] = {
                layer: [blob.data.tobytes() for blob in blobs] for layer, blobs in solver.net.params.items()
            }
            assert model.name == "lenet_iter_5.caffemodel"
            assert state.stat().st_size > 4 * 431_080
    assert trained[SPELLINGS[0]] == trained[SPELLINGS[1]] == trained[SPELLINGS[2]]
    assert set(trained[SPELLINGS[0]]) == {"conv1", "conv2", "ip1", "ip2"}


def test_another_seed_trains_to_other_bytes(digits: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(digits)
    weights = []
    for seed in (5, 6):
        with netcc.Solver(SOLVER, net=LENET / "train.prototxt", seed=seed, out=tmp_path) as solver:
            solver.step(1)
            weights.append(solver.net.params["ip2"][0].data.copy())
    assert not np.array_equal(*weights)


def test_weights_of_the_training_net_fit_the_deploy_net(
    digits: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(digits)
    with netcc.Solver(SOLVER, net=LENET / "train.prototxt", seed=5, out=tmp_path) as solver:
        solver.step(20)
        model, _ = solver.snapshot()
    part = bundled_digits()["mnist_train_lmdb"]
    with netcc.Net(LENET / "deploy.prototxt", netcc.TEST, model) as net:
        assert net.weights_report is not None
        assert net.weights_report.filled == []
        guesses = net.forward(data=part.images[:200, None] / 256)["prob"].argmax(axis=1)
    assert np.mean(guesses == part.labels[:200]) > 0.5


def test_the_table_of_the_page_is_right() -> None:
    page = (LENET / "README.md").read_text(encoding="utf-8")
    lines = re.findall(r"^\| ((?:conv|pool|ip|relu)\d \|.*) \|$", page, re.MULTILINE)
    rows = [[cell.strip() for cell in line.split("|")] for line in lines]
    table = netcc.shapes(LENET / "deploy.prototxt", netcc.TEST)
    layers = [layer for layer in table.layers if layer.type not in ("Input", "Softmax")]
    assert len(rows) == len(layers) == 7
    for row, layer in zip(rows, layers, strict=True):
        name, kind, top, weights, bias, count, macs = row
        shapes = [" x ".join(map(str, item.shape)) for item in layer.parameters]
        assert (name, kind.replace(",", "").split()[0]) == (layer.name, layer.type)
        assert top == " x ".join(map(str, layer.tops[0][1] or ()))
        assert [weights, bias] == (shapes or ["", ""])
        assert count == (f"{sum(item.count for item in layer.parameters):,}" if layer.parameters else "")
        assert macs == (f"{layer.macs:,}" if layer.macs else "")
    assert f"**{table.parameter_count:,}** | **{table.macs:,}**" in page
    assert f"Parameters: {table.parameter_count:,}." in page
