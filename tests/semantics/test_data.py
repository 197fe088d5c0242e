"""Rules of data and fillers: what is drawn in which order, which axes count as inputs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from data.records import data_layer, datum, opened
from helpers.nets import input_layer, layer

import netcc
from netcc.data.lmdb_writer import write_lmdb
from netcc.data.transform import Transformer
from netcc.schema import caffe_pb2
from netcc.types import TRAIN, Array


def transformed(images: list[Array], seed: int, **fields: object) -> Array:
    made = Transformer.from_message(caffe_pb2.TransformationParameter(**fields), TRAIN)
    batch = np.full((len(images), *made.shape(images[0].shape)), np.nan, np.float32)
    made.apply(images, batch, np.random.default_rng(seed))
    return batch


def test_each_image_draws_its_mirror_then_its_row_then_its_column() -> None:
    image = np.arange(7 * 9, dtype=np.float32).reshape(1, 7, 9)
    batch = transformed([image] * 40, 5, crop_size=3, mirror=True)
    draws = np.random.default_rng(5).integers(0, np.array([[2, 5, 7]] * 40))
    for row, (mirror, top, left) in zip(batch, draws, strict=True):
        crop = image[:, top : top + 3, left : left + 3]
        np.testing.assert_array_equal(row, crop[:, :, ::-1] if mirror else crop)


def test_the_mean_is_taken_off_before_the_scale_is_applied() -> None:
    image = np.full((2, 1, 1), 10, np.float32)
    batch = transformed([image], 0, scale=0.5, mean_value=[4, 6])
    np.testing.assert_array_equal(batch.reshape(-1), [3, 2])


def test_colours_stay_as_they_lie_in_the_record(tmp_path: Path) -> None:
    """Channels first, from 0 to 255; labels are whole numbers, negative ones too."""
    image = np.arange(3 * 2 * 2, dtype=np.uint8).reshape(3, 2, 2) + 240
    write_lmdb(tmp_path / "db", iter([(b"0", datum(image, -3).SerializeToString())]))
    source = opened(data_layer(tmp_path / "db", 1))
    data, labels = (np.full(shape, np.nan, np.float32) for shape in source.shapes(2))
    source.read([data, labels])
    source.close()
    np.testing.assert_array_equal(data, image[np.newaxis])
    assert labels == [-3]


def bound_of(fields: str, kind: str, *shape: int) -> float:
    """The largest first weight of a layer; with so many numbers it is near the bound of its filler."""
    net = netcc.Net(input_layer("x", *shape) + layer("op", kind, "x", "y", fields), netcc.TRAIN, seed=1)
    return float(np.abs(net.params["op"][0].data).max())


@pytest.mark.parametrize(
    ("kind", "fields", "fan_in", "fan_out"),
    [
        ("Convolution", "convolution_param {{ num_output: 100 kernel_size: 3 {} }}", 50 * 9, 100 * 9),
        ("Deconvolution", "convolution_param {{ num_output: 100 kernel_size: 3 {} }}", 100 * 9, 50 * 9),
        ("Convolution", "convolution_param {{ num_output: 100 kernel_size: 3 group: 2 {} }}", 25 * 9, 100 * 9),
        ("InnerProduct", "inner_product_param {{ num_output: 300 {} }}", 50 * 16, 300),
        ("InnerProduct", "inner_product_param {{ num_output: 300 transpose: true {} }}", 300, 50 * 16),
    ],
)
def test_fans_are_counted_on_the_axes_of_the_blob_as_it_lies(kind: str, fields: str, fan_in: int, fan_out: int) -> None:
    for norm, fan in (("FAN_IN", fan_in), ("FAN_OUT", fan_out), ("AVERAGE", (fan_in + fan_out) / 2)):
        filler = f'weight_filler {{ type: "xavier" variance_norm: {norm} }}'
        assert bound_of(fields.format(filler), kind, 1, 50, 4, 4) == pytest.approx(np.sqrt(3 / fan), rel=2e-3)


def test_sparse_weights_are_kept_with_the_chance_of_sparse_over_outputs() -> None:
    filler = 'weight_filler { type: "gaussian" std: 1 sparse: 10 }'
    text = input_layer("x", 1, 500) + layer(
        "ip", "InnerProduct", "x", "y", f"inner_product_param {{ num_output: 40 {filler} }}"
    )
    weights = netcc.Net(text, netcc.TRAIN, seed=1).params["ip"][0].data
    assert np.mean(weights != 0) == pytest.approx(10 / 40, abs=0.01)
    assert weights[weights != 0].std() == pytest.approx(1, abs=0.05)
