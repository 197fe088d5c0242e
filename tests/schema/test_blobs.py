import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from netcc.errors import WeightsError
from netcc.schema import caffe_pb2, weights_pb2
from netcc.schema.blobs import BlobArray, decode_blob, encode_blob, fits, reshaped
from netcc.types import format_shape

ANY_ARRAY = st.sampled_from([np.float32, np.float64]).flatmap(
    lambda dtype: arrays(dtype, array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=4))
)


def decode(**fields) -> BlobArray:
    message = caffe_pb2.BlobProto(**fields)
    return decode_blob(weights_pb2.BlobProto.FromString(message.SerializeToString()), "here")


def blob(*shape: int, legacy: bool) -> BlobArray:
    return BlobArray(np.zeros(shape, np.float32), legacy=legacy)


@given(ANY_ARRAY)
def test_an_array_survives_the_file(array):
    message = weights_pb2.BlobProto.FromString(b"".join(encode_blob(array, array + 1)))
    read = decode_blob(message, "here")
    np.testing.assert_array_equal(read.data, array)
    assert (read.shape, read.legacy) == (array.shape, False)
    if array.size:
        assert read.data.dtype == read.diff.dtype == array.dtype
        np.testing.assert_array_equal(read.diff, array + 1)


@given(ANY_ARRAY)
def test_what_is_written_is_what_protobuf_would_write(array):
    name = "double_data" if array.dtype == np.float64 else "data"
    message = caffe_pb2.BlobProto(shape={"dim": array.shape}, **{name: array.ravel()})
    assert b"".join(encode_blob(array)) == message.SerializeToString()


def test_a_strided_array_is_written_in_order():
    array = np.arange(12, dtype=np.float32).reshape(3, 4).T
    message = caffe_pb2.BlobProto.FromString(b"".join(encode_blob(array)))
    assert list(message.data) == [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11]


def test_arrays_are_viewed_and_cannot_be_written():
    read = decode(shape={"dim": [2]}, data=[1, 2])
    assert not read.data.flags.owndata
    with pytest.raises(ValueError, match="read-only"):
        read.data[0] = 3


def test_doubles_win_over_floats_and_legacy_axes_over_the_shape():
    read = decode(num=1, channels=1, height=2, width=1, shape={"dim": [9]}, data=[9], double_data=[1.5, 2.5])
    assert (read.shape, read.legacy, read.data.dtype) == ((1, 1, 2, 1), True, np.float64)
    assert read.data.ravel().tolist() == [1.5, 2.5]


def test_numbers_written_one_by_one_are_read():
    one_by_one = b"".join(b"\x2d" + np.float32(value).tobytes() for value in (1, 2, 3))
    gradients = b"".join(b"\x35" + np.float32(value).tobytes() for value in (4, 5, 6))
    shape = caffe_pb2.BlobProto(shape={"dim": [3]}).SerializeToString()
    read = decode_blob(weights_pb2.BlobProto.FromString(one_by_one + gradients + shape), "here")
    assert read.data.tolist() == [1, 2, 3]
    assert read.diff.tolist() == [4, 5, 6]


def test_a_list_in_several_packed_blocks_is_joined():
    half = caffe_pb2.BlobProto(data=[1, 2]).SerializeToString()
    other = caffe_pb2.BlobProto(data=[3], shape={"dim": [3]}).SerializeToString()
    assert decode_blob(weights_pb2.BlobProto.FromString(half + other), "here").data.tolist() == [1, 2, 3]


def test_unknown_fields_are_skipped():
    unknown = b"\x72\x04" + b"more"  # field 14
    message = caffe_pb2.BlobProto(shape={"dim": [1]}, data=[7]).SerializeToString()
    assert decode_blob(weights_pb2.BlobProto.FromString(unknown + message), "here").data.tolist() == [7]


@pytest.mark.parametrize(
    ("name", "stored", "expected"),
    [("FLOAT16", "<f2", np.float32), ("FLOAT", "<f4", np.float32), ("DOUBLE", "<f8", np.float64)],
)
def test_raw_numbers_are_read(name, stored, expected):
    numbers = np.array([[1.5, -0.25], [65504, 6e-8]]).astype(stored)
    raw = {"raw_data": numbers.tobytes(), "raw_diff": (-numbers).tobytes()}
    read = decode(shape={"dim": [2, 2]}, raw_data_type=name, raw_diff_type=name, **raw)
    assert read.data.dtype == read.diff.dtype == expected
    np.testing.assert_array_equal(read.data, numbers)
    np.testing.assert_array_equal(read.diff, -numbers)
    assert not read.data.flags.writeable


