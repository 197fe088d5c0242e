"""`netcc data images`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from helpers.commands import Run

GOLDEN = Path(__file__).parents[1] / "golden" / "data"


def keys(path: Path) -> list[str]:
    from data.database_rows import lmdb_rows

    return [key.decode() for key, _ in lmdb_rows(path)]


def test_flags_of_convert_imageset(run: Run, tmp_path: Path) -> None:
    from data.database_rows import lmdb_rows

    many = GOLDEN / "many.txt"
    result = run("data", "images", GOLDEN, many, tmp_path / "db", "--gray", "--resize_height=4", "--resize_width=3")
    assert (result.exit_code, result.output) == (0, f"{tmp_path}/db: 300 images\n")
    assert lmdb_rows(tmp_path / "db") == lmdb_rows(GOLDEN / "many_lmdb")


def test_json(run: Run, tmp_path: Path) -> None:
    result = run("data", "images", GOLDEN, GOLDEN / "jpg.txt", tmp_path / "db", "--encoded", "--check-size", "--json")
    assert json.loads(result.output) == {
        "path": f"{tmp_path}/db",
        "records": 6,
        "passed_over": 0,
        "bad_records": {},
    }


def test_shuffle(run: Run, tmp_path: Path) -> None:
    orders = []
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        result = run("data", "images", GOLDEN, GOLDEN / "png.txt", tmp_path / name, "--shuffle", "--seed", seed)
        assert result.exit_code == 0, result.output
        orders.append([key[8:] for key in keys(tmp_path / name)])
    assert orders[0] == orders[1] != orders[2]
    assert sorted(orders[0]) == sorted(orders[2]) == [f"_images/c{index:02}.png" for index in range(12)]


def test_a_missing_image(run: Run, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("images/c00.png 1\nimages/none.png 2\nimages/c01.png 3\n")
    arguments = ["data", "images", GOLDEN, tmp_path / "list.txt", tmp_path / "db"]
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (1, "")
    fault = f"cannot read {GOLDEN}/images/none.png: no such file or directory"
    assert result.stderr == f"error: {tmp_path}/list.txt:2: images/none.png: {fault}\n"
    assert not (tmp_path / "db").exists()
    result = run(*arguments, "--on-bad-record", "skip")
    assert (result.exit_code, result.stdout) == (0, f"{tmp_path}/db: 2 images\n")
    assert result.stderr.splitlines() == [
        f"warning: passed over: {tmp_path}/list.txt:2: images/none.png: {fault}",
        "warning: 1 bad record was passed over: images/none.png",
    ]
    assert keys(tmp_path / "db") == ["00000000_images/c00.png", "00000002_images/c01.png"]
    content = json.loads(run(*arguments, "--on-bad-record", "skip", "--force", "--json").stdout)
    place = f"{tmp_path}/list.txt:2: images/none.png"
    assert (content["passed_over"], content["bad_records"]) == (1, {"images/none.png": f"{place}: {fault}"})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--resize-width", 3], "error: --resize-width and --resize-height go together"),
        (["--seed", 3], "error: --seed is for --shuffle"),
        (
            ["--encode-type", "nonsense"],
            f"error: {GOLDEN}/png.txt:1: images/c00.png: images cannot be encoded as 'nonsense'",
        ),
    ],
)
def test_options_that_make_no_sense(options: list[object], message: str, run: Run, tmp_path: Path) -> None:
    result = run("data", "images", GOLDEN, GOLDEN / "png.txt", tmp_path / "db", *options)
    assert result.exit_code == (1 if "nonsense" in options else 2)
    assert result.stderr.splitlines()[0] == message
    assert list(tmp_path.iterdir()) == []


def test_an_existing_database(run: Run, tmp_path: Path) -> None:
    arguments = ["data", "images", GOLDEN, GOLDEN / "png.txt", tmp_path / "db"]
    run(*arguments)
    result = run(*arguments, "--gray")
    assert result.exit_code == 1
    assert result.stderr == f"error: {tmp_path}/db exists already\n  --force replaces it\n"
    assert run(*arguments, "--force").exit_code == 0
