"""`netcc dump` and `netcc plan`."""

from __future__ import annotations

import re

import pytest
from google.protobuf import text_format
from helpers.commands import LMDB_NET, SMALL, Run

from netcc.cli.dump import STAGES
from netcc.schema import caffe_pb2

V1 = """\
layers <
  name: "x"
  type: DUMMY_DATA
  top: "x"
  dummy_data_param < shape < dim: 2 dim: 3 > >
>
layers < name: "r" type: RELU bottom: "x" top: "x" include < phase: TEST > >
"""


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_says_something_of_its_own(stage: str, run: Run) -> None:
    old = SMALL.replace("layer {", "layers {").replace('"DummyData"', "DUMMY_DATA")
    old = old.replace('"InnerProduct"', "INNER_PRODUCT").replace('"SoftmaxWithLoss"', "SOFTMAX_LOSS")
    old = old.replace('"Accuracy"', "ACCURACY")
    shown = {other: run("dump", "-", "--until", other, stdin=old) for other in STAGES}
    assert shown[stage].exit_code == 0, shown[stage].stderr
    others = [result.stdout for other, result in shown.items() if other != stage]
    assert shown[stage].stdout.endswith("\n")
    assert shown[stage].stdout not in others


def test_syntax_keeps_old_spellings_and_modern_does_not(run: Run) -> None:
    assert run("dump", "-", "--until", "syntax", stdin=V1).stdout.startswith("layers {\n")
    modern = run("dump", "-", "--until", "modern", stdin=V1).stdout
    assert "layers" not in modern
    assert modern.count("layer {") == 2


def test_schema_has_one_phase_and_no_rules(run: Run) -> None:
    for phase, layers in (("train", ["x"]), ("test", ["x", "r"])):
        text = run("dump", "-", "--until", "schema", "--phase", phase, stdin=V1).stdout
        net = text_format.Parse(text, caffe_pb2.NetParameter())
        assert [layer.name for layer in net.layer] == layers
        assert not any(layer.include for layer in net.layer)


def test_a_graph_has_a_value_for_each_write(run: Run) -> None:
    text = run("dump", "-", "--until", "graph", "--phase", "test", stdin=V1).stdout
    assert text == (
        "net '', phase TEST, 2 layers\ninputs: none\noutputs: x\n   0 x (DummyData): () -> x\n   1 r (ReLU): x -> x.1\n"
    )


def test_a_ready_graph_has_shapes_parameters_and_gradients(run: Run) -> None:
    text = run("dump", "-", "--until", "ready", stdin=SMALL).stdout
    assert text == (
        "net 'small', phase TRAIN, 3 layers\n"
        "inputs: none\n"
        "outputs: loss\n"
        "   0 data (DummyData): () -> data [4 3 6 6], label [4]\n"
        "   1 fc (InnerProduct): data -> fc [4 5]\n"
        "       weights [5 108] xavier, lr_mult 1, decay_mult 1\n"
        "       bias [5] constant, lr_mult 1, decay_mult 1\n"
        "       gradients: weights, bias\n"
        "   2 loss (SoftmaxWithLoss): fc, label -> loss []\n"
        "       loss: 1 * loss\n"
        "       gradients: fc\n"
    )
    shaped = run("dump", "-", "--until", "shaped", stdin=SMALL).stdout
    assert shaped == "".join(line for line in text.splitlines(keepends=True) if "gradients" not in line)


def test_a_plan_lists_steps_in_the_order_of_time(run: Run) -> None:
    text = run("dump", "-", stdin=SMALL).stdout
    assert re.findall(r"^ +(\d+) (\S+) \(", text, re.MULTILINE) == [
        ("0", "data"),
        ("1", "fc"),
        ("2", "loss"),
        ("3", "loss"),
        ("4", "fc"),
    ]
    assert "  parameter                 0        2160  fc weights (held)\n" in text
    arenas = [int(size.replace(",", "")) for size in re.findall(r"^[a-z ]+: ([\d,]+) bytes$", text, re.MULTILINE)]
    assert len(arenas) > 2
    assert arenas[-1] == sum(arenas[:-1])


def test_shapes_from_outside(run: Run) -> None:
    assert run("dump", "-", "--until", "graph", stdin=LMDB_NET).exit_code == 0
    without = run("dump", "-", "--until", "shaped", stdin=LMDB_NET)
    assert without.exit_code == 1
    assert "give `--input data=64,3,227,227` (with your sizes)" in without.stderr
    given = run("dump", "-", "--until", "shaped", "--input", "data=4,1,28,28", stdin=LMDB_NET)
    assert "-> data [4 1 28 28], label [4]\n" in given.stdout


def test_plan_compares_what_memory_is_needed_for(run: Run) -> None:
    shown = run("plan", "-", stdin=SMALL)
    assert shown.exit_code == 0
    rows = [re.split(r"\s{2,}", line) for line in shown.stdout.splitlines()[2:]]
    assert [row[0] for row in rows] == [
        "training",
        "training, memory low",
        "training, every blob readable",
        "inference",
        "inference, memory low",
        "inference, every blob readable",
    ]
    steps = [int(row[1]) for row in rows]
    assert min(steps[:3]) > max(steps[3:]) == 3
    parameters = [row[2] for row in rows]
    assert parameters == ["4.4 KiB"] * 3 + ["2.2 KiB"] * 3


def test_plan_lists_steps_if_asked(run: Run) -> None:
    short, long = run("plan", "-", stdin=SMALL).stdout, run("plan", "-", "--steps", stdin=SMALL).stdout
    assert long == run("dump", "-", stdin=SMALL).stdout + "\n" + short
