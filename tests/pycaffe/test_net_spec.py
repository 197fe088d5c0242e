"""Nets written in Python are those that pycaffe's net_spec would write."""

from __future__ import annotations

import doctest

import pytest

import netcc
from netcc.errors import NetccError, UsageError
from netcc.prototxt.format import format_message
from netcc.pycaffe import NetSpec, net_spec, to_proto
from netcc.pycaffe import layers as L  # noqa: N812 - the name that pycaffe's users write
from netcc.pycaffe import params as P  # noqa: N812
from netcc.pycaffe.net_spec import FieldError, NotATopError, param_name_dict


def small_net() -> NetSpec:
    net = NetSpec()
    net.data, net.label = L.DummyData(shape=[{"dim": [4, 1, 8, 8]}, {"dim": [4]}], ntop=2)
    net.conv1 = L.Convolution(net.data, kernel_size=3, num_output=6, weight_filler={"type": "xavier"})
    net.relu1 = L.ReLU(net.conv1, in_place=True)
    net.pool1 = L.Pooling(net.relu1, kernel_size=2, stride=2, pool=P.Pooling.AVE)
    net["ip/1"] = L.InnerProduct(net.pool1, num_output=5, param=[{"lr_mult": 1}, {"lr_mult": 2}])
    net.loss = L.SoftmaxWithLoss(net["ip/1"], net.label, loss_weight=2)
    return net


def test_the_example_in_the_docstring() -> None:
    results = doctest.testmod(net_spec)
    assert results.attempted > 4
    assert results.failed == 0


def test_the_text_of_a_net() -> None:
    text = format_message(small_net().to_proto())
    assert text.startswith('layer {\n  name: "data"\n  type: "DummyData"\n  top: "data"\n  top: "label"\n')
    ip = text[text.index('  name: "ip/1"') :].partition("\n}")[0]
    assert ip.split("\n") == [
        '  name: "ip/1"',
        '  type: "InnerProduct"',
        '  bottom: "pool1"',
        '  top: "ip/1"',
        "  param { lr_mult: 1 }",
        "  param { lr_mult: 2 }",
        "  inner_product_param { num_output: 5 }",
    ]
    loss = small_net().to_proto().layer[-1]
    assert list(loss.loss_weight) == [2]


def test_a_layer_in_place_writes_its_bottom_and_has_a_name_of_its_own() -> None:
    relu = small_net().to_proto().layer[2]
    assert (relu.name, list(relu.bottom), list(relu.top)) == ("relu1", ["conv1"], ["conv1"])


def test_the_net_has_shapes() -> None:
    table = netcc.shapes(small_net().to_proto())
    assert [shape for _, shape in table.layers[4].tops] == [(4, 5)]
    assert table.parameter_count == 6 * 9 + 6 + 5 * 6 * 9 + 5


@pytest.mark.parametrize(
    ("bottom", "fields", "flat"),
    [
        ([1, 3, 32, 32], {"num_output": 64, "kernel_size": 3, "pad": 1}, (1, 65_536)),
        ([10, 16, 30, 32], {"num_output": 33, "kernel_size": [3, 2], "stride": [2, 1]}, (10, 33 * 14 * 31)),
    ],
)
def test_shapes_of_the_examples_of_tutorials(
    bottom: list[int], fields: dict[str, object], flat: tuple[int, int]
) -> None:
    top = L.Flatten(L.Convolution(L.Input(shape={"dim": bottom}), **fields))
    assert netcc.shapes(top.to_proto()).layers[-1].tops[0][1] == flat


def test_blobs_without_names_are_named_by_type_and_number() -> None:
    data, label = L.DummyData(shape=[{"dim": [4, 3]}, {"dim": [4]}], ntop=2)
    hidden = L.ReLU(L.InnerProduct(data, num_output=5), in_place=True)
    net = to_proto(L.SoftmaxWithLoss(L.InnerProduct(hidden, num_output=2), label))
    assert [(layer.name, *layer.top) for layer in net.layer] == [
        ("DummyData1", "DummyData1", "DummyData2"),
        ("InnerProduct1", "InnerProduct1"),
        ("ReLU1", "InnerProduct1"),
        ("InnerProduct2", "InnerProduct2"),
        ("SoftmaxWithLoss1", "SoftmaxWithLoss1"),
    ]


