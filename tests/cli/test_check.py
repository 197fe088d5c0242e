"""`netcc check`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from helpers.commands import LMDB_NET, SMALL, SOLVER, Run


def test_nothing_wrong(run: Run, place: Path) -> None:
    (place / "small.prototxt").write_text(SMALL)
    (place / "solver.prototxt").write_text(SOLVER)
    shown = run("check", "small.prototxt", "solver.prototxt")
    assert (shown.exit_code, shown.stderr) == (0, "")
    assert shown.stdout == "small.prototxt: net, TRAIN and TEST, no faults\nsolver.prototxt: solver, no faults\n"


def test_all_faults_of_all_files(run: Run, place: Path) -> None:
    (place / "net.prototxt").write_text(
        SMALL.replace("num_output: 5", 'num_output: "5"').replace("weight_filler", "wieght_filler")
    )
    (place / "solver.prototxt").write_text(SOLVER.replace("base_lr: 0.01", "base_lr: fast"))
    shown = run("check", "net.prototxt", "nosuch.prototxt", "solver.prototxt")
    assert shown.exit_code == 2  # a file that is not there is a fault of the command line
    assert shown.stderr == (
        "net.prototxt:20:17: error: 'num_output' expects an integer, found the string '5'\n"
        '        num_output: "5"\n'
        "                    ^~~\n"
        "  write it without quotes\n"
        "net.prototxt:21:5: warning: 'inner_product_param' has no field 'wieght_filler'\n"
        '        wieght_filler { type: "xavier" }\n'
        "        ^~~~~~~~~~~~~\n"
        "  it is left out\n"
        "  did you mean 'weight_filler'?\n"
        "error: nosuch.prototxt: no such file\n"
        "  did you mean 'net.prototxt'?\n"
        "solver.prototxt:4:10: error: 'base_lr' expects a number, found the name fast\n"
        "    base_lr: fast\n"
        "             ^~~~\n"
    )
    assert shown.stdout == (
        "net.prototxt: net, 1 fault, 1 warning\nnosuch.prototxt: 1 fault\nsolver.prototxt: solver, 1 fault\n"
    )


def test_an_unknown_field_is_a_warning_or_with_strict_an_error(run: Run) -> None:
    net = SMALL.replace("weight_filler", "wieght_filler")
    shown = run("check", "-", stdin=net)
    assert (shown.exit_code, shown.stdout) == (0, "<stdin>: net, TRAIN and TEST, no faults, 1 warning\n")
    assert shown.stderr.count("<stdin>:21:5: warning: 'inner_product_param' has no field 'wieght_filler'\n") == 1
    strict = run("check", "--strict", "-", stdin=net)
    assert (strict.exit_code, strict.stdout) == (1, "<stdin>: net, 1 fault\n")
    assert strict.stderr.startswith("<stdin>:21:5: error: 'inner_product_param' has no field 'wieght_filler'\n")


def test_channels_that_stay_alike_are_told_of(run: Run) -> None:
    net = (
        'layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 dim: 3 dim: 4 dim: 4 } } }\n'
        'layer { name: "up" type: "Deconvolution" bottom: "x" top: "up" param { lr_mult: 0 }\n'
        '  convolution_param { num_output: 3 kernel_size: 4 stride: 2 weight_filler { type: "bilinear" } } }\n'
    )
    shown = run("check", "-", stdin=net)
    assert (shown.exit_code, shown.stdout) == (0, "<stdin>: net, TRAIN and TEST, no faults, 1 warning\n")
    assert shown.stderr.splitlines() == [
        "<stdin>:3:62: warning: layer 'up': filler 'bilinear' gives every pair of 3 x 3 channels the same weights, "
        "and they do not learn: all channels of the top are the same",
        '     convolution_param { num_output: 3 kernel_size: 4 stride: 2 weight_filler { type: "bilinear" } } }',
        "                                                                ^~~~~~~~~~~~~",
        "  `group: 3` enlarges each channel by itself",
    ]
    for change in (("num_output: 3", "num_output: 3 group: 3"), ("lr_mult: 0", "lr_mult: 1"), ("bilinear", "msra")):
        assert run("check", "-", stdin=net.replace(*change)).stderr == ""


def test_a_fault_of_both_phases_is_shown_once(run: Run) -> None:
    shown = run("check", "-", stdin=SMALL.replace('bottom: "data"', 'bottom: "dat"'))
    assert shown.exit_code == 1
    assert shown.stdout == "<stdin>: net, TRAIN and TEST, 1 fault\n"
    assert shown.stderr.count("unknown bottom blob 'dat'") == 1


def test_a_fault_of_one_phase_is_found(run: Run) -> None:
    shown = run(
        "check", "-", stdin=SMALL.replace('type: "Accuracy"\n  bottom: "fc"', 'type: "Accuracy"\n  bottom: "fx"')
    )
    assert shown.exit_code == 1
    assert "unknown bottom blob 'fx' (layer 'accuracy', bottom index 0)" in shown.stderr
    assert run("check", "--phase", "train", "-", stdin=SMALL.replace('"Accuracy"', '"Acuracy"')).exit_code == 0


def test_a_phase_without_data_is_not_looked_at(run: Run) -> None:
    net = SMALL.replace('  type: "DummyData"\n', '  type: "DummyData"\n  include { phase: TRAIN }\n')
    shown = run("check", "-", stdin=net)
    assert (shown.exit_code, shown.stderr) == (0, "")
    assert shown.stdout == (
        "<stdin>: net, TRAIN, no faults\n  no layer brings data into the net in phase TEST: not looked at\n"
    )


def test_unknown_shapes_are_said_to_be_unknown(run: Run) -> None:
    shown = run("check", "--phase", "train", "-", stdin=LMDB_NET)
    assert shown.exit_code == 0
    assert shown.stdout == (
        "<stdin>: net, TRAIN, no faults\n"
        "  shapes in phase TRAIN not looked at: its data could not be asked: database digits_lmdb does not exist; "
        "give --input\n"
    )


def test_given_shapes_are_used(run: Run) -> None:
    net = LMDB_NET.replace("num_output: 10", "num_output: 10 axis: 7")
    assert run("check", "-", stdin=net).exit_code == 0
    shown = run("check", "--input", "data=4,1,8,8", "-", stdin=net)
    assert shown.exit_code == 1
    assert "axis 7 is outside a blob of 4 axes (allowed: -4 to 3)" in shown.stderr


def test_a_shape_that_no_net_can_use(run: Run) -> None:
    shown = run("check", "--input", "dat=4,1,8,8", "-", stdin=LMDB_NET)
    assert shown.exit_code == 2
    assert shown.stderr == "error: --input dat: no net has a data or input layer with that top\n"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('type: "xavier"', 'type: "xaviar"'), "unknown filler type 'xaviar'"),
        (("num_output: 5", "num_output: 0"), "InnerProduct needs num_output"),
        (
            ('bottom: "label"\n  top: "loss"', 'bottom: "label"\n  top: "data"'),
            "top blob 'data' is produced by two layers",
        ),
    ],
)
def test_faults_behind_the_schema_are_found(change: tuple[str, str], message: str, run: Run) -> None:
    assert run("check", "-", stdin=SMALL).exit_code == 0
    shown = run("check", "-", stdin=SMALL.replace(*change))
    assert shown.exit_code == 1
    assert message in shown.stderr


def test_a_solver_that_contradicts_itself(run: Run) -> None:
    shown = run("check", "-", stdin=SOLVER.replace('"fixed"', '"stepp"').replace("test_interval: 5\n", ""))
    assert shown.exit_code == 1
    assert "error: unknown lr_policy 'stepp'\n" in shown.stderr
    assert "did you mean 'step'?" in shown.stderr
    assert "error: test_iter is given, but test_interval is not\n" in shown.stderr


def test_json(run: Run) -> None:
    shown = run("check", "--json", "-", stdin=SMALL.replace('bottom: "data"', 'bottom: "dat"'))
    assert (shown.exit_code, shown.stderr) == (1, "")
    (report,) = json.loads(shown.stdout)["files"]
    assert report == {
        "name": "<stdin>",
        "kind": "net",
        "phases": ["TRAIN", "TEST"],
        "notes": [],
        "faults": [
            {
                "severity": "error",
                "message": "unknown bottom blob 'dat' (layer 'fc', bottom index 0)",
                "line": 17,
                "column": 3,
                "notes": [],
                "suggestion": "data",
            }
        ],
    }
