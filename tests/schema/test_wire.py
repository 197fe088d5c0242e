import pytest
from hypothesis import given
from hypothesis import strategies as st

from netcc.schema import caffe_pb2, wire

NET = caffe_pb2.NetParameter(
    name="net",
    force_backward=True,
    layer=[{"name": "a", "blobs": [{"data": [1, 2], "shape": {"dim": [2]}}]}, {"name": "b", "loss_weight": [1]}],
).SerializeToString()


@given(st.integers(0, 2**63 - 1))
def test_varint_is_what_protobuf_writes(value):
    message = caffe_pb2.BlobShape(dim=[value]).SerializeToString()
    assert wire.varint(value) == message[2:]


@given(st.binary(max_size=300))
def test_a_field_is_what_protobuf_writes(data):
    halves: list[wire.Part] = [data[: len(data) // 2], memoryview(data)[len(data) // 2 :]]
    assert b"".join(wire.field(4, halves)) == caffe_pb2.Datum(data=data).SerializeToString()


def test_a_whole_message_is_not_cut():
    assert wire.cut_at(NET) is None


@pytest.mark.parametrize("end", range(1, len(NET)))
def test_a_cut_message_is_found_at_its_last_field(end):
    fields = [NET.index(b"\x0a\x03net"), NET.index(b"\x28\x01"), NET.index(b"\xa2\x06"), NET.rindex(b"\xa2\x06")]
    begin = max(start for start in fields if start < end)
    assert wire.cut_at(NET[:end]) == (None if end in fields else begin)


@given(st.binary(max_size=200))
def test_any_bytes_get_an_answer(data):
    cut = wire.cut_at(data)
    assert cut is None or 0 <= cut < len(data)
