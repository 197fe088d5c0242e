"""Old spellings against what Caffe's own upgrade tools made of the same files, and what is refused."""

import json
from pathlib import Path
from textwrap import dedent

import pytest
from google.protobuf import text_format

from netcc.errors import Diagnostic, PrototxtError, Source
from netcc.prototxt.format import format_document
from netcc.prototxt.parse import parse
from netcc.prototxt.upgrade import upgrade_document, upgrade_net, upgrade_solver
from netcc.prototxt.upgrade_v1 import NAMES, TYPES
from netcc.schema import caffe_pb2
from netcc.schema.bind import bind

GOLDEN = Path(__file__).parents[1] / "golden" / "upgrade"
CASES = {case["name"]: case for case in json.loads((GOLDEN / "meta.json").read_text())["cases"]}


def upgraded(text: str) -> tuple[str, list[Diagnostic]]:
    document, notes = upgrade_document(parse(Source("t", dedent(text))))
    return format_document(document), notes


def faults(text: str) -> list[str]:
    with pytest.raises(PrototxtError) as caught:
        upgrade_document(parse(Source("t", text)))
    return [f"{fault.span}: {'; '.join([fault.message, *fault.notes])}" for fault in caught.value.diagnostics]


@pytest.mark.parametrize("name", CASES)
def test_the_message_is_that_of_caffe(name: str) -> None:
    case = CASES[name]
    is_solver = case["kind"] == "solver"
    made = caffe_pb2.SolverParameter if is_solver else caffe_pb2.NetParameter
    expected = text_format.Parse((GOLDEN / f"{name}.new.prototxt").read_text(), made())
    document = parse(Source(name, (GOLDEN / f"{name}.old.prototxt").read_text()))
    document, notes = (upgrade_solver if is_solver else upgrade_net)(document)
    assert bind(document, made)[0] == expected
    losses = sum(note.severity == "warning" for note in notes)
    assert losses == {"v0_bad_field": 2, "input_none": 1}.get(name, 0)
    assert case["exit"] == (1 if name == "v0_bad_field" else 0)


@pytest.mark.parametrize("name", CASES)
def test_what_is_upgraded_stays_as_it_is(name: str) -> None:
    document = parse(Source(name, (GOLDEN / f"{name}.new.prototxt").read_text()))
    again, notes = upgrade_document(document)
    assert again == document
    assert notes == []


def test_every_type_of_v1_has_its_number() -> None:
    assert {number: name for name, number in caffe_pb2.V1LayerParameter.LayerType.items()} == NAMES
    assert set(NAMES.values()) == set(TYPES)
    text, _ = upgraded("layers { type: 4 }")
    assert text == 'layer {\n  type: "Convolution"\n}\n'


def test_normalization_within_a_channel_was_a_type_once() -> None:
    text, _ = upgraded("layers { type: LRN_MAP lrn_map_param { local_size: 3 # near\n } }\nlayers { type: LRN_MAP }")
    assert " ".join(text.split()) == (
        'layer { type: "LRN" lrn_param { local_size: 3 # near norm_region: WITHIN_CHANNEL } } '
        'layer { type: "LRN" lrn_param { norm_region: WITHIN_CHANNEL } }'
    )


def test_comments_stay_where_they_were() -> None:
    text, notes = upgraded("""\
        # the net
        input: "x"  # data
        input_dim: 1
        input_dim: 3  # colours
        input_dim: 8
        input_dim: 8

        # first
        layers {  # old
          name: "c"
          type: CONVOLUTION
          # rates
          blobs_lr: 1  # weights
          blobs_lr: 2
          weight_decay: 1
          bottom: "x"  # in
        }  # done
        """)
    assert text == dedent("""\
        # the net
        layer {
          name: "input"
          type: "Input"
          top: "x"  # data
          input_param {
            shape {
              dim: 1
              dim: 3  # colours
              dim: 8
              dim: 8
            }
          }
        }

        # first
        layer {  # old
          name: "c"
          type: "Convolution"
          param {
            # rates
            lr_mult: 1  # weights
            decay_mult: 1
          }
          param { lr_mult: 2 }
          bottom: "x"  # in
        }  # done
        """)
    assert [(note.severity, note.message) for note in notes] == [
        ("note", "'input' becomes an Input layer"),
        ("note", "layers { ... } becomes layer { ... }"),
    ]


def test_a_padding_layer_leaves_its_comments_behind() -> None:
    text, _ = upgraded("""\
        # pad it
        layers { layer { name: "p" type: "padding" pad: 2 } bottom: "x" top: "p" }
        # and convolve
        layers { layer { name: "c" type: "conv" num_output: 3 pad: 1 } bottom: "p" top: "c" }
        """)
    assert text == dedent("""\
        # pad it
        # and convolve
        layer {
          name: "c"
          type: "Convolution"
          bottom: "x"
          top: "c"
          convolution_param { num_output: 3 pad: 2 }
        }
        """)


def test_places_of_moved_values_are_those_of_the_old_text() -> None:
    text = 'layers { name: "c" type: CONVOLUTION blobs_lr: "fast" }'
    document, _ = upgrade_net(parse(Source("t", text)))
    with pytest.raises(PrototxtError) as caught:
        bind(document, caffe_pb2.NetParameter)
    (fault,) = caught.value.diagnostics
    assert fault.message == "'lr_mult' expects a number, found the string 'fast'"
    assert fault.span is not None
    assert fault.span.start == text.index('"fast"')


def test_the_input_layer_comes_first_of_the_layers() -> None:
    text, _ = upgraded('layer { name: "a" }\nname: "n"\ninput: "x"\ninput_shape { dim: 1 }')
    assert text.index('"Input"') < text.index('"a"') < text.index('name: "n"')


