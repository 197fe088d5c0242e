"""What binding says of each fault: where, what was found, what was expected, what was probably meant."""

import pytest

from netcc.errors import Diagnostic, PrototxtError, Source
from netcc.prototxt.parse import parse
from netcc.schema import caffe_pb2
from netcc.schema.bind import bind

AN_INT32 = "expected an integer from -2147483648 to 2147483647"
FAULTS = {
    # kinds
    "name: 5": "1:7 'name' expects a string, found the number 5; write it in quotes",
    "name: LeNet": "1:7 'name' expects a string, found the name LeNet; write \"LeNet\"",
    "layer { type: CONVOLUTION }": "1:15 'type' expects a string, found the name CONVOLUTION; write \"Convolution\"",
    "name { }": "1:1 'name' expects a string, found a message",
    'name: "\\xff"': "1:7 'name' holds bytes that are not UTF-8 text",
    "state: 5": "1:8 'state' expects a message { ... }, found the number 5",
    'layer: "x"': "1:8 'layer' expects a message { ... }, found the string 'x'",
    'input_dim: "3"': "1:12 'input_dim' expects an integer, found the string '3'; write it without quotes",
    "input_dim: three": "1:12 'input_dim' expects an integer, found the name three",
    "input_dim: 1.5": "1:12 'input_dim' expects an integer, found 1.5",
    "input_dim: 1e3": "1:12 'input_dim' expects an integer, found 1e3",
    "input_dim: 08": "1:12 'input_dim' expects an integer, found 08; a leading 0 means octal",
    "layer { loss_weight: x }": "1:22 'loss_weight' expects a number, found the name x",
    "layer { loss_weight: '1' }": "1:22 'loss_weight' expects a number, found the string '1'; write it without quotes",
    "layer { loss_weight: 0x1 }": "1:22 'loss_weight' expects a decimal number, found 0x1",
    "force_backward: yes": "1:17 'force_backward' expects true or false, found the name yes",
    "force_backward: TRUE": "1:17 'force_backward' expects true or false, found the name TRUE; did you mean true?",
    "force_backward: 2": "1:17 'force_backward' expects true or false, found the number 2",
    # ranges
    "input_dim: 2147483648": f"1:12 'input_dim' cannot be 2147483648; {AN_INT32}",
    "input_dim: -0x80000001": f"1:12 'input_dim' cannot be -0x80000001; {AN_INT32}",
    "layer { convolution_param { pad: -1 } }": "1:34 'pad' cannot be -1; expected an integer from 0 to 4294967295",
    # enumerations
    "state { phase: TRAINING }": "1:16 'phase' cannot be TRAINING; expected TRAIN (0), TEST (1); did you mean TRAIN?",
    "state { phase: 2 }": "1:16 'phase' cannot be 2; expected TRAIN (0), TEST (1)",
    'state { phase: "TEST" }': "1:16 'phase' expects a name, found the string 'TEST'; write it without quotes",
    # how often
    'name: "a"\nname: "b"': "2:1 'name' is given twice, and may be given once; first on line 1",
    "state { }\nstate { }": "2:1 'state' is given twice, and may be given once; first on line 1",
    "layer { clip_param { min: 1 } }": "1:9 'clip_param' lacks its field 'max'; expected a number",
    # names
    'nmae: "x"': "1:1 the net has no field 'nmae'; did you mean name?",
    "layer { botom: 'x' }": "1:9 'layer' has no field 'botom'; did you mean bottom?",
    "layer { param { lr: 1 } }": "1:17 'param' has no field 'lr'; did you mean lr_mult?",
    "layer { lr_mult: 1 }": "1:9 'layer' has no field 'lr_mult'; it belongs in 'param'",
    "layer { lr: 1 }": "1:9 'layer' has no field 'lr'; 'lr_mult' belongs in 'param'",
    "layer { blobs_lr: 1 }": "1:9 'layer' has no field 'blobs_lr'; write param { lr_mult: ... } for each blob",
    "layer { relu_param { bottom: 'x' } }": "1:22 'relu_param' has no field 'bottom'; it belongs in 'layer'",
    "layer { relu_param { input_dim: 3 } }": "1:22 'relu_param' has no field 'input_dim'; it belongs in the net",
    "layer { relu_param { slope: 1 } }": "1:22 'relu_param' has no field 'slope'; did you mean negative_slope?",
    "layer { threshold_param { zzz: 1 } }": "1:27 'threshold_param' has no field 'zzz'; expected threshold",
    "base_lr: 1": "1:1 the net has no field 'base_lr'; it belongs in the solver's file",
}


def faults(text: str) -> tuple[Diagnostic, ...]:
    with pytest.raises(PrototxtError) as caught:
        bind(parse(Source("t", text)), caffe_pb2.NetParameter)
    return caught.value.diagnostics


def told(fault: Diagnostic) -> str:
    assert fault.span is not None
    meant = (f"did you mean {fault.suggestion}?",) if fault.suggestion else ()
    return f"{fault.span.line}:{fault.span.column} " + "; ".join([fault.message, *fault.notes, *meant])


@pytest.mark.parametrize("text", FAULTS)
def test_each_fault_is_told(text: str) -> None:
    assert [told(fault) for fault in faults(text)] == [FAULTS[text]]


def test_a_field_that_belongs_to_many_names_a_few() -> None:
    (fault,) = faults("layer { kernel_size: 3 }")
    assert fault.notes[0].startswith("it belongs in ")
    assert "'convolution_param'" in fault.notes[0]
    assert fault.suggestion is None


def test_all_faults_come_in_the_order_of_the_text() -> None:
    shown = faults('nmae: "x"\nlayer {\n  clip_param { min: a }\n  top: 3\n}\nforce_backward: 5\n')
    assert [fault.span.line for fault in shown if fault.span] == [1, 3, 3, 4, 6]


def test_the_whole_message_shows_the_line_and_a_mark() -> None:
    with pytest.raises(PrototxtError) as caught:
        bind(parse(Source("net.prototxt", "state {\n  phase: TRIAN\n}\n")), caffe_pb2.NetParameter)
    assert str(caught.value) == (
        "net.prototxt:2:10: error: 'phase' cannot be TRIAN\n"
        "      phase: TRIAN\n"
        "             ^~~~~\n"
        "  expected TRAIN (0), TEST (1)\n"
        "  did you mean 'TRAIN'?"
    )


def test_an_unknown_field_may_be_left_out_with_a_warning() -> None:
    document = parse(Source("t", 'name: "n"\nlayer { name: "a" colour { red: 1 } }'))
    message, warnings = bind(document, caffe_pb2.NetParameter, unknown="warn")
    assert message == caffe_pb2.NetParameter(name="n", layer=[caffe_pb2.LayerParameter(name="a")])
    (warning,) = warnings
    assert str(warning).startswith("t:2:19: warning: 'layer' has no field 'colour'\n")
    assert warning.notes[-1] == "it is left out"
    with pytest.raises(PrototxtError):
        bind(document, caffe_pb2.NetParameter)


def test_other_faults_stay_errors_where_unknown_fields_are_warnings() -> None:
    with pytest.raises(PrototxtError) as caught:
        bind(parse(Source("t", "colour: 1 name: 2")), caffe_pb2.NetParameter, unknown="warn")
    assert [fault.severity for fault in caught.value.diagnostics] == ["error", "warning"]
