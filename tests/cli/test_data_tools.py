"""`netcc data mean`, `info` and `cifar10`."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from data.cifar10_files import make_files
from helpers.commands import Run

from netcc.data.decode import read_image

GOLDEN = Path(__file__).parents[1] / "golden" / "data"


def test_mean(run: Run, tmp_path: Path) -> None:
    result = run("data", "mean", GOLDEN / "png_lmdb", tmp_path / "mean.binaryproto")
    assert result.output.splitlines() == [
        "mean of 12 images of 3 x 9 x 8",
        "mean_value: 126.836",
        "mean_value: 124.517",
        "mean_value: 123.006",
    ]
    assert (tmp_path / "mean.binaryproto").read_bytes() == (GOLDEN / "png_mean.binaryproto").read_bytes()


def test_mean_without_a_file(run: Run) -> None:
    content = json.loads(run("data", "mean", GOLDEN / "gray_lmdb", "--json").output)
    assert content["records"] == 12
    assert content["shape"] == [1, 9, 8]
    assert len(content["mean_value"]) == 1


def test_mean_looks_at_the_output_before_it_reads(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mean.binaryproto").touch()
    result = run("data", "mean", tmp_path / "none", tmp_path / "mean.binaryproto")
    assert result.exit_code == 1
    assert result.stderr == f"error: {tmp_path}/mean.binaryproto exists already\n  --force replaces it\n"


def test_info(run: Run) -> None:
    result = run("data", "info", GOLDEN / "png_lmdb")
    assert result.output.splitlines() == [
        f"{GOLDEN}/png_lmdb: LMDB of 12 records, 2,749 bytes",
        "       12 of 3 x 9 x 8, raw",
        "9 labels, from 0 to 300",
        f"        0         2 {'#' * 40}",
        f"        1         2 {'#' * 40}",
        f"        2         1 {'#' * 20}",
        f"        3         1 {'#' * 20}",
        f"        4         2 {'#' * 40}",
        f"        5         1 {'#' * 20}",
        f"        6         1 {'#' * 20}",
        f"        7         1 {'#' * 20}",
        f"      300         1 {'#' * 20}",
    ]


def test_info_groups_many_labels(run: Run, tmp_path: Path) -> None:
    lines = [f"images/c{index % 12:02}.png {3 * index}\n" for index in range(100)]
    (tmp_path / "list.txt").write_text("".join(lines))
    run("data", "images", GOLDEN, tmp_path / "list.txt", tmp_path / "db")
    lines = run("data", "info", tmp_path / "db").output.splitlines()
    assert lines[2:5] == [
        "100 labels, from 0 to 297",
        f"    0 .. 6         3 {'#' * 40}",
        f"   9 .. 15         3 {'#' * 40}",
    ]
    assert lines[-1] == f"       297         1 {'#' * 13}"


def test_info_json(run: Run) -> None:
    assert json.loads(run("data", "info", GOLDEN / "features_lmdb", "--json").output) == {
        "path": f"{GOLDEN}/features_lmdb",
        "backend": "lmdb",
        "records": 12,
        "bytes": 312,
        "images": [{"shape": [4, 1, 1], "kind": "float", "records": 12}],
        "annotated": 0,
        "labels": {"0": 12},
    }


def test_sheet(run: Run, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.png"
    assert run("data", "info", GOLDEN / "png_lmdb", "--sheet", sheet, "--count", 4).exit_code == 0
    shown = read_image(sheet, "color")
    assert shown.shape == (3, 232, 204)
    first = read_image(GOLDEN / "images" / "c00.png", "color")
    np.testing.assert_array_equal(shown[:, 12:102:10, 17:97:10], first)
    again = run("data", "info", GOLDEN / "png_lmdb", "--sheet", sheet)
    assert again.exit_code == 1
    assert again.stderr == f"error: {sheet} exists already\n  --force replaces it\n"


def test_sheet_is_a_png(run: Run, tmp_path: Path) -> None:
    result = run("data", "info", GOLDEN / "png_lmdb", "--sheet", tmp_path / "sheet.jpg")
    assert result.exit_code == 2
    assert result.stderr == f"error: --sheet writes a PNG: {tmp_path}/sheet.jpg should end with .png\n"


def test_cifar10(run: Run, tmp_path: Path) -> None:
    make_files(tmp_path, images=2)
    result = run("data", "cifar10", tmp_path / "out", "--from", tmp_path)
    assert result.output == (
        f"{tmp_path}/out/cifar10_train_lmdb: 10 images of 3 x 32 x 32\n"
        f"{tmp_path}/out/cifar10_test_lmdb: 2 images of 3 x 32 x 32\n"
    )


@pytest.mark.parametrize("options", [[], ["--full", "--from", "x"]])
def test_cifar10_comes_from_somewhere(options: list[str], run: Run, tmp_path: Path) -> None:
    result = run("data", "cifar10", tmp_path / "out", *options)
    assert result.exit_code == 2
    assert result.stderr == "error: give either --from DIR or --full\n  CIFAR-10 does not come with netcc\n"


def test_cifar10_offline(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    address = (tmp_path / "nowhere").as_uri()
    monkeypatch.setattr("netcc.data.tools.cifar10_download.ADDRESS", address)
    result = run("data", "cifar10", tmp_path / "out", "--full")
    assert result.exit_code == 1
    lines = result.stderr.splitlines()
    assert lines[:2] == [f"downloading {address}", "error: cannot download CIFAR-10"]
    assert not (tmp_path / "out").exists()


def test_cifar10_looks_at_the_output_before_it_downloads(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_files(tmp_path, images=1)
    run("data", "cifar10", tmp_path, "--from", tmp_path)
    monkeypatch.setattr("netcc.data.tools.cifar10_download.download_batches", lambda *_: pytest.fail("downloaded"))
    result = run("data", "cifar10", tmp_path, "--full")
    assert result.stderr == f"error: {tmp_path}/cifar10_train_lmdb exists already\n  --force replaces it\n"
