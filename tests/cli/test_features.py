"""`netcc features`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from data.database_rows import leveldb_rows, lmdb_rows
from helpers.commands import Run

GOLDEN = Path(__file__).parents[1] / "golden" / "data"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with the golden net, its weights and its database."""
    for name in ("features.caffemodel", "features.prototxt"):
        shutil.copy(GOLDEN / name, tmp_path)
    shutil.copytree(GOLDEN / "png_lmdb", tmp_path / "png_lmdb")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def features(run: Run, *arguments: object):
    return run("features", "features.caffemodel", "features.prototxt", *arguments)


def test_the_database_is_that_of_extract_features(run: Run, here: Path) -> None:
    result = features(run, "fc", "fc_lmdb", 4)
    assert (result.exit_code, result.output) == (0, "fc_lmdb: 12 rows of fc, 4 x 1 x 1\n")
    assert lmdb_rows(here / "fc_lmdb") == lmdb_rows(GOLDEN / "features_lmdb")


def test_several_blobs(run: Run, here: Path) -> None:
    result = features(run, "fc,data,label", "a/fc,b/data,labels", 2, "--backend", "leveldb", "--json")
    assert json.loads(result.output)["databases"] == [
        {"blob": "fc", "path": "a/fc", "records": 6, "shape": [4, 1, 1]},
        {"blob": "data", "path": "b/data", "records": 6, "shape": [3, 9, 8]},
        {"blob": "label", "path": "labels", "records": 6, "shape": [1, 1, 1]},
    ]
    assert leveldb_rows(here / "a" / "fc") == lmdb_rows(GOLDEN / "features_lmdb")[:6]
    assert run("data", "info", "labels").exit_code == 0


def test_a_blob_that_is_not_there(run: Run, here: Path) -> None:
    result = features(run, "fc,labl", "a,b", 1)
    assert result.exit_code == 2
    assert result.stderr == "error: the net has no blob 'labl'\n  did you mean 'label'?\n"
    assert not (here / "a").exists()


@pytest.mark.parametrize(
    ("blobs", "databases", "message"),
    [
        ("fc,label", "a", "error: 2 blobs but 1 databases\n  give a database for each blob\n"),
        ("fc,label", "a,./a", "error: two blobs cannot go to one database\n"),
    ],
)
def test_blobs_and_databases_that_do_not_match(blobs: str, databases: str, message: str, run: Run, here: Path) -> None:
    result = features(run, blobs, databases, 1)
    assert (result.exit_code, result.stderr) == (2, message)


def test_an_existing_database(run: Run, here: Path) -> None:
    features(run, "fc", "fc_lmdb", 1)
    assert features(run, "fc", "fc_lmdb", 1).stderr == "error: fc_lmdb exists already\n  --force replaces it\n"
    assert features(run, "fc", "fc_lmdb", 2, "--force").exit_code == 0
    assert len(lmdb_rows(here / "fc_lmdb")) == 6


def test_a_broken_record_leaves_no_database(run: Run, here: Path) -> None:
    from netcc.data.lmdb_writer import write_lmdb

    rows = lmdb_rows(here / "png_lmdb")
    shutil.rmtree(here / "png_lmdb")
    write_lmdb(here / "png_lmdb", [*rows[:7], (b"1", b"broken")])
    before = sorted(path.name for path in here.iterdir())
    result = features(run, "fc,label", "a,b", 3)
    assert result.exit_code == 1
    assert "record '1' of png_lmdb: it is not a Datum" in result.stderr
    assert sorted(path.name for path in here.iterdir()) == before


def test_a_net_without_data(run: Run, here: Path) -> None:
    text = (here / "features.prototxt").read_text().replace('top: "label"', 'top: "label" include { phase: TRAIN }')
    (here / "features.prototxt").write_text(text)
    result = features(run, "fc", "a", 1)
    assert result.exit_code == 1
    assert "no layer brings data into the net in phase TEST" in result.stderr
