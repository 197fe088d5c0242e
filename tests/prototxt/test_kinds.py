"""Nets and solvers are told apart by their fields."""

import json
from pathlib import Path

import pytest

from netcc.errors import Source
from netcc.prototxt.kinds import NET_FIELDS, SOLVER_FIELDS, Kind, kind_of, telling_field
from netcc.prototxt.parse import parse


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('name: "n" layer { }', "net"),
        ("layers < >", "net"),
        ('input: "x" input_dim: 1', "net"),
        ('net: "n.prototxt" base_lr: 0.1', "solver"),
        ("net_param { layer { } } max_iter: 1", "solver"),
        ("layer { } layer { } layer { } type: 3", "unknown"),
        ("layer { } name: 'n' type: 3", "net"),
        ("debug_info: true", "unknown"),
        ("foo: 1", "unknown"),
        ("", "unknown"),
    ],
)
def test_the_fields_tell_the_kind(text: str, kind: Kind) -> None:
    assert kind_of(parse(Source("t", text))) == kind


def test_the_first_telling_field_is_found() -> None:
    document = parse(Source("t", 'debug_info: true\nbase_lr: 1\nnet: "x"'))
    field = telling_field(document, "solver")
    assert field is not None
    assert field.name == "base_lr"
    assert telling_field(document, "net") is None


def test_the_names_are_those_of_the_schema() -> None:
    facts = json.loads((Path(__file__).parents[1] / "facts" / "bvlc.json").read_text(encoding="utf-8"))["messages"]
    nets, solvers = ({field["name"] for field in facts[name]} for name in ("NetParameter", "SolverParameter"))
    assert nets - solvers == NET_FIELDS
    assert solvers - nets == SOLVER_FIELDS
