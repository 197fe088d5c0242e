"""Every net of the zoo: its files are those that the Python writes, its numbers those of its paper."""

from __future__ import annotations

import json

import pytest
from helpers.zoo import ZOO, deploy_table, parameter_shapes, train_table

import netcc
from netcc.schema.bind import load_net, load_solver
from netcc.solver.fields import check_fields
from netcc.types import TEST, TRAIN, count
from zoo.generate.catalogue import NETS, files
from zoo.generate.index import entry_of, index_text, readme_text
from zoo.generate.page import learned

INDEX = json.loads((ZOO / "index.json").read_text(encoding="utf-8"))

nets = pytest.mark.parametrize("name", NETS)


@nets
def test_the_files_are_those_that_the_python_writes(name: str) -> None:
    for file, text in files(name).items():
        assert (ZOO / name / file).read_text(encoding="utf-8") == text, f"python -m zoo.generate {name}"


@nets
def test_the_number_of_parameters_is_that_of_the_source(name: str) -> None:
    assert learned(deploy_table(name).layers) == NETS[name].parameters
    page = " ".join((ZOO / name / "README.md").read_text(encoding="utf-8").split())
    assert f"Parameters: {NETS[name].parameters:,}." in page


@nets
def test_the_net_in_training_has_the_parameters_of_the_net_for_use(name: str) -> None:
    deploy, train, test = deploy_table(name), train_table(name, TRAIN), train_table(name, TEST)
    assert learned(train.layers) == (NETS[name].train_parameters or NETS[name].parameters)
    assert parameter_shapes(deploy).items() <= parameter_shapes(train).items()
    assert parameter_shapes(test) == parameter_shapes(train)


@nets
def test_the_index_is_right(name: str) -> None:
    (entry,) = [item for item in INDEX if item["name"] == name]
    assert entry == json.loads(json.dumps(entry_of(deploy_table(name), name)))
    assert entry["inputs"][0][1:] == list(NETS[name].input) or len(entry["inputs"]) > 1


@nets
def test_the_solver_is_accepted(name: str) -> None:
    bound = load_solver(ZOO / name / "solver.prototxt")
    assert bound.message.net == "train.prototxt"
    assert bound.message.snapshot_prefix
    assert [warning.message for warning in check_fields(bound, net_given=False)] == []


@nets
def test_the_stages_of_the_page_add_up(name: str) -> None:
    page = (ZOO / name / "README.md").read_text(encoding="utf-8")
    rows = [[cell.strip(" *") for cell in line.split("|")[1:-1]] for line in page.splitlines() if line.count("|") == 5]
    assert rows[0] == ["stage", "output", "parameters", "MACs"]
    assert rows[-1][0] == "total"
    *parts, total = [[int(cell.replace(",", "") or 0) for cell in row[2:]] for row in rows[2:]]
    assert total == [sum(column) for column in zip(*parts, strict=True)]
    assert total == [NETS[name].parameters, deploy_table(name).macs]


def test_the_index_and_the_page_of_the_zoo_name_every_net() -> None:
    folders = {path.parent.relative_to(ZOO).as_posix() for path in ZOO.glob("**/deploy.prototxt")}
    assert {item["name"] for item in INDEX} == folders
    assert folders >= set(NETS)
    assert (ZOO / "index.json").read_text(encoding="utf-8") == index_text(INDEX)
    assert (ZOO / "README.md").read_text(encoding="utf-8") == readme_text(INDEX)


@pytest.mark.parametrize("layers", [20, 56, 110, 1202])
def test_the_closed_form_of_the_nets_for_cifar10(layers: int) -> None:
    blocks = (layers - 2) // 6
    groups = 0
    for inputs, channels in ((16, 16), (16, 32), (32, 64)):
        first, others = 9 * inputs * channels, 9 * channels * channels
        groups += first + (2 * blocks - 1) * others + 2 * blocks * 2 * channels
    total = (9 * 3 * 16 + 2 * 16) + groups + (64 * 10 + 10)
    assert total == 97_216 * blocks - 21_926 == NETS[f"resnet{layers}_cifar"].parameters


def test_the_layers_of_alexnet() -> None:
    table = netcc.shapes(ZOO / "alexnet" / "deploy.prototxt", TEST)
    counts = [sum(count(item.shape) for item in layer.parameters) for layer in table.layers if layer.parameters]
    assert counts == [34_944, 307_456, 885_120, 663_936, 442_624, 37_752_832, 16_781_312, 4_097_000]
    tops = {name: shape for layer in table.layers for name, shape in layer.tops}
    assert [tops[name] for name in ("conv1", "pool1", "pool2", "pool5")] == [
        (1, 96, 55, 55),
        (1, 96, 27, 27),
        (1, 256, 13, 13),
        (1, 256, 6, 6),
    ]


def test_bilinear_weights_keep_the_classes_of_fcn8s_apart() -> None:
    """The filler gives every pair of channels the same kernel; without groups all classes get the same scores."""
    for file in ("train.prototxt", "deploy.prototxt"):
        message = load_net(ZOO / "fcn8s" / file).message
        enlarging = [layer.convolution_param for layer in message.layer if layer.type == "Deconvolution"]
        assert [(own.group, own.num_output, own.weight_filler.type) for own in enlarging] == [(21, 21, "bilinear")] * 3