def test_a_layer_without_tops() -> None:
    net = NetSpec()
    net.data, net.other = L.DummyData(shape={"dim": 3}, ntop=2)
    net.silence = L.Silence(net.data, ntop=0)
    L.Silence(net.other, ntop=0)
    made = net.to_proto()
    assert [(layer.name, list(layer.top)) for layer in made.layer] == [("data", ["data", "other"]), ("silence", [])]
    nameless = to_proto(L.Silence(net.data, net.other, ntop=0))
    assert [layer.name for layer in nameless.layer] == ["DummyData1", "Silence1"]


def test_what_a_blob_needs_comes_before_it_and_once() -> None:
    data = L.Input(shape={"dim": [1, 2]})
    left, right = L.ReLU(data), L.TanH(data)
    assert [layer.type for layer in L.Eltwise(right, left).to_proto().layer] == ["Input", "TanH", "ReLU", "Eltwise"]


def test_a_net_may_be_deeper_than_the_stack_of_python() -> None:
    top = L.Input(shape={"dim": [1, 2]})
    for _ in range(3000):
        top = L.ReLU(top)
    assert len(top.to_proto().layer) == 3001


def test_fields_go_to_the_message_of_the_type_then_to_the_layer() -> None:
    data = L.Input(shape={"dim": [1, 2, 4, 4]})
    layer = (
        L.Deconvolution(data, convolution_param={"num_output": 3, "kernel_size": [2, 3]}, name="up").to_proto().layer[1]
    )
    assert (layer.name, list(layer.convolution_param.kernel_size)) == ("up", [2, 3])
    data_layer = L.Data(source="db", backend=P.Data.LMDB, batch_size=2, transform_param={"scale": 0.5}, ntop=2)[0]
    made = data_layer.to_proto().layer[0]
    assert (made.data_param.source, made.data_param.backend, made.transform_param.scale) == ("db", 1, 0.5)
    assert made.include == []


def test_an_empty_message_is_there() -> None:
    layer = L.Convolution(L.Input(), num_output=1, weight_filler={}).to_proto().layer[1]
    assert layer.convolution_param.HasField("weight_filler")


def test_names_of_messages() -> None:
    names = param_name_dict()
    assert (names["Convolution"], names["ReLU"], names["LRN"], names["InnerProduct"]) == (
        "convolution",
        "relu",
        "lrn",
        "inner_product",
    )


@pytest.mark.parametrize(
    ("make", "message", "suggestion"),
    [
        (
            lambda top: L.Convolution(top, kernal_size=3),
            "ConvolutionParameter has no field 'kernal_size'",
            "kernel_size",
        ),
        (
            lambda top: L.Convolutoin(top, num_output=3),
            "LayerParameter has no field 'num_output'; there is no layer type 'Convolutoin'",
            "Convolution",
        ),
        (lambda top: L.ReLU6(top, includ=1), "LayerParameter has no field 'includ'", "include"),
        (lambda top: L.Convolution(top, num_output="x"), "ConvolutionParameter.num_output cannot be 'x'", None),
        (lambda top: L.Convolution(top, kernel_size=["x"]), "kernel_size cannot hold 'x'", None),
        (lambda top: L.Convolution(top, weight_filler=[1]), "weight_filler cannot be [1]", None),
        (lambda top: L.ReLU(top, param=[3]), "param cannot be 3", None),
        (lambda top: L.Pooling(top, pool=P.Poling.MAX), "there is no message PolingParameter", "Pooling"),
    ],
)
def test_fields_that_do_not_exist_or_fit(make, message, suggestion) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(FieldError) as caught:
        make(L.Input()).to_proto()
    assert caught.value.message == message
    assert caught.value.diagnostics[0].suggestion == suggestion
    assert isinstance(caught.value, UsageError)
    assert isinstance(caught.value, AttributeError)


def test_a_bottom_must_be_a_top() -> None:
    data = L.DummyData(ntop=2)
    with pytest.raises(TypeError, match=r"^Silence input 0 is not a Top \(type is <class 'tuple'>\)$") as caught:
        L.Silence(data, ntop=0)
    assert isinstance(caught.value, NotATopError)
    assert isinstance(caught.value, NetccError)
    assert L.Silence(*data, ntop=0).type_name == "Silence"


def test_a_blob_that_was_not_assigned() -> None:
    with pytest.raises(FieldError) as caught:
        _ = small_net().conv2
    assert str(caught.value) == "error: the net has no blob 'conv2' yet\n  did you mean 'conv1'?"
