"""The file of a compiled net: its form, and every way in which it can be damaged."""

from __future__ import annotations

import json
import os
import struct
import zipfile
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import netcc
from netcc.compiled.archive import Archive, write_archive
from netcc.errors import CompiledNetError, OutputError
from netcc.layers.registry import UnknownTypeError

NET = """
name: "tiny"
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 5 dim: 5 } } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param { num_output: 2 kernel_size: 3 weight_filler { type: "xavier" } } }
layer { name: "prob" type: "Softmax" bottom: "conv" top: "prob" }
"""
X = np.random.default_rng(0).random((2, 3, 5, 5), np.float32)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A compiled net."""
    path = tmp_path / "tiny.netcc"
    netcc.compile(NET, seed=1, mean=[1, 2, 3], labels=["a", "b"]).save(path)
    return path


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rewrite(path: Path, changed: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> None:
    """The same zip with other members, as someone who edits it by hand would make it."""
    content = {**members(path), **changed}
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in content.items():
            archive.writestr(name, data)


def refusal(path: Path, **options: Any) -> str:
    with pytest.raises((CompiledNetError, UnknownTypeError)) as caught:
        netcc.load(path, **options)
    return str(caught.value).replace(f"{path.parent}/", "")


def test_numpy_alone_reads_the_arrays(file: Path) -> None:
    arrays = np.load(file)
    assert arrays["parameters/0000.npy"].shape == (2, 3, 3, 3)
    assert arrays["mean.npy"].reshape(-1).tolist() == [1, 2, 3]


def test_arrays_begin_at_multiples_of_64_bytes_and_are_mapped(file: Path) -> None:
    archive = Archive(file)
    for name in ("parameters/0000.npy", "parameters/0001.npy"):
        start, end, _ = archive._members[name]
        assert start % 64 == 0
        assert (end - start) % 128 in (54 * 4 % 128, 2 * 4)
    array = archive.array("parameters/0000.npy", (2, 3, 3, 3))
    assert array.base is not None
    assert array.ctypes.data % 64 == 0
    archive.close()  # gives up the map once `array` is gone


def test_one_net_gives_the_same_bytes(file: Path, tmp_path: Path) -> None:
    netcc.load(file).save(tmp_path / "again.netcc")
    assert (tmp_path / "again.netcc").read_bytes() == file.read_bytes()


def test_the_file_stays_as_it_is_when_numbers_change(file: Path) -> None:
    before = file.read_bytes()
    with netcc.load(file) as net:
        net._arrays[0][...] = 0
    assert file.read_bytes() == before


def test_a_newer_version(file: Path) -> None:
    manifest = json.loads(members(file)["manifest.json"])
    manifest.update(version=2, netcc="9.1")
    rewrite(file, {"manifest.json": json.dumps(manifest).encode()})
    assert refusal(file) == (
        "error: tiny.netcc has version 2 of the format; this netcc reads up to version 1\n"
        f"  netcc 9.1 wrote it, this is netcc {netcc.__version__}: a newer one is needed"
    )
    manifest["version"] = "1"
    rewrite(file, {"manifest.json": json.dumps(manifest).encode()})
    assert refusal(file) == "error: tiny.netcc is damaged: its manifest gives '1' as version of the format"


def test_something_else(tmp_path: Path) -> None:
    path = tmp_path / "x.netcc"
    assert refusal(path) == "error: cannot read x.netcc: no such file or directory"
    path.write_bytes(b"")
    assert refusal(path) == "error: x.netcc is not a compiled net: it is empty"
    path.write_text(NET)
    assert refusal(path) == "error: x.netcc is not a compiled net\n  `netcc compile NET -o FILE` makes one"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "a")
    assert refusal(path) == ("error: x.netcc is a zip file, but not a compiled net\n  expected a part manifest.json")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("manifest.json", '{"format": "other"}')
    assert refusal(path) == (
        "error: x.netcc is a zip file, but not a compiled net\n  its manifest does not say 'netcc compiled net'"
    )
    (tmp_path / "folder").mkdir()
    assert refusal(tmp_path / "folder") == "error: cannot read folder: it is a folder"


def test_cut_short(file: Path) -> None:
    whole = file.read_bytes()
    for size in (5, 100, len(whole) // 2, len(whole) - 1):
        file.write_bytes(whole[:size])
        assert refusal(file) == (
            "error: tiny.netcc is cut short or damaged: the list of its parts, at its end, cannot be read"
        )


def test_a_changed_part(file: Path) -> None:
    changed = bytearray(members(file)["parameters/0000.npy"])
    changed[-1] ^= 1
    rewrite(file, {"parameters/0000.npy": bytes(changed)})
    expected = (
        "error: tiny.netcc is damaged or was changed: parameters/0000.npy has not the checksum that its manifest "
        "says\n  compile the net again"
    )
    assert refusal(file) == expected
    netcc.load(file, verify=False)


def test_a_description_is_checked_whatever_is_asked(file: Path) -> None:
    rewrite(file, {"net.json": members(file)["net.json"].replace(b"tiny", b"tony")})
    assert "net.json has not the checksum" in refusal(file, verify=False)


def test_parts_too_many_or_of_another_size(file: Path) -> None:
    original = file.read_bytes()
    rewrite(file, {"more.txt": b""})
    assert refusal(file) == "error: tiny.netcc is damaged: its parts are not those that its manifest lists"
    file.write_bytes(original)
    rewrite(file, {"parameters/0001.npy": b"short"})
    assert refusal(file) == (
        "error: tiny.netcc is damaged: parameters/0001.npy has not the size that its manifest says"
    )
    file.write_bytes(original)
    rewrite(file, {}, zipfile.ZIP_DEFLATED)
    assert "cut short or damaged" in refusal(file)


@cache
def compiled() -> tuple[bytes, Any]:
    """The file of a net and what it gives for X."""
    net = netcc.compile(NET, seed=1)
    with TemporaryDirectory() as folder:
        net.save(Path(folder, "tiny.netcc"))
        return Path(folder, "tiny.netcc").read_bytes(), net(X)


@settings(deadline=None)
@given(place=st.integers(min_value=0), flip=st.integers(1, 255))
def test_no_changed_byte_changes_a_result(place: int, flip: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    whole, expected = compiled()
    path = tmp_path_factory.mktemp("flip") / "tiny.netcc"
    content = bytearray(whole)
    content[place % len(content)] ^= flip
    path.write_bytes(content)
    try:
        loaded = netcc.load(path)
    except CompiledNetError:
        return
    np.testing.assert_array_equal(loaded(X), expected)


FORGED: list[tuple[tuple[str | int, ...], Any, str]] = [
    (("phase",), "OTHER", "it does not describe a net: KeyError 'OTHER'"),
    (("layers", 1, "attributes", "group"), "x", "layer 'conv': attribute 'group' is 'x', expected a whole number"),
    (("layers", 1, "type"), "Convolutoin", "unknown layer type 'Convolutoin'"),
    (("layers", 1, "bottoms"), [7], "it does not describe a net: ValueError 7 is no whole number from 0 to 0"),
    (("layers", 1, "bottoms"), [], "layer 'conv': Convolution does not take 0 bottoms and 1 tops"),
    (("layers", 1, "parameters"), [0], "a parameter is used by no layer"),
    (("layers", 1, "attributes", "num_output"), 5, "layer 'conv', weights: these input shapes need"),
    (("layers", 1, "attributes", "axis"), 9, "axis 9 is outside a blob of 4 axes"),
    (("inputs",), [], "the inputs are not those of the layers"),
    (("inputs", 0, "shape"), [0], "it does not describe a net: ValueError 0 is no whole number from 1 to"),
    (("outputs", 0, "value"), -1, "it does not describe a net: ValueError -1 is no whole number from 0 to 2"),
    (("parameters", 0, "shape"), [10**9, 10**9], "parameters/0000.npy has not the numbers of its shape"),
    (("layers",), None, "it does not describe a net: TypeError"),
]


@pytest.mark.parametrize(("path", "value", "message"), FORGED, ids=lambda part: str(part)[:40])
def test_a_forged_description_with_right_checksums(
    path: tuple[str | int, ...], value: Any, message: str, file: Path
) -> None:
    archive = Archive(file)
    texts = dict(archive.texts)
    place = texts["net.json"]
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    arrays = {name: np.load(file)[name] for name in members(file) if name.endswith(".npy")}
    archive.close()
    write_archive(file, texts, arrays)
    said = refusal(file)
    assert message in said
    assert "tiny.netcc" in said


def test_a_file_that_is_written_into_while_it_is_in_use(file: Path) -> None:
    net = netcc.load(file)
    with file.open("r+b") as other:
        other.truncate(100)
    with pytest.raises(CompiledNetError) as caught:
        net(X)
    assert caught.value.message.endswith("tiny.netcc changed since it was loaded")


def test_a_file_that_is_changed_in_place_while_it_is_in_use(file: Path) -> None:
    net, place = netcc.load(file), file.stat().st_size // 2
    with file.open("r+b") as other:
        other.seek(place)
        other.write(b"other")
    for attempt in (lambda: net(X), lambda: net.save(file.with_name("x.netcc"))):
        with pytest.raises(CompiledNetError, match="changed since it was loaded\n  load it again"):
            attempt()
    assert not file.with_name("x.netcc").exists()


def test_a_file_that_is_touched_is_what_it_was(file: Path) -> None:
    net = netcc.load(file)
    expected = net(X)
    file.write_bytes(file.read_bytes())
    os.utime(file, ns=(1, 1))
    np.testing.assert_array_equal(net(X), expected)
    file.unlink()
    np.testing.assert_array_equal(net(X), expected)


def test_a_file_that_is_replaced_while_it_is_in_use(file: Path) -> None:
    net = netcc.load(file)
    expected = net(X)
    netcc.compile(NET, seed=2).save(file)
    np.testing.assert_array_equal(net(X), expected)
    assert not np.array_equal(netcc.load(file)(X), expected)


def test_a_net_is_saved_over_its_own_file(file: Path) -> None:
    net, before = netcc.load(file), file.read_bytes()
    expected = net(X)
    net.save(file)
    assert file.read_bytes() == before
    np.testing.assert_array_equal(net(X), expected)


def test_a_place_that_cannot_be_written(file: Path, tmp_path: Path) -> None:
    net = netcc.load(file)
    with pytest.raises(OutputError) as caught:
        net.save(tmp_path / "none" / "x.netcc")
    assert str(caught.value) == (
        f"error: cannot write {tmp_path}/none/x.netcc: the folder {tmp_path}/none does not exist"
    )
    with pytest.raises(OutputError, match="it is a folder"):
        net.save(tmp_path)


def test_local_headers_have_room_for_the_gap(file: Path) -> None:
    content = file.read_bytes()
    with zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            name, extra = struct.unpack_from("<HH", content, info.header_offset + 26)
            assert (info.header_offset + 30 + name + extra) % 64 == 0, info.filename
