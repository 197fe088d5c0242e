"""The canonical layout."""

from textwrap import dedent

import pytest
from helpers.trees import DOCUMENTS
from hypothesis import given

from netcc.errors import Source
from netcc.prototxt.format import format_document, format_message
from netcc.prototxt.parse import parse
from netcc.prototxt.tree import Document
from netcc.schema import caffe_pb2


def laid_out(text: str) -> str:
    return format_document(parse(Source("t", text)))


@given(DOCUMENTS)
def test_what_is_printed_reads_back_as_the_same_tree(document: Document) -> None:
    text = format_document(document)
    assert parse(Source("t", text)) == document


def test_a_net_is_laid_out() -> None:
    text = """
        # LeNet, first layer
        name:'n';input_dim:[1,2]


        layers< # old
        type : CONVOLUTION name:"a" bottom:"x",
          convolution_param{num_output:20 # many
          weight_filler<type:'xavier'> }
          include{phase:TRAIN min_level:1 max_level:2 stage:"s" not_stage:"t"}  transform_param {}
        # done
        > # end
    """
    assert laid_out(text) == dedent("""\
        # LeNet, first layer
        name: "n"
        input_dim: 1
        input_dim: 2

        layers {  # old
          type: CONVOLUTION
          name: "a"
          bottom: "x"
          convolution_param {
            num_output: 20  # many
            weight_filler { type: "xavier" }
          }
          include {
            phase: TRAIN
            min_level: 1
            max_level: 2
            stage: "s"
            not_stage: "t"
          }
          transform_param {}
          # done
        }  # end
        """)


@pytest.mark.parametrize(
    ("literal", "printed"),
    [
        ("'it\"s'", r'"it\"s"'),
        ('"it\'s"', '"it\'s"'),
        (r'"\t\r\n\\"', r'"\t\r\n\\"'),
        (r'"\x00\x7f"', r'"\000\177"'),
        ('"é😀"', '"é😀"'),
        (r'"\303\251"', '"é"'),
        (r'"\u00a0"', r'"\302\240"'),
        (r'"\xff\303\251"', r'"\377\303\251"'),
        ("'a' 'b'", '"ab"'),
    ],
)
def test_strings_have_one_spelling(literal: str, printed: str) -> None:
    assert laid_out(f"a: {literal}") == f"a: {printed}\n"


@pytest.mark.parametrize(
    ("inner", "one_line"),
    [
        ("a: 1 b: 2 c: 3 d: 4", True),
        ("", True),
        (f'a: "{"x" * 67}"', True),
        (f'a: "{"x" * 68}"', False),
        ("a: 1 b: 2 c: 3 d: 4 e: 5", False),
        ("a: 1 # c\n", False),
        ("# c\n", False),
        ("b { a: 1 }", False),
    ],
)
def test_a_message_on_one_line_is_short_and_plain(inner: str, one_line: bool) -> None:
    lines = laid_out(f"m {{ n {{ {inner} }} }}").splitlines()
    assert (len(lines) == 3) is one_line
    assert all(len(line) <= 80 for line in lines if one_line)


def test_the_outermost_messages_are_never_on_one_line() -> None:
    assert laid_out("m { a: 1 }") == "m {\n  a: 1\n}\n"


def test_nothing_prints_nothing() -> None:
    assert laid_out("\n\n") == ""
    assert laid_out("\n# c\n\n") == "# c\n"


def test_a_message_is_printed_in_the_order_of_its_numbers() -> None:
    net = caffe_pb2.NetParameter(name="é", force_backward=True)
    layer = net.layer.add(type="Data", name="a", loss_weight=[0.1, 1, float("inf")])
    layer.include.add(phase=caffe_pb2.TRAIN)
    layer.data_param.source = 'a"b'
    layer.blobs.add(double_data=[0.1, 1e-300])
    assert format_message(net) == dedent("""\
        name: "é"
        force_backward: true
        layer {
          name: "a"
          type: "Data"
          loss_weight: 0.1
          loss_weight: 1
          loss_weight: inf
          blobs { double_data: 0.1 double_data: 1e-300 }
          include { phase: TRAIN }
          data_param { source: "a\\"b" }
        }
        """)
