"""Fields of a solver from outside its file: the same rules and messages as in the file."""

from __future__ import annotations

import pytest
from google.protobuf import text_format

from netcc.errors import PrototxtError, SolverError
from netcc.schema import caffe_pb2
from netcc.schema.bind import load_solver
from netcc.schema.override import override
from netcc.solver.fields import check_fields

TEXT = """
net: "net.prototxt"
base_lr: 0.1
lr_policy: "multistep"
gamma: 0.5
stepvalue: 10
stepvalue: 20
train_state { stage: "a" level: 2 }
max_iter: 100
"""


def overridden(*settings):
    return override(load_solver(TEXT), settings)


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        (["base_lr=0.001"], "base_lr: 0.001"),
        (["base_lr = 1e-3 "], "base_lr: 0.001"),
        (["momentum=0"], "momentum: 0"),
        (["lr_policy=fixed"], 'lr_policy: "fixed"'),
        (['lr_policy="fixed"'], 'lr_policy: "fixed"'),
        (["snapshot_prefix=out/my net"], 'snapshot_prefix: "out/my net"'),
        (["snapshot_prefix=größe"], 'snapshot_prefix: "größe"'),
        (["snapshot_prefix="], 'snapshot_prefix: ""'),
        (["snapshot_format=HDF5"], "snapshot_format: HDF5"),
        (["solver_mode=0"], "solver_mode: CPU"),
        (["snapshot_diff=true"], "snapshot_diff: true"),
        (["random_seed=-1"], "random_seed: -1"),
        (["solver_type=ADAM"], 'type: "Adam"'),
        (["base_lr=1", "max_iter=7"], "base_lr: 1 max_iter: 7"),
        (["train_state.level=5"], "train_state { level: 5 }"),
        (["train_state={ level: 5 }"], "train_state { level: 5 }"),
        (["net_param={ name: 'x' }"], "net_param { name: 'x' }"),
    ],
)
def test_single_fields(settings, text):
    expected = caffe_pb2.SolverParameter()
    text_format.Parse(TEXT, expected)
    expected.MergeFrom(text_format.Parse(text, caffe_pb2.SolverParameter()))
    assert overridden(*settings).message == expected


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (["stepvalue=5"], [5]),
        (["stepvalue=5", "base_lr=1", "stepvalue=6", "stepvalue=7"], [5, 6, 7]),
        (["stepvalue=[5, 6]"], [5, 6]),
        (["stepvalue=[5, 6]", "stepvalue=7"], [5, 6, 7]),
    ],
)
def test_a_list_takes_the_place_of_the_solvers_own(settings, expected):
    assert list(overridden(*settings).message.stepvalue) == expected


def test_lists_of_strings():
    assert list(overridden("weights=a.caffemodel", "weights=b.caffemodel").message.weights) == [
        "a.caffemodel",
        "b.caffemodel",
    ]
    assert list(overridden("weights=['a', 'b']").message.weights) == ["a", "b"]


def test_a_list_in_a_message():
    state = overridden("train_state.stage=b", "train_state.stage=c").message.train_state
    assert (list(state.stage), state.level) == (["b", "c"], 2)


def test_the_solver_itself_stays_as_it_is():
    solver = load_solver(TEXT)
    before = solver.message.SerializeToString()
    override(solver, ["base_lr=7", "train_state.level=9"])
    assert solver.message.SerializeToString() == before
    assert solver.overrides is None


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            ["base_rl=1"],
            "--set:1:1: error: the solver has no field 'base_rl'\n"
            "    base_rl=1\n    ^~~~~~~\n"
            "  did you mean 'base_lr'?",
        ),
        (
            ["max_iter=1.5"],
            "--set:1:10: error: 'max_iter' expects an integer, found 1.5\n    max_iter=1.5\n             ^~~",
        ),
        (
            ["momentum=0.9", "snapshot_format=HDF"],
            "--set:2:17: error: 'snapshot_format' cannot be HDF\n"
            "    snapshot_format=HDF\n                    ^~~\n"
            "  expected HDF5 (0), BINARYPROTO (1)\n"
            "  did you mean 'HDF5'?",
        ),
        (
            ["base_lr=1", "base_lr=2"],
            "--set:2:1: error: 'base_lr' is given twice, and may be given once\n"
            "    base_lr=2\n    ^~~~~~~\n"
            "  first on line 1",
        ),
        (
            ["train_state.levle=3"],
            "--set:1:13: error: 'train_state' has no field 'levle'\n"
            "    train_state.levle=3\n                ^~~~~\n"
            "  did you mean 'level'?",
        ),
        (
            ["base_lr.x=3"],
            "--set:1:1: error: 'base_lr' expects a number, found a message\n    base_lr.x=3\n    ^~~~~~~",
        ),
        (
            ["base_lr"],
            "--set:1:1: error: 'base_lr' sets no field\n    base_lr\n    ^~~~~~~\n"
            "  expected FIELD=VALUE, as base_lr=0.001",
        ),
        (
            ["base_lr: 3"],
            "--set:1:1: error: 'base_lr: 3' sets no field\n    base_lr: 3\n    ^~~~~~~~~~\n"
            "  expected FIELD=VALUE, as base_lr=0.001",
        ),
        (["base_lr="], "--set:1:8: error: 'base_lr' has no value\n    base_lr=\n           ^"),
        (
            ["base_lr=}"],
            "--set:1:7: error: 'base_lr' has no value\n    base_lr=}\n          ^\n"
            "  expected a number, a string, a name or '{'",
        ),
        (
            ["base_lr=1 momentum: 2"],
            "--set:1:9: error: one value is expected here\n"
            "    base_lr=1 momentum: 2\n            ^~~~~~~~~~~~~\n"
            "  give --set again for another field",
        ),
    ],
)
def test_faults(settings, message):
    with pytest.raises(PrototxtError) as error:
        overridden(*settings)
    assert str(error.value) == message


def test_all_faults_come_at_once():
    with pytest.raises(PrototxtError) as error:
        overridden("base_rl=1", "max_iter=x", "gamma=y")
    assert [(str(fault.span), fault.message) for fault in error.value.diagnostics] == [
        ("--set:1:1", "the solver has no field 'base_rl'"),
        ("--set:2:10", "'max_iter' expects an integer, found the name x"),
        ("--set:3:7", "'gamma' expects a number, found the name y"),
    ]
    with pytest.raises(PrototxtError) as error:
        overridden("base_lr", "gamma=")
    assert len(error.value.diagnostics) == 2


@pytest.mark.parametrize("value", ["1", "-1"])
def test_what_makes_no_sense_together_is_told_where_it_was_set(value):
    solver = overridden("base_lr=1", f"iter_size={value}", "stepvalue=3")
    if value == "1":
        assert check_fields(solver, net_given=False) == []
        return
    with pytest.raises(SolverError) as error:
        check_fields(solver, net_given=False)
    assert str(error.value) == (
        "--set:2:1: error: iter_size is -1, but must be at least 1\n    iter_size=-1\n    ^~~~~~~~~~~~"
    )


def test_a_setting_of_several_lines_is_one():
    assert list(overridden("stepvalue=[1,\n2]").message.stepvalue) == [1, 2]