def test_values_of_a_source_win_over_its_transform_param() -> None:
    text, _ = upgraded(
        "layers { type: DATA transform_param { scale: 1 mirror: true } data_param { scale: 2 batch_size: 3 } }"
    )
    assert text == dedent("""\
        layer {
          type: "Data"
          transform_param { mirror: true scale: 2 }
          data_param { batch_size: 3 }
        }
        """)


def test_of_several_devices_of_a_solver_the_first_stays() -> None:
    text, notes = upgraded("base_lr: 1\ndevice_id: [2, 3]\nmax_iter: 5")
    assert text == "base_lr: 1\ndevice_id: 2\nmax_iter: 5\n"
    assert [(note.severity, note.message) for note in notes] == [
        ("warning", "'device_id' is given more than once; netcc runs on the processor and needs none")
    ]


def test_nets_within_a_solver_are_upgraded() -> None:
    text, notes = upgraded("base_lr: 1\nnet_param { layers { type: RELU } }\nsolver_type: ADAM")
    assert text == 'base_lr: 1\nnet_param {\n  layer { type: "ReLU" }\n}\ntype: "Adam"\n'
    assert [note.message for note in notes] == [
        "layers { ... } becomes layer { ... }",
        'solver_type: ADAM becomes type: "Adam"',
    ]


@pytest.mark.parametrize(
    ("text", "loss"),
    [
        ('input_dim: 1 layer { name: "a" }', "'input_dim' says nothing without 'input'"),
        ('input: "x" input_dim: [1, 1, 1, 1, 9]', "'input_dim' is left out from here on: there are 4 for 1 'input'"),
        (
            'input: "x" input_dim: [1, 1, 1, 1] input_shape { dim: 2 }',
            "'input_dim' is left out, since there is 'input_shape'",
        ),
        (
            'layer { type: "Data" data_param { scale: 2 } }',
            "'scale' has no effect in 'data_param'; it belongs in 'transform_param'",
        ),
        (
            'layers { layer { type: "relu" } bottom: "x" loss_weight: 1 }',
            "'loss_weight' is left out, since V0 layers have no such field",
        ),
        (
            'debug_info: true layers { layer { type: "relu" } }',
            "'debug_info' is left out, since V0 nets have no such field",
        ),
        (
            'layers { layer { type: "relu" new_num: 1 } }',
            "'new_num' is left out, since a layer of type 'relu' has no such field",
        ),
    ],
)  # fmt: skip
def test_what_is_left_out_is_told(text: str, loss: str) -> None:
    _, notes = upgraded(text)
    assert [note.message for note in notes if note.severity == "warning"] == [loss]


PAD = 'layers { layer { type: "padding" pad: 1 } bottom: "x" top: "p" }'
REFUSED = {
    "layer { }\nlayers { }": ["t:1:1: 'layer' and 'layers' cannot stand in one net; 'layers' stands on line 2"],
    "solver_type: SGD\ntype: 'Adam'": [
        "t:1:1: 'solver_type' and 'type' cannot stand in one solver; 'type' stands on line 2"
    ],
    'input: "x" input: "y" input_dim: [1, 2, 3, 4]': ["t:1:1: 2 'input' need 8 'input_dim', found 4"],
    'input: "x" input: "y" input_shape { }': ["t:1:1: 2 'input' need 2 'input_shape', found 1"],
    'layers { type: "ReLU" }': [
        "t:1:16: there is no layer type ReLU in 'layers'; "
        "write type: RELU, or write 'layer' in place of 'layers' to use type: \"ReLU\""
    ],
    'layers { type: "Scale" }': [
        "t:1:16: there is no layer type Scale in 'layers'; write 'layer' in place of 'layers' to use type: \"Scale\""
    ],
    "layers { type: CONVOLUTON }": ["t:1:16: there is no layer type CONVOLUTON in 'layers'; did you mean CONVOLUTION?"],
    "layers { type: 40 }": [f"t:1:16: there is no layer type 40 in 'layers'; expected one of {', '.join(TYPES)}"],
    "layers { param { lr_mult: 1 } }": [
        "t:1:10: 'param' is one value for each blob in 'layers'; param { ... } belongs in 'layer'"
    ],
    "layers { layer { pad: 1 pad: 2 } }": ["t:1:25: 'pad' is given twice, and may be given once"],
    "layers { layer { } }\nlayers { type: RELU }": [
        "t:2:10: 'type' of a V0 layer stands in layer { ... } within layers { ... }"
    ],
    f'{PAD}\nlayers {{ layer {{ type: "relu" }} bottom: "p" }}': [
        "t:1:1: a padding layer can be read by conv and pool layers only"
    ],
    f'{PAD}\nlayers {{ layer {{ type: "conv" }} bottom: "p" bottom: "p" }}': [
        "t:1:1: a layer that reads a padding layer has one bottom"
    ],
    f'{PAD.replace("bottom", "top")}\nlayers {{ layer {{ type: "conv" }} bottom: "p" }}': [
        "t:1:1: a padding layer has one bottom and one top"
    ],
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_caffe_refuses_is_refused(text: str) -> None:
    assert faults(text) == REFUSED[text]


def test_an_unknown_v0_type_is_refused_with_the_nearest() -> None:
    with pytest.raises(PrototxtError) as caught:
        upgraded('layers { layer { type: "con" } }')
    (fault,) = caught.value.diagnostics
    assert (fault.message, fault.suggestion) == ("there is no V0 layer type 'con'", "conv")