def test_listed_numbers_win_over_raw_ones():
    half = np.array([1, 2], np.float16).tobytes()
    assert decode(shape={"dim": [2]}, data=[3, 4], raw_data=half, raw_data_type="FLOAT16").data.tolist() == [3, 4]


HALVES = b"\x00\x3c\x00\x40"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"raw_data": HALVES}, "here: its raw numbers are of no type, not DOUBLE, FLOAT or FLOAT16"),
        (
            {"raw_data": HALVES, "raw_data_type": 4},
            "here: its raw numbers are of type UINT, not DOUBLE, FLOAT or FLOAT16",
        ),
        ({"raw_data": HALVES, "raw_data_type": 9}, "here: its raw numbers are of type 9, not DOUBLE, FLOAT or FLOAT16"),
        ({"raw_data": HALVES[:3], "raw_data_type": 2}, "here: 3 bytes are no whole number of float16 values"),
        ({"raw_data": HALVES, "raw_data_type": 1}, "here: 1 numbers, but its shape 2 needs 2"),
        (
            {"raw_data": HALVES, "raw_data_type": 2, "raw_diff": HALVES[:2], "raw_diff_type": 2},
            "here: 1 gradients, but its shape 2 needs 2",
        ),
    ],
)
def test_raw_numbers_that_cannot_be_read_are_refused(fields, message):
    slim = weights_pb2.BlobProto(shape={"dim": [2]}, **fields)
    with pytest.raises(WeightsError) as caught:
        decode_blob(slim, "here")
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"shape": {"dim": [2, 3]}, "data": [1] * 5}, "here: 5 numbers, but its shape 2 x 3 needs 6"),
        ({"shape": {"dim": [2]}, "data": [1, 2], "diff": [1]}, "here: 1 gradients, but its shape 2 needs 2"),
        ({"num": 2, "channels": 2, "data": [1] * 4}, "here: 4 numbers, but its shape 2 x 2 x 0 x 0 needs 0"),
        ({"shape": {"dim": [2**40, 2**40]}}, f"here: 0 numbers, but its shape {2**40} x {2**40} needs {2**80}"),
        ({"shape": {"dim": [-1, -1]}, "data": [1]}, "here: its shape -1 x -1 has a negative size"),
        ({"shape": {"dim": [1] * 33}, "data": [1]}, "here: 33 axes are more than the 32 that a blob may have"),
        ({"data": [1, 2]}, "here: 2 numbers, but its shape scalar needs 1"),
        ({}, "here: 0 numbers, but its shape scalar needs 1"),
    ],
)
def test_numbers_that_do_not_fill_the_shape_are_refused(fields, message):
    with pytest.raises(WeightsError) as caught:
        decode(**fields)
    assert caught.value.message == message


def test_a_block_that_is_no_whole_number_of_floats_is_refused():
    with pytest.raises(WeightsError) as caught:
        decode_blob(weights_pb2.BlobProto(data=[b"12345"]), "here")
    assert caught.value.message == "here: 5 bytes are no whole number of float32 values"


@pytest.mark.parametrize("shape", [(0, 2**40, 2**40), (2**62, 4, 0)])
def test_an_empty_array_of_absurd_shape_is_refused(shape):
    with pytest.raises(WeightsError) as caught:
        decode(shape={"dim": shape})
    assert caught.value.message == f"here: its shape {format_shape(shape)} is too large"


@pytest.mark.parametrize(
    ("stored", "wanted", "expected"),
    [
        ((1, 1, 1, 5), (5,), True),
        ((1, 1, 3, 5), (3, 5), True),
        ((2, 1, 3, 5), (2, 1, 3, 5), True),
        ((1, 1, 1, 1), (), True),
        ((1, 1, 5, 1), (5,), False),
        ((5, 1, 1, 1), (5,), False),
        ((1, 1, 3, 5), (15,), False),
        ((1, 1, 1, 5), (1, 1, 1, 1, 5), False),
    ],
)
def test_legacy_shapes_are_compared_from_the_right(stored, wanted, expected):
    assert fits(blob(*stored, legacy=True), wanted) is expected


def test_shapes_of_today_must_be_equal():
    assert fits(blob(3, 5, legacy=False), (3, 5))
    assert not fits(blob(1, 1, 3, 5, legacy=False), (3, 5))
    assert not fits(blob(15, legacy=False), (3, 5))


def test_reshaped_names_both_shapes():
    assert reshaped(blob(1, 1, 3, 5, legacy=True), (3, 5)).shape == (3, 5)
    with pytest.raises(WeightsError) as caught:
        reshaped(blob(1, 1, 3, 5, legacy=True), (5, 3))
    assert caught.value.message == "shape 1 x 1 x 3 x 5 does not fit 5 x 3"
