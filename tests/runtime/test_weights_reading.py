import sys
from pathlib import Path

import numpy as np
import pytest

from netcc.errors import WeightsError
from netcc.runtime.weights import LayerBlobs, read_caffemodel
from netcc.schema import caffe_pb2
from netcc.schema.blobs import reshaped

GOLDEN = Path(__file__).parents[1] / "golden" / "weights"
GENERATIONS = {
    "v0.caffemodel": ("conv", "innerproduct"),
    "v1.caffemodel": ("CONVOLUTION", "INNER_PRODUCT"),
    "v2legacy.caffemodel": ("Convolution", "InnerProduct"),
    "v2.caffemodel": ("Convolution", "InnerProduct"),
    "v2double.caffemodel": ("Convolution", "InnerProduct"),
    "v2unpacked.caffemodel": ("Convolution", "InnerProduct"),
    "hdf5.caffemodel.h5": ("", ""),
}


def arrays(name: str) -> dict[str, np.ndarray]:
    with np.load(GOLDEN / name) as file:
        return dict(file)


def with_blobs(layers: list[LayerBlobs]) -> dict[str, LayerBlobs]:
    return {layer.name: layer for layer in layers if layer.blobs}


@pytest.mark.parametrize("name", GENERATIONS)
def test_every_generation_holds_the_same_weights(name):
    layers = with_blobs(read_caffemodel(GOLDEN / f"oldweights_{name}"))
    assert (layers["c"].type, layers["f"].type) == GENERATIONS[name]
    assert set(layers) == {"c", "f"}
    expected = arrays("oldweights.npz")
    for layer in layers.values():
        for index, blob in enumerate(layer.blobs):
            wanted = expected[f"param:{layer.name}:{index}"]
            np.testing.assert_array_equal(reshaped(blob, wanted.shape).astype(np.float32), wanted, strict=True)
            assert blob.legacy is (name in ("v0.caffemodel", "v1.caffemodel", "v2legacy.caffemodel"))
            assert blob.data.dtype == (np.float64 if "double" in name else np.float32)


@pytest.mark.parametrize("run", ["interop_adadelta_mlp", "interop_nesterov_bn"])
@pytest.mark.parametrize("suffix", ["caffemodel", "caffemodel.h5"])
def test_snapshots_hold_the_weights_after_five_iterations(run, suffix):
    expected = {key: array for key, array in arrays(f"{run}.npz").items() if key.startswith("after5:")}
    read = {
        f"after5:{layer.name}:{index}": blob.data
        for layer in read_caffemodel(GOLDEN / f"{run}_iter_5.{suffix}")
        for index, blob in enumerate(layer.blobs)
    }
    assert set(read) == set(expected)
    for key, array in read.items():
        np.testing.assert_array_equal(array, expected[key], err_msg=key, strict=True)


def test_layers_without_parameters_are_listed_in_their_order():
    layers = read_caffemodel(GOLDEN / "nofirst_iter_4.caffemodel")
    assert [(layer.name, layer.type, len(layer.blobs)) for layer in layers] == [
        ("input", "HDF5Data", 0),
        ("f1", "InnerProduct", 2),
        ("act", "TanH", 0),
        ("f2", "InnerProduct", 2),
        ("loss", "SoftmaxWithLoss", 0),
    ]


def test_the_content_tells_hdf5_not_the_name(tmp_path):
    path = tmp_path / "weights.caffemodel"
    path.write_bytes((GOLDEN / "oldweights_hdf5.caffemodel.h5").read_bytes())
    assert set(with_blobs(read_caffemodel(path))) == {"c", "f"}


def test_layer_types_and_names_of_forks_are_read(tmp_path):
    path = tmp_path / "weights"
    path.write_bytes(b"\x12\x07\x22\x02\xff\xfe\x28\xe7\x07")  # layers { name: "\xff\xfe" type: 999 }
    (layer,) = read_caffemodel(path)
    assert (layer.name, layer.type, layer.blobs) == ("\ufffd\ufffd", "999", [])


def refusal(path: Path, content: bytes) -> WeightsError:
    path.write_bytes(content)
    with pytest.raises(WeightsError) as caught:
        read_caffemodel(path)
    return caught.value


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "error: {} is empty"),
        (b"\nname: 'LeNet'\nlayer {", "error: {} is not a weights file but text\n  it begins: name: 'LeNet'"),
        ("# сеть\n".encode(), "error: {} is not a weights file but text\n  it begins: # сеть"),
        (b"\x07\x00\xff\xfe" * 9, "error: {} is not a weights file, or is damaged"),
        (b"\x0a\x03net", "error: {} is not a weights file, or is damaged"),
        (
            (GOLDEN / "oldweights_v2.caffemodel").read_bytes()[:500],
            "error: {} is truncated or damaged\n  it ends after 500 bytes, inside the field that begins at byte 352",
        ),
        (
            (GOLDEN / "nofirst_iter_4.solverstate").read_bytes(),
            "error: {} is not a weights file but a solver state",
        ),
        ((GOLDEN / "png_mean.binaryproto").read_bytes(), "error: {} is not a weights file but a .binaryproto"),
    ],
)
def test_other_files_are_refused(content, message, tmp_path):
    assert str(refusal(tmp_path / "weights", content)) == message.format(tmp_path / "weights")


