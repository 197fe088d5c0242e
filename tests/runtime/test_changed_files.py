"""Files that change while a net that was made from them is in use: the net stays what it was."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from helpers.nets import inner_product, input_layer, layer

import netcc
from netcc.errors import NetccError

NET = input_layer("x", 1, 1, 6, 6) + layer(
    "conv", "Convolution", "x", "conv", "convolution_param { num_output: 2 kernel_size: 5 }"
)
CHANGED = "has changed since it was read: this is what stood there"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "net.prototxt"
    path.write_text(NET)
    return path


def refusal(net: netcc.Net) -> list[str]:
    with pytest.raises(NetccError) as caught:
        net.forward(x=np.zeros((1, 1, 3, 3)))
    return str(caught.value).splitlines()


def test_an_error_quotes_what_was_read_and_says_so(file: Path) -> None:
    with netcc.Net(file, netcc.TEST, seed=1) as net:
        before = refusal(net)
        expected = net.forward(x=np.ones((1, 1, 6, 6)))["conv"].copy()
        file.write_text("# another text\n" + inner_product("conv", "x", "conv", 7))
        assert refusal(net) == [*before, f"  {file} {CHANGED}"]
        assert "kernel_size: 5" in before[1]
        np.testing.assert_array_equal(net.forward(x=np.ones((1, 1, 6, 6)))["conv"], expected)


def test_a_file_that_is_gone_or_elsewhere_is_not_spoken_of(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(file.parent)
    with netcc.Net(file.name, netcc.TEST) as net:
        before = refusal(net)
        (file.parent / "other").mkdir()
        (file.parent / "other" / file.name).write_text("another")
        monkeypatch.chdir("other")
        assert refusal(net) == before
        file.unlink()
        assert refusal(net) == before


def test_a_file_that_is_only_read_again_has_not_changed(file: Path) -> None:
    with netcc.Net(file, netcc.TEST) as net:
        before = refusal(net)
        file.read_text()
        os.chmod(file, 0o444)
        assert refusal(net) == before


def test_weights_that_are_damaged_later_leave_the_net_as_it_was(file: Path, tmp_path: Path) -> None:
    weights = tmp_path / "w.caffemodel"
    with netcc.Net(file, netcc.TEST, seed=1) as net:
        net.save(weights)
        net.copy_from(weights)
        expected = net.params["conv"][0].data.copy()
        whole = weights.read_bytes()
        for content in (whole[:40], whole[: len(whole) // 2], b""):
            weights.write_bytes(content)
            with pytest.raises(NetccError, match=r"w\.caffemodel"):
                net.copy_from(weights)
            np.testing.assert_array_equal(net.params["conv"][0].data, expected)
        net.save(weights)
        net.copy_from(weights)
