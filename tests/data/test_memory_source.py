"""`type: "MemoryData"`: arrays in, batches out, and which arrays are refused."""

from __future__ import annotations

import numpy as np
import pytest
from data.records import batch, labels_of, opened

from netcc.data.readers.memory import MemorySource
from netcc.errors import DataError, LayerError
from netcc.schema import caffe_pb2


def memory(**sizes: int) -> MemorySource:
    sizes = {"batch_size": 2, "channels": 1, "height": 2, "width": 3, **sizes}
    layer = caffe_pb2.LayerParameter(name="input", type="MemoryData", memory_data_param=sizes)
    layer.transform_param.scale = 100
    source = opened(layer)
    assert isinstance(source, MemorySource)
    return source


def rows(count: int) -> tuple[np.ndarray, np.ndarray]:
    labels = np.arange(count, dtype=np.float32)
    return np.broadcast_to(labels.reshape(-1, 1, 1, 1), (count, 1, 2, 3)), labels


def refusal(source: MemorySource, data: np.ndarray, labels: np.ndarray) -> str:
    with pytest.raises(DataError) as caught:
        source.set_arrays(data, labels)
    return str(caught.value)


def test_shapes_need_no_arrays() -> None:
    assert memory().shapes(2) == ((2, 1, 2, 3), (2,))


def test_wraps() -> None:
    source = memory()
    source.set_arrays(*rows(4))
    assert [labels_of(source) for _ in range(3)] == [[0, 1], [2, 3], [0, 1]]


def test_arrays_are_not_transformed() -> None:
    source = memory()
    source.set_arrays(*rows(2))
    assert batch(source)[0][1].tolist() == [[[1, 1, 1], [1, 1, 1]]]


@pytest.mark.parametrize("shape", [(4,), (4, 1), (4, 1, 1, 1)])
def test_labels_of_any_rank(shape: tuple[int, ...]) -> None:
    source = memory()
    data, labels = rows(4)
    source.set_arrays(data, labels.reshape(shape))
    assert labels_of(source) == [0, 1]


def test_new_arrays_begin_at_their_first_row() -> None:
    source = memory()
    source.set_arrays(*rows(4))
    labels_of(source)
    source.set_arrays(*rows(6))
    assert labels_of(source) == [0, 1]


def test_position() -> None:
    source = memory()
    source.set_arrays(*rows(6))
    labels_of(source)
    position = source.position()
    assert labels_of(source) == [2, 3]
    source.restore(position)
    assert labels_of(source) == [2, 3]
    for record in (1, 6, -2):
        with pytest.raises(DataError) as caught:
            source.restore({"record": record})
        assert str(caught.value) == (
            f"error: MemoryData layer 'input': no batch begins at row {record}\n  the arrays that are set have 6 rows"
        )


def test_read_before_arrays_are_set() -> None:
    with pytest.raises(DataError) as caught:
        batch(memory())
    assert str(caught.value) == (
        "error: MemoryData layer 'input': no arrays are set\n"
        "  call set_input_arrays(data, labels) before the forward pass"
    )


def test_arrays_that_do_not_fit() -> None:
    source = memory()
    data, labels = rows(4)
    head = "error: MemoryData layer 'input': "
    assert refusal(source, data[:3], labels[:3]) == (
        f"{head}3 rows of data\n  expected a multiple of the batch size, 2"
    )
    assert refusal(source, data[:0], labels[:0]).startswith(f"{head}0 rows of data")
    assert refusal(source, data[:, :, :, :2], labels) == (
        f"{head}data is 4 x 1 x 2 x 2\n  expected count x 1 x 2 x 3, as the net says"
    )
    assert refusal(source, data[0], labels).startswith(f"{head}data is 1 x 2 x 3")
    assert refusal(source, data, labels[:2]) == f"{head}labels is 2\n  expected one for each of 4 rows"
    assert refusal(source, data, labels.reshape(2, 2)).startswith(f"{head}labels is 2 x 2")


@pytest.mark.parametrize("missing", ["batch_size", "channels", "height", "width"])
def test_sizes_must_be_given(missing: str) -> None:
    with pytest.raises(LayerError) as caught:
        memory(**{missing: 0})
    assert caught.value.message == "batch_size, channels, height and width must be given, each at least 1"
