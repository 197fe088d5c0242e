"""`netcc upgrade`."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.commands import Run

OLD = """\
# a net of 2013
layers {
  name: "ip"
  type: INNER_PRODUCT
  bottom: "x"
  top: "ip"
  blobs_lr: 1  # weights
  blobs_lr: 2
}
"""
OLD_SOLVER = 'net: "n"\nsolver_type: ADAM\n'


def test_a_net(run: Run) -> None:
    shown = run("upgrade", "-", stdin=OLD)
    assert shown.exit_code == 0
    assert shown.stdout.startswith("# a net of 2013\nlayer {\n")
    assert 'type: "InnerProduct"' in shown.stdout
    assert "lr_mult: 2" in shown.stdout
    assert "# weights" in shown.stdout
    assert "<stdin>:2:1: note: " in shown.stderr


def test_a_solver(run: Run) -> None:
    assert run("upgrade", "-", stdin=OLD_SOLVER).stdout == 'net: "n"\ntype: "Adam"\n'


def test_what_was_upgraded_needs_no_upgrade(run: Run) -> None:
    once = run("upgrade", "-", stdin=OLD).stdout
    again = run("upgrade", "-", stdin=once)
    assert (again.stdout, again.stderr) == (once, "")


def test_out_and_write(run: Run, place: Path) -> None:
    expected = run("upgrade", "-", stdin=OLD).stdout
    (place / "old.prototxt").write_text(OLD)
    assert run("upgrade", "old.prototxt", "-o", "new.prototxt").stdout == ""
    assert (place / "new.prototxt").read_text() == expected
    assert (place / "old.prototxt").read_text() == OLD
    assert run("upgrade", "--write", "old.prototxt").exit_code == 0
    assert (place / "old.prototxt").read_text() == expected


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-w", "-o", "x", "y"], "--write and --out exclude each other"),
        (["-o", "x", "y", "z"], "--out takes one FILE; use --write to upgrade many in place"),
        (["-w", "-"], "--write needs files: what came from standard input has no place to be written to"),
    ],
)
def test_wrong_use(arguments: list[str], message: str, run: Run) -> None:
    shown = run("upgrade", *arguments, stdin="")
    assert (shown.exit_code, shown.stderr) == (2, f"error: {message}\n")


def test_a_net_of_two_generations_is_refused_and_nothing_is_written(run: Run, place: Path) -> None:
    (place / "net.prototxt").write_text(OLD + 'layer { name: "b" type: "ReLU" }\n')
    shown = run("upgrade", "net.prototxt", "-o", "new.prototxt")
    assert shown.exit_code == 1
    assert "layer" in shown.stderr
    assert not (place / "new.prototxt").exists()
