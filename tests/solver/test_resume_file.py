"""The file beside a snapshot: what goes in comes out, and nothing else is believed."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from netcc.errors import OutputError, WeightsError
from netcc.runtime.run_state import RunState
from netcc.solver.resume_file import ResumeRecord, read_resume, resume_path, write_resume

ARRAYS = st.one_of(
    *(
        arrays.arrays(dtype, arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3))
        for dtype in ("<f4", "<f8", "<i8", "|u1", "|b1")
    )
)


def record_of(*layers, memories=None, random=None):
    net = RunState(
        random or np.random.default_rng(3).bit_generator.state,
        {"data": {"record": 5, "nested": {"epoch": 2}}},
        {"lstm": layers},
    )
    return ResumeRecord(7, 11, (net, net), memories or {}, {"ip/0": "12ab", "history": "34"}, 1234.5)


def written(path, record):
    write_resume(path, record)
    found = read_resume(path)
    assert found is not None
    return found


@given(st.lists(ARRAYS, max_size=3))
def test_arrays_come_back_bit_by_bit(tmp_path_factory, layers):
    found = written(tmp_path_factory.mktemp("resume") / "x.resume.json", record_of(*layers))
    for array, expected in zip(found.nets[1].layers["lstm"], layers, strict=True):
        assert (array.dtype, array.shape, array.tobytes()) == (expected.dtype, expected.shape, expected.tobytes())
        assert array.flags.writeable


@given(st.floats(allow_nan=False))
def test_numbers_come_back_to_the_last_bit(tmp_path_factory, number):
    record = record_of(memories={"loss_average": {"losses": [number]}})
    found = written(tmp_path_factory.mktemp("resume") / "x.resume.json", record)
    assert found.memories == record.memories


def test_all_else_comes_back(tmp_path):
    record = record_of()
    found = written(tmp_path / "x.resume.json", record)
    assert (found.iteration, found.seed, found.written, found.contents) == (7, 11, 1234.5, record.contents)
    assert [(net.random, net.sources) for net in found.nets] == [(net.random, net.sources) for net in record.nets]


@pytest.mark.parametrize("generator", [np.random.PCG64, np.random.MT19937, np.random.SFC64, np.random.Philox])
def test_every_generator_of_numpy_goes_on(tmp_path, generator):
    source = np.random.Generator(generator(3))
    source.random(5, np.float32)  # half of a 64-bit number is left over
    found = written(tmp_path / "x.resume.json", record_of(random=source.bit_generator.state))
    other = np.random.Generator(generator(4))
    state = found.nets[0].random
    other.bit_generator.state = state
    assert other.random(3, np.float32).tobytes() == source.random(3, np.float32).tobytes()


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("a/net_iter_5.solverstate", "a/net_iter_5.resume.json"),
        ("a/net_iter_5.solverstate.h5", "a/net_iter_5.resume.json"),
        ("net.v2_iter_5.solverstate", "net.v2_iter_5.resume.json"),
        ("renamed", "renamed.resume.json"),
    ],
)
def test_its_name(state, expected):
    assert resume_path(Path(state)) == Path(expected)


def test_no_file(tmp_path):
    assert read_resume(tmp_path / "none.resume.json") is None


def damaged(content, path, value):
    *outer, last = path
    for key in outer:
        content = content[key]
    content[last] = value


FALSE_ARRAYS = [
    {"dtype": "<f4", "shape": [2], "data": base64.b64encode(bytes(4)).decode()},
    {"dtype": "<f4", "shape": [-1, -1], "data": base64.b64encode(bytes(4)).decode()},
    {"dtype": "|O", "shape": [1], "data": base64.b64encode(bytes(8)).decode()},
    {"dtype": "<f4", "shape": [1], "data": "no base64!"},
    {"dtype": "<f4", "shape": [1 << 62], "data": ""},
]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("format",), "another"),
        (("iteration",), "many"),
        (("nets",), 5),
        (("nets", 0), None),
        (("nets", 0, "sources"), []),
        (("contents",), ["a"]),
        (("written",), None),
        *((("nets", 0, "layers", "lstm"), [array]) for array in FALSE_ARRAYS),
    ],
)
def test_a_file_that_makes_no_sense(tmp_path, path, value):
    file = tmp_path / "x.resume.json"
    write_resume(file, record_of())
    content = json.loads(file.read_text())
    damaged(content, path, value)
    file.write_text(json.dumps(content))
    with pytest.raises(WeightsError) as error:
        read_resume(file)
    assert str(error.value) == f"error: {file} is damaged, or no file to resume from"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000, b"7", b'{"format": 1}'])
def test_files_of_another_kind(tmp_path, content):
    file = tmp_path / "x.resume.json"
    file.write_bytes(content)
    with pytest.raises(WeightsError, match="is damaged, or no file to resume from"):
        read_resume(file)


def test_a_folder_of_that_name(tmp_path):
    with pytest.raises(WeightsError) as error:
        read_resume(tmp_path)
    assert error.value.message == f"cannot read {tmp_path}: is a directory"


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(OutputError, match="does not exist"):
        write_resume(tmp_path / "none" / "x.resume.json", record_of())