def test_every_truncation_is_refused_or_reads_whole_layers(tmp_path):
    whole = (GOLDEN / "nofirst_iter_4.caffemodel").read_bytes()
    path = tmp_path / "weights"
    for end in range(len(whole)):
        path.write_bytes(whole[:end])
        try:
            read = read_caffemodel(path)
        except WeightsError:
            continue
        assert [layer.name for layer in read] == ["input", "f1", "act", "f2", "loss"][: len(read)]
        assert all(len(layer.blobs) == 2 for layer in read if layer.type == "InnerProduct")


def test_missing_files_and_folders_are_named(tmp_path):
    for path, reason in ((tmp_path / "no", "there is no such file"), (tmp_path, "it is a folder")):
        with pytest.raises(WeightsError) as caught:
            read_caffemodel(path)
        assert caught.value.message == f"cannot read {path}: {reason}"


def test_a_blob_that_does_not_fill_its_shape_is_named(tmp_path):
    net = caffe_pb2.NetParameter(layer=[{"name": "ip", "blobs": [{"shape": {"dim": [2, 3]}, "data": [1] * 7}]}])
    error = refusal(tmp_path / "weights", net.SerializeToString())
    assert error.message == f"{tmp_path}/weights: layer 'ip', blob 0: 7 numbers, but its shape 2 x 3 needs 6"


def test_a_file_over_two_gigabytes_is_refused(tmp_path):
    path = tmp_path / "weights"
    with path.open("wb") as file:
        file.truncate(2**31)  # sparse: takes no room
    with pytest.raises(WeightsError) as caught:
        read_caffemodel(path)
    assert caught.value.message == f"{path} is over 2 GB, the limit of protobuf files"


def test_hdf5_files_of_other_things_are_refused(tmp_path):
    error = refusal(tmp_path / "weights", b"\x89HDF\r\n\x1a\n" + bytes(100))
    assert error.message == f"{tmp_path}/weights is a damaged HDF5 file"


@pytest.mark.parametrize(
    ("datasets", "message"),
    [
        ({"label": [1.0]}, "{} holds no weights"),
        ({"data": [1.0]}, "{} holds no weights"),
        ({"data/f/0": [1]}, "{}: layer 'f', blob 0: values of type int64, not floats"),
        ({"data/f/1234": [1.0]}, "{}: dataset data/f/1234 is no parameter of a layer"),
        ({"data/f/weight": [1.0]}, "{}: dataset data/f/weight is no parameter of a layer"),
        ({"data/0": [1.0]}, "{}: dataset data/0 is no parameter of a layer"),
    ],
)
def test_hdf5_files_of_another_layout_are_refused(datasets, message, tmp_path):
    import h5py

    path = tmp_path / "weights.h5"
    with h5py.File(path, "w") as file:
        for name, values in datasets.items():
            file[name] = values
    with pytest.raises(WeightsError) as caught:
        read_caffemodel(path)
    assert caught.value.message == message.format(path)


def test_hdf5_layers_with_a_slash_in_their_name_are_found(tmp_path):
    import h5py

    with h5py.File(tmp_path / "weights.h5", "w") as file:
        file["data/conv1/7x7_s2/0"] = np.ones((2, 3), np.float32)
        file["data/conv1/7x7_s2/1"] = np.zeros(2)
    layers = with_blobs(read_caffemodel(tmp_path / "weights.h5"))
    assert set(layers) == {"conv1/7x7_s2"}
    assert [(blob.shape, blob.data.dtype) for blob in layers["conv1/7x7_s2"].blobs] == [
        ((2, 3), np.float32),
        ((2,), np.float64),
    ]


def test_without_h5py_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    path = GOLDEN / "oldweights_hdf5.caffemodel.h5"
    with pytest.raises(WeightsError) as caught:
        read_caffemodel(path)
    assert str(caught.value) == f"error: reading {path} needs h5py\n  install it with: pip install 'netcc[data]'"


def test_hdf5_datasets_larger_than_the_file_are_not_allocated(tmp_path):
    import h5py

    path = tmp_path / "weights.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("data/f/0", (10**6, 10**6), np.float32)
    with pytest.raises(WeightsError) as caught:
        read_caffemodel(path)
    assert caught.value.message == f"{path}: layer 'f', blob 0: 4000000000000 bytes, more than the file has"
