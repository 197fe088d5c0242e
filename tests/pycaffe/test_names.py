"""Names that scripts take from corners of the package `caffe`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from helpers.nets import inner_product, input_layer, layer

Write = Callable[[str, str], str]
NET = input_layer("x", 4, 3) + inner_product("ip", "x", "y", 2)
ROOT = Path(__file__).resolve().parents[2]


def test_the_compiled_part_has_its_names(caffe: ModuleType, write: Write) -> None:
    from caffe import _caffe  # type: ignore[import-not-found]
    from caffe._caffe import RawBlobVec, layer_type_list  # type: ignore[import-not-found]  # noqa: F401

    assert _caffe.Net is caffe.Net
    assert "Convolution" in layer_type_list()
    net = caffe.Net(write("net.prototxt", NET), caffe.TEST)
    assert type(net.params["ip"]) is _caffe.BlobVec
    assert isinstance(net.layers[1].blobs, list)


def test_vectors_of_boost_are_lists_by_name(caffe: ModuleType) -> None:
    for name in ("LayerVec", "NetVec", "StringVec", "IntVec", "DtypeVec", "BoolVec"):
        assert getattr(caffe._caffe, name) is list


def test_rows_come_in_batches_of_the_size_of_the_net(caffe: ModuleType, write: Write) -> None:
    net = caffe.Net(write("net.prototxt", NET), caffe.TEST)
    rows = np.arange(18.0).reshape(6, 3)
    first, last = net._batch({"x": rows})
    np.testing.assert_array_equal(first["x"], rows[:4])
    np.testing.assert_array_equal(last["x"], [*rows[4:], [0, 0, 0], [0, 0, 0]])


def test_param_names_of_net_spec(caffe: ModuleType) -> None:
    assert caffe.net_spec._param_names["InnerProduct"] == "inner_product"
    with pytest.raises(AttributeError, match=r"module 'netcc\.pycaffe\.net_spec' has no attribute '_param_name'"):
        _ = caffe.net_spec._param_name


def test_styles_of_draw(caffe: ModuleType) -> None:
    import caffe.draw  # type: ignore[import-not-found]

    assert caffe.draw.BLOB_STYLE["shape"] == "octagon"
    assert caffe.draw.NEURON_LAYER_STYLE["fillcolor"] != caffe.draw.LAYER_STYLE_DEFAULT["fillcolor"]


def test_text_format_is_found_in_google_protobuf() -> None:
    """Scripts of the protobuf of 2015 write so, without importing it."""
    script = (
        "import netcc.pycaffe; netcc.pycaffe.install()\n"
        "import google.protobuf as pb2\n"
        "from caffe.proto import caffe_pb2\n"
        "net = caffe_pb2.NetParameter()\n"
        "pb2.text_format.Merge('name: \"n\"', net)\n"
        "print(net.name)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "n\n"


def test_the_older_name_of_param_str(
    caffe: ModuleType, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    write(
        "old_layers.py",
        "import caffe\n"
        "class Old(caffe.Layer):\n"
        "    def setup(self, bottom, top):\n"
        "        top[0].reshape(int(self.param_str_))\n"
        "    def reshape(self, bottom, top): pass\n"
        "    def forward(self, bottom, top): pass\n",
    )
    fields = 'python_param { module: "old_layers" layer: "Old" param_str: "7" }'
    net = caffe.Net(write("net.prototxt", layer("old", "Python", "", "y", fields)), caffe.TEST)
    assert net.blobs["y"].shape == (7,)
