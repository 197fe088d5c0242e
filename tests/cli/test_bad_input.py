"""What a user sees for input that is wrong: one clear message, and nothing half-written."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from helpers.commands import LMDB_NET, SMALL, SOLVER, Run

from netcc.data.lmdb_writer import write_lmdb
from netcc.schema import caffe_pb2

JOIN = """\
layer { name: "a" type: "Input" top: "a" input_param { shape { dim: 2 dim: 3 dim: 4 dim: 4 } } }
layer { name: "b" type: "Input" top: "b" input_param { shape { dim: 2 dim: 3 dim: 5 dim: 4 } } }
layer {
  name: "joined"
  type: "Concat"
  bottom: "a"
  bottom: "b"
  top: "joined"
}
"""

KERNEL = """\
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 dim: 3 dim: 8 dim: 8 } } }
layer {
  name: "conv"
  type: "Convolution"
  bottom: "x"
  top: "conv"
  convolution_param { num_output: 4 kernel_size: 11 pad: 1 }
}
"""


@pytest.fixture
def files(place: Path) -> Path:
    (place / "small.prototxt").write_text(SMALL)
    (place / "solver.prototxt").write_text(SOLVER)
    return place


def digits(path: Path, count: int, label: int = 1) -> None:
    """An LMDB of `count` images of 1 x 4 x 4."""
    datum = caffe_pb2.Datum(channels=1, height=4, width=4, data=bytes(16), label=label)
    write_lmdb(path, ((b"%08d" % index, datum.SerializeToString()) for index in range(count)), lambda written: None)


def test_a_binary_file_as_prototxt(run: Run, files: Path) -> None:
    run("train", "solver.prototxt", "--quiet")
    for command in (["check"], ["fmt"], ["shapes"], ["train"], ["upgrade"], ["dump"]):
        shown = run(*command, "small_iter_10.caffemodel")
        assert shown.exit_code == 1
        assert shown.stderr == (
            "error: small_iter_10.caffemodel: this is a binary protobuf file (a .caffemodel?), not a prototxt\n"
            "  expected a text file\n"
        )


def test_an_empty_file(run: Run, place: Path) -> None:
    (place / "empty.prototxt").write_text("")
    for command, kind in (("shapes", "net"), ("train", "solver")):
        shown = run(command, "empty.prototxt")
        assert (shown.exit_code, shown.stderr) == (
            1,
            f"error: empty.prototxt: the file is empty\n  expected a {kind} definition\n",
        )


def test_a_net_as_solver(run: Run, files: Path) -> None:
    shown = run("train", "small.prototxt")
    assert (shown.exit_code, shown.stderr) == (
        2,
        "error: no solver is given: small.prototxt is a net\n  give the solver as well: netcc train NET SOLVER\n",
    )


def test_two_nets_or_two_solvers(run: Run, files: Path) -> None:
    two_nets = run("train", "small.prototxt", "small.prototxt")
    assert two_nets.exit_code == 2
    assert two_nets.stderr.startswith("error: no solver is given: small.prototxt and small.prototxt are nets\n")
    two_solvers = run("train", "solver.prototxt", "solver.prototxt")
    assert (two_solvers.exit_code, two_solvers.stderr) == (
        2,
        "error: solver.prototxt and solver.prototxt are both solvers; expected a solver and perhaps a net\n",
    )


def test_three_files(run: Run) -> None:
    shown = run("train", "a", "b", "c")
    assert (shown.exit_code, shown.stderr) == (2, "error: expected a solver and perhaps a net, found 3 files\n")


def test_a_snapshot_and_weights_together(run: Run, files: Path) -> None:
    shown = run("train", "solver.prototxt", "--snapshot", "a", "--weights", "b")
    assert shown.exit_code == 2
    assert shown.stderr == (
        "error: --snapshot and --weights exclude each other\n  a snapshot brings its own weights along\n"
    )


def test_a_solver_whose_net_is_missing(run: Run, files: Path) -> None:
    (files / "small.prototxt").unlink()
    shown = run("train", "solver.prototxt")
    assert shown.exit_code == 1
    assert shown.stderr == (
        "solver.prototxt:1:1: error: the net 'small.prototxt' does not exist\n"
        '    net: "small.prototxt"\n'
        "    ^~~~~~~~~~~~~~~~~~~~~\n"
        "  looked for: small.prototxt\n"
    )


def test_a_bottom_that_nothing_produces(run: Run) -> None:
    shown = run("shapes", "-", stdin=SMALL.replace('bottom: "fc"', 'bottom: "fcc"'))
    assert shown.exit_code == 1
    assert shown.stderr == (
        "<stdin>:35:3: error: unknown bottom blob 'fcc' (layer 'loss', bottom index 0)\n"
        '      bottom: "fcc"\n'
        "      ^~~~~~~~~~~~~\n"
        "  did you mean 'fc'?\n"
    )


def test_a_duplicate_top(run: Run) -> None:
    net = SMALL.replace('bottom: "data"\n  top: "fc"', 'bottom: "data"\n  top: "label"')
    shown = run("shapes", "-", stdin=net)
    assert shown.exit_code == 1
    assert "<stdin>:18:3: error: top blob 'label' is produced by two layers, 'data' and 'fc'\n" in shown.stderr
    assert "a layer may write over a blob only in place: as bottom and top of the same index\n" in shown.stderr


def test_a_kernel_larger_than_the_padded_input(run: Run) -> None:
    shown = run("shapes", "-", stdin=KERNEL)
    assert shown.exit_code == 1
    assert shown.stderr == (
        "<stdin>:7:3: error: the kernel reaches over 11 x 11 but the padded input is 10 x 10\n"
        "      convolution_param { num_output: 4 kernel_size: 11 pad: 1 }\n"
        "      ^~~~~~~~~~~~~~~~~\n"
        "  in layer 'conv' (Convolution), bottoms: 'x' 1 x 3 x 8 x 8\n"
    )


def test_shapes_that_do_not_join(run: Run) -> None:
    shown = run("shapes", "-", stdin=JOIN)
    assert shown.exit_code == 1
    assert shown.stderr == (
        "<stdin>:3:1: error: bottoms to join on axis 1 must agree on all others: bottom 1 is 2 x 3 x 5 x 4, "
        "bottom 0 is 2 x 3 x 4 x 4\n"
        "    layer {\n"
        "    ^~~~~\n"
        "  in layer 'joined' (Concat), bottoms: 'a' 2 x 3 x 4 x 4, 'b' 2 x 3 x 5 x 4\n"
    )


def test_a_label_above_the_classes(run: Run, files: Path) -> None:
    (files / "small.prototxt").write_text(SMALL.replace("value: 2", "value: 5"))
    shown = run("train", "solver.prototxt")
    assert shown.exit_code == 1
    assert "label 5" in shown.stderr
    assert "5 classes (0 to 4)" in shown.stderr
    assert not list(files.glob("*.caffemodel"))


@pytest.fixture
def database(place: Path) -> Path:
    """A net that reads `digits_lmdb`, and its solver."""
    (place / "net.prototxt").write_text(LMDB_NET)
    (place / "solver.prototxt").write_text('net: "net.prototxt"\nbase_lr: 0.1\nlr_policy: "fixed"\nmax_iter: 2\n')
    return place / "digits_lmdb"


LAYER = "    layer {\n    ^~~~~\n"


def test_a_missing_database(run: Run, database: Path) -> None:
    shown = run("train", "solver.prototxt")
    assert shown.exit_code == 1
    assert shown.stderr.startswith("net.prototxt:2:1: error: database digits_lmdb does not exist\n" + LAYER)


def test_a_folder_without_a_database(run: Run, database: Path) -> None:
    database.mkdir()
    shown = run("train", "solver.prototxt")
    assert shown.exit_code == 1
    assert shown.stderr.startswith("net.prototxt:2:1: error: digits_lmdb is not an LMDB: it has no data.mdb\n" + LAYER)


def test_an_empty_database(run: Run, database: Path) -> None:
    digits(database, 0)
    shown = run("train", "solver.prototxt")
    assert shown.exit_code == 1
    assert shown.stderr.startswith("net.prototxt:2:1: error: database digits_lmdb holds no records\n" + LAYER)


def test_a_truncated_database(run: Run, database: Path) -> None:
    digits(database, 500)
    size = (database / "data.mdb").stat().st_size
    os.truncate(database / "data.mdb", size // 2)
    shown = run("train", "solver.prototxt")
    assert shown.exit_code == 1
    assert shown.stderr.startswith(
        f"net.prototxt:2:1: error: digits_lmdb/data.mdb is cut short: it has {size // 2} bytes\n" + LAYER
    )


def test_a_good_database(run: Run, database: Path) -> None:
    digits(database, 6)
    assert run("train", "solver.prototxt").exit_code == 0


def test_a_snapshot_of_another_net(run: Run, files: Path) -> None:
    run("train", "solver.prototxt", "--quiet")
    (files / "other.prototxt").write_text(SMALL.replace("num_output: 5", "num_output: 7"))
    before = sorted(path.name for path in files.iterdir())
    shown = run("train", "other.prototxt", "solver.prototxt", "--snapshot", "small_iter_10.solverstate")
    assert shown.exit_code == 1
    assert "layer 'fc'" in shown.stderr
    assert "5 x 108 in the file, 7 x 108 in the net" in shown.stderr
    weights = run("test", "other.prototxt", "--weights", "small_iter_10.caffemodel")
    assert weights.exit_code == 1
    assert weights.stderr == (
        "other.prototxt:14:1: error: small_iter_10.caffemodel: layer 'fc', weights: 5 x 108 in the file, "
        "7 x 108 in the net\n"
        f"{LAYER}"
        "other.prototxt:14:1: error: small_iter_10.caffemodel: layer 'fc', bias: 5 in the file, 7 in the net\n"
        f"{LAYER}"
        "  --mismatch skip leaves such layers as they are, --mismatch reshape takes as many numbers in their order\n"
    )
    assert sorted(path.name for path in files.iterdir()) == before


def test_weights_that_are_missing(run: Run, files: Path) -> None:
    shown = run("test", "small.prototxt", "--weights", "nosuch.caffemodel")
    assert shown.exit_code == 1
    assert shown.stderr == "error: cannot read nosuch.caffemodel: there is no such file\n"


def test_an_output_folder_that_cannot_be_made(run: Run, files: Path) -> None:
    shown = run("train", "solver.prototxt", "--out", "solver.prototxt/out")
    assert shown.exit_code == 1
    assert shown.stderr == "error: cannot make the folder solver.prototxt/out: not a directory\n"


def test_a_prefix_that_cannot_be_written_is_said_before_training(run: Run, files: Path) -> None:
    (files / "solver.prototxt").write_text(SOLVER.replace('"small"', '"nosuch/small"'))
    shown = run("train", "solver.prototxt")
    assert shown.exit_code == 1
    assert "the folder" in shown.stderr
    assert "nosuch does not exist" in shown.stderr
    assert "iteration" not in shown.stderr


def test_a_full_disk_leaves_nothing_half_written(run: Run, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replace = os.replace

    def full(source: Path, target: Path) -> None:
        if str(target).endswith("_10.caffemodel"):
            raise OSError(28, "No space left on device", str(target))
        replace(source, target)

    monkeypatch.setattr("os.replace", full)
    shown = run("train", "solver.prototxt")
    assert shown.exit_code == 1
    assert shown.stderr.splitlines()[-1] == "error: cannot write small_iter_10.caffemodel: the disk is full"
    assert not [path.name for path in files.iterdir() if path.suffix in (".caffemodel", ".solverstate", ".tempfile")]
    assert not [path.name for path in files.iterdir() if path.name.startswith(".")]


def test_a_loss_that_is_not_a_number_keeps_the_last_good_snapshot(run: Run, files: Path) -> None:
    (files / "solver.prototxt").write_text(SOLVER.replace("0.01", "1e38") + "snapshot: 1\n")
    shown = run("train", "solver.prototxt")
    assert shown.exit_code == 1
    *_, fault, kept, advice = shown.stderr.splitlines()
    assert re.fullmatch(
        r"error: iteration 1: the loss is nan; first at layer 'fc' \(InnerProduct\): "
        r"\d+ of 20 values are nan or inf in its top 'fc'",
        fault,
    )
    assert kept == "  the last snapshot is small_iter_1.solverstate"
    assert advice == "  a lower base_lr or clip_gradients may keep the net finite"
    assert [path.name for path in files.glob("*.caffemodel")] == ["small_iter_1.caffemodel"]
