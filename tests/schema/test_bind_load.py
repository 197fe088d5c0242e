"""Nets and solvers from paths, texts and trees, and where their fields stand in the text."""

from pathlib import Path

import pytest

from netcc.errors import PrototxtError, Source, UsageError
from netcc.prototxt.parse import parse
from netcc.schema.bind import load_net, load_solver, locate

NET = """\
name: "n"
layer {
  name: "a"
  type: "Convolution"
  bottom: "x"
  bottom: "y"
  convolution_param { num_output: 20 kernel_size: [3, 5] weight_filler { type: "xavier" } }
}
layer { name: "b" }
"""
SOLVER = 'net: "net.prototxt"\nbase_lr: 0.01\nsolver_type: ADAM\n'


def test_a_net_is_read_from_its_text_its_path_and_its_tree(tmp_path: Path) -> None:
    path = tmp_path / "net.prototxt"
    path.write_text(NET, encoding="utf-8")
    nets = [load_net(NET), load_net(path), load_net(str(path)), load_net(parse(Source("t", NET)))]
    assert [net.source.name for net in nets] == ["<text>", str(path), str(path), "t"]
    assert all(net.message == nets[0].message for net in nets)
    assert [layer.name for layer in nets[0].message.layer] == ["a", "b"]


@pytest.mark.parametrize("text", ["layer {}", "layer\n<>", 'name: "x"'])
def test_a_brace_a_colon_or_a_line_break_makes_a_text(text: str) -> None:
    assert load_net(text).source.name == "<text>"


@pytest.mark.parametrize("name", ["no_such_net.prototxt", "C:\\no_such_net.prototxt", "c:/no_such_net.prototxt"])
def test_anything_else_is_a_path(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        load_net(name)
    assert caught.value.message.endswith("no_such_net.prototxt: no such file")


def test_a_solver_is_read_and_upgraded() -> None:
    solver = load_solver(SOLVER)
    assert (solver.message.type, solver.message.HasField("solver_type")) == ("Adam", False)
    assert solver.warnings == ()


def test_layer_nodes_go_with_the_layers_of_an_upgraded_net() -> None:
    net = load_net('layers { name: "a" type: RELU }\ninput: "x" input_dim: [1, 2, 3, 4]\nlayers { name: "b" }')
    nodes = [locate(net.document, node, ["name"]) for node in net.layer_nodes]
    assert [layer.name for layer in net.message.layer] == ["input", "a", "b"]
    assert [str(span) for span in nodes] == ["<text>:2:1", "<text>:1:10", "<text>:3:10"]


def test_what_an_upgrade_leaves_out_is_a_warning() -> None:
    net = load_net('input: "x"\nlayer { name: "a" colour: 1 }', unknown="warn")
    assert [warning.message for warning in net.warnings] == [
        "'input' without a shape is left out",
        "'layer' has no field 'colour'",
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [("\n", "the file is empty"), (" \t\n", "the file is empty"), ("# {\n# }", "there are only comments in it")],
)
def test_a_file_without_fields_is_told(text: str, reason: str) -> None:
    for load, kind in ((load_net, "net"), (load_solver, "solver")):
        with pytest.raises(PrototxtError) as caught:
            load(text)
        assert str(caught.value) == f"error: <text>: {reason}\n  expected a {kind} definition"


def test_an_empty_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "net.prototxt"
    path.touch()
    with pytest.raises(PrototxtError) as caught:
        load_net(path)
    assert str(caught.value) == f"error: {path}: the file is empty\n  expected a net definition"


def test_a_solver_given_as_net_is_one_fault() -> None:
    with pytest.raises(PrototxtError) as caught:
        load_net(SOLVER)
    assert str(caught.value) == (
        "<text>:1:1: error: this is a solver definition ('net' on line 1), not a net\n"
        '    net: "net.prototxt"\n'
        "    ^~~\n"
        "  expected a net: layer { ... }"
    )


def test_a_net_given_as_solver_is_one_fault() -> None:
    with pytest.raises(PrototxtError) as caught:
        load_solver(NET)
    assert str(caught.value) == (
        "<text>:1:1: error: this is a net definition ('name' on line 1), not a solver\n"
        '    name: "n"\n'
        "    ^~~~\n"
        "  expected a solver: net or train_net, base_lr, lr_policy, max_iter ..."
    )


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ((), "layer"),
        (("name",), 'name: "a"'),
        (("bottom",), 'bottom: "x"'),
        (("bottom", 1), 'bottom: "y"'),
        (("bottom", 7), "layer"),
        (("convolution_param",), "convolution_param"),
        (("convolution_param", "num_output"), "num_output: 20"),
        (("convolution_param", "kernel_size", 1), "kernel_size: [3, 5"),
        (("convolution_param", "weight_filler", "type"), 'type: "xavier"'),
        (("convolution_param", "pad"), "convolution_param"),
        (("pooling_param", "pad"), "layer"),
        (("name", "x"), 'name: "a"'),
    ],
)
def test_a_field_is_located_or_its_nearest_ancestor(path: tuple[str | int, ...], shown: str) -> None:
    net = load_net(NET)
    span = locate(net.document, net.layer_nodes[0], path)
    assert span is not None
    assert NET[span.start : span.end] == shown


def test_what_the_program_made_stands_nowhere() -> None:
    net = load_net('layer { type: "BatchNorm" param { } param { } param { } }')
    assert locate(net.document, net.layer_nodes[0], ["param", "lr_mult"]) is None


REFUSED = {
    "unknown_field": (
        'layer { name: "op" type: "ReLU" relu_param { slope: 1 } }',
        "'relu_param' has no field 'slope'",
    ),
    "unknown_enum": (
        'layer { name: "op" type: "Pooling" pooling_param { pool: SUM kernel_size: 2 } }',
        "'pool' cannot be SUM",
    ),
    "required_missing": (
        'layer { name: "op" type: "Clip" clip_param { min: 1 } }',
        "'clip_param' lacks its field 'max'",
    ),
    "repeated_scalar": (
        'layer { name: "op" relu_param { negative_slope: 1 } relu_param { negative_slope: 2 } }',
        "'relu_param' is given twice, and may be given once",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_caffe_refuses_to_parse_is_refused(name: str) -> None:
    text, message = REFUSED[name]
    with pytest.raises(PrototxtError) as caught:
        load_net(text)
    assert [fault.message for fault in caught.value.diagnostics] == [message]
