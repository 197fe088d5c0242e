"""Arrays that users give, and the live arrays of blobs that they write into."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

from netcc.arrays import LiveArray, as_numbers, copy_into, live
from netcc.errors import ArrayError


@pytest.fixture
def memory() -> Any:
    return np.arange(6, dtype=np.float32).reshape(2, 3)


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ("abc", "error: x: values of type <U3 are no numbers that a blob can hold"),
        (1j, "error: x: values of type complex128 are no numbers that a blob can hold"),
        (None, "error: x: values of type object are no numbers that a blob can hold"),
        (np.datetime64("2020"), "error: x: values of type datetime64[Y] are no numbers that a blob can hold"),
    ],
)
def test_what_is_no_number_is_refused(numbers: Any, message: str) -> None:
    with pytest.raises(ArrayError) as caught:
        as_numbers(numbers, "x")
    assert str(caught.value) == f"{message}\n  expected: real numbers, such as an array of float32 or uint8"


def test_rows_of_different_lengths_are_refused() -> None:
    with pytest.raises(ArrayError) as caught:
        as_numbers([[1], [1, 2]], "x")
    assert str(caught.value) == "error: x: the rows have different lengths"


@pytest.mark.parametrize("numbers", [True, 3, 2.5, [1, 2], np.arange(3, dtype=np.uint8), np.ones(2, np.float16)])
def test_all_real_numbers_are_taken(numbers: Any) -> None:
    np.testing.assert_array_equal(as_numbers(numbers, "x"), numbers)


def test_copying_names_both_shapes(memory: Any) -> None:
    copy_into(memory, [7, 8, 9], "input 'x'")
    assert memory.tolist() == [[7, 8, 9]] * 2
    with pytest.raises(ArrayError) as caught:
        copy_into(memory, np.zeros((3, 3)), "input 'x'")
    assert str(caught.value) == "error: input 'x' is 3 x 3, but the blob is 2 x 3"
    assert isinstance(caught.value, ValueError)


def test_a_live_array_is_the_memory_itself(memory: Any) -> None:
    array = live(memory, "blob 'x'")
    array[0, 0] = 5
    array[1] += 1
    array[:, 2] *= 2
    array += 1
    np.add(array, 1, out=array)
    assert isinstance(array, LiveArray)
    assert memory.tolist() == [[7, 3, 6], [6, 7, 14]]
    array.flat[0] = 0
    assert memory[0, 0] == 0


@pytest.mark.parametrize(
    ("index", "numbers", "message"),
    [
        (..., np.zeros((3, 3)), "error: blob 'x' is 2 x 3; numbers of 3 x 3 do not fit"),
        (0, [1, 2], "error: the part that is written of blob 'x' is 3; numbers of 2 do not fit"),
        ((0, 0), [1, 2], "error: the part that is written of blob 'x' is scalar; numbers of 2 do not fit"),
    ],
)
def test_writing_a_wrong_shape_names_the_blob_and_both_shapes(
    memory: Any, index: Any, numbers: Any, message: str
) -> None:
    before = memory.copy()
    with pytest.raises(ArrayError) as caught:
        live(memory, "blob 'x'")[index] = numbers
    assert str(caught.value) == message
    np.testing.assert_array_equal(memory, before)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda array: array.__iadd__(np.zeros((3, 3))), "error: blob 'x' is 2 x 3; numbers of 3 x 3 do not fit"),
        (lambda array: np.multiply(array, [1, 2], out=array), "error: blob 'x' is 2 x 3; numbers of 2 do not fit"),
        (lambda array: array.__isub__(1j), "error: blob 'x': values of type complex128 are no numbers that a blob"),
    ],
)
def test_changing_a_live_array_by_what_does_not_fit(memory: Any, change: Any, message: str) -> None:
    before = memory.copy()
    with pytest.raises(ArrayError) as caught:
        change(live(memory, "blob 'x'"))
    assert str(caught.value).startswith(message)
    np.testing.assert_array_equal(memory, before)
    with pytest.raises(TypeError, match="Cannot cast"):  # the numbers fit: what else is wrong is NumPy's to say
        np.add(memory, 1, out=live(np.zeros((2, 3), np.int32), "blob 'x'"))


def test_a_part_of_a_live_array_knows_its_blob(memory: Any) -> None:
    with pytest.raises(ArrayError, match="error: blob 'x' is 3; numbers of 2 do not fit"):
        live(memory, "blob 'x'")[0][:] = [1, 2]
    with pytest.raises(ArrayError, match="blob 'x': values of type complex128"):
        live(memory, "blob 'x'")[0][:] = np.ones(3, complex)


def test_what_is_computed_from_a_live_array_is_ordinary(memory: Any) -> None:
    array = live(memory, "blob 'x'")
    for result in (array + 1, array @ array.T, np.concatenate([array, array]), array.mean(axis=0), array > 2):
        assert type(result) is np.ndarray
    assert type(array.sum()) is np.float32
    assert type(array[0, 0]) is np.float32
    assert repr(array) == repr(memory)
    assert type(pickle.loads(pickle.dumps(array))) is np.ndarray
    duplicate = copy.deepcopy(array)
    duplicate[...] = 0
    assert memory.any()
    with pytest.raises(ValueError, match="could not broadcast") as caught:
        array.copy()[...] = np.zeros((9, 9))  # no blob's memory
    assert not isinstance(caught.value, ArrayError)
