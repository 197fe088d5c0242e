"""`netcc data mnist`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from netcc.cli.data import data
from netcc.data.tools.records import opened
from netcc.errors import DataError, OutputError, UsageError


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(data, ["mnist", *map(str, arguments)], standalone_mode=False)


def test_bundled_digits(tmp_path: Path) -> None:
    result = run(tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert result.output == (
        f"{tmp_path}/out/mnist_train_lmdb: 6000 images of 1 x 28 x 28\n"
        f"{tmp_path}/out/mnist_test_lmdb: 1000 images of 1 x 28 x 28\n"
    )
    assert sorted(path.name for path in (tmp_path / "out").rglob("*.mdb")) == ["data.mdb", "data.mdb"]


def test_again_needs_force(tmp_path: Path) -> None:
    run(tmp_path)
    again = run(tmp_path)
    assert isinstance(again.exception, OutputError)
    assert again.exception.message == f"{tmp_path}/mnist_train_lmdb exists already"
    forced = run(tmp_path, "--force", "--json")
    assert json.loads(forced.output) == {
        "databases": [
            {"path": f"{tmp_path}/mnist_train_lmdb", "records": 6000, "shape": [1, 28, 28]},
            {"path": f"{tmp_path}/mnist_test_lmdb", "records": 1000, "shape": [1, 28, 28]},
        ]
    }


def test_the_same_records_as_leveldbs(tmp_path: Path) -> None:
    result = run(tmp_path, "--backend", "leveldb", "--json")
    made = [Path(item["path"]) for item in json.loads(result.output)["databases"]]
    assert [path.name for path in made] == ["mnist_train_leveldb", "mnist_test_leveldb"]
    assert isinstance(run(tmp_path, "--backend", "leveldb").exception, OutputError)
    run(tmp_path)
    with opened(made[1]) as ours, opened(tmp_path / "mnist_test_lmdb") as theirs:
        assert ours.take(1000) == theirs.take(1000)


def test_from_a_folder_without_the_files(tmp_path: Path) -> None:
    result = run(tmp_path / "out", "--from", tmp_path)
    assert isinstance(result.exception, DataError)
    assert result.exception.message == f"{tmp_path} has no train-images-idx3-ubyte"
    assert not (tmp_path / "out").exists()


def test_from_and_full_exclude_each_other(tmp_path: Path) -> None:
    result = run(tmp_path, "--from", tmp_path, "--full")
    assert isinstance(result.exception, UsageError)
    assert str(result.exception) == "error: --from and --full exclude each other"


def test_full_looks_at_the_output_before_it_downloads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(tmp_path)
    monkeypatch.setattr("netcc.data.mnist.download_part", lambda *_: pytest.fail("downloaded"))
    result = run(tmp_path, "--full")
    assert isinstance(result.exception, OutputError)


def test_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from netcc.data.mnist import bundled_digits

    parts = dict(zip(("train", "t10k"), bundled_digits().values(), strict=True))

    def download_part(stem: str, note) -> object:
        note(f"{stem}-images-idx3-ubyte")
        return parts[stem]

    monkeypatch.setattr("netcc.data.mnist.download_part", download_part)
    result = run(tmp_path, "--full")
    assert result.exit_code == 0, result.output
    assert result.stderr == "downloading train-images-idx3-ubyte.gz\ndownloading t10k-images-idx3-ubyte.gz\n"
    assert f"{tmp_path}/mnist_train_lmdb: 6000 images" in result.stdout
