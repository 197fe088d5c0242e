"""Reading ahead: the same batches, positions and errors as without, in bounded memory, and threads that end."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from data.records import MakeDatabase, batch, data_layer, datum
from helpers.nets import layer
from hypothesis import given
from hypothesis import strategies as st

from netcc.data.prefetch import PrefetchedSource, depth_of, open_for_net
from netcc.data.readers.memory import MemorySource
from netcc.data.seeded import SeededSource
from netcc.data.source import Source
from netcc.errors import DataError, UsageError
from netcc.runtime.net import Net
from netcc.schema import caffe_pb2
from netcc.types import TEST, TRAIN, Array, Shape


class Counting:
    """A source of 1, 2, 3 ... that notes what is asked of it, and raises `faults[number]` in place of a batch."""

    def __init__(self, faults: Mapping[int, BaseException] | None = None, width: int = 1) -> None:
        self.next = 1
        self.faults = dict(faults or {})
        self.width = width
        self.closed = False
        self.threads: set[str] = set()
        self.addresses: set[int] = set()

    def shapes(self, tops: int) -> tuple[Shape, ...]:
        return ((2, self.width), (2,))[:tops]

    def read(self, tops: Sequence[Array]) -> None:
        self.threads.add(threading.current_thread().name)
        self.addresses.add(tops[0].ctypes.data)
        number, self.next = self.next, self.next + 1
        if number in self.faults:
            raise self.faults[number]
        for top in tops:
            top[...] = number

    def position(self) -> dict[str, int]:
        return {"next": self.next}

    def restore(self, position: Mapping[str, Any]) -> None:
        if "next" not in position:
            raise DataError("no such place")
        self.next = position["next"]

    def close(self) -> None:
        self.closed = True


def number(source: Source) -> int:
    return int(batch(source)[0][0, 0])


def wait_until(condition: Any) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.001)


def prefetch_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "netcc-prefetch"]


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    assert not prefetch_threads()
    yield
    gc.collect()
    wait_until(lambda: not prefetch_threads())


@pytest.fixture
def pictures(make_database: MakeDatabase) -> Path:
    """Seven images of 3 x 6 x 5 of noise."""
    random = np.random.default_rng(0)
    return make_database([datum(random.integers(0, 256, (3, 6, 5), np.uint8), index) for index in range(7)])


def picture_layer(path: Path, prefetch: int) -> caffe_pb2.LayerParameter:
    message = data_layer(path, 3, mirror=True, crop_size=4)
    message.data_param.prefetch = prefetch
    message.data_param.rand_skip = 5
    return message


def batches(source: Source, count: int) -> Array:
    return np.stack([batch(source)[0] for _ in range(count)])


@pytest.mark.parametrize("depth", [1, 2, 5])
def test_the_same_bytes_as_without(pictures: Path, depth: int) -> None:
    runs, after = [], []
    for prefetch in (0, depth):
        random = np.random.default_rng(7)
        source = open_for_net(picture_layer(pictures, prefetch), TRAIN, random)
        assert isinstance(source, SeededSource if prefetch == 0 else PrefetchedSource)
        runs.append(batches(source, 9))
        after.append((source.position(), random.random()))
        source.close()
    np.testing.assert_array_equal(*runs)
    assert after[0] == after[1]
    assert len(np.unique(runs[0])) > 50


def test_the_generator_of_the_net_is_left_to_the_net(pictures: Path) -> None:
    random = np.random.default_rng(7)
    source = open_for_net(picture_layer(pictures, 2), TRAIN, random)
    batches(source, 3)
    assert random.random() == np.random.default_rng(7).random()
    source.close()


@given(taken=st.integers(0, 6), ahead=st.integers(0, 4), depths=st.tuples(st.integers(1, 4), st.integers(1, 4)))
def test_a_position_is_that_of_the_batch_last_taken(taken: int, ahead: int, depths: tuple[int, int]) -> None:
    source = PrefetchedSource(Counting(), depths[0])
    assert [number(source) for _ in range(taken)] == list(range(1, taken + 1))
    position = source.position()
    assert position == {"next": taken + 1}
    again = PrefetchedSource(Counting(), depths[1])
    for _ in range(ahead):
        number(again)
    again.restore(position)
    assert [number(again) for _ in range(3)] == [number(source) for _ in range(3)] == [taken + n for n in (1, 2, 3)]
    source.close()
    again.close()


def test_resumes_with_crops_and_mirrors(pictures: Path) -> None:
    source = open_for_net(picture_layer(pictures, 3), TRAIN, np.random.default_rng(1))
    batches(source, 4)
    position = json.loads(json.dumps(source.position()))
    expected = batches(source, 5)
    source.close()
    for prefetch in (0, 2):
        again = open_for_net(picture_layer(pictures, prefetch), TRAIN, np.random.default_rng(2))
        batches(again, 2)
        again.restore(position)
        np.testing.assert_array_equal(batches(again, 5), expected)
        again.close()


@pytest.mark.parametrize("position", [{}, {"record": 1}, {"source": {"record": 1}, "random": 3}])
def test_a_position_of_something_else(pictures: Path, position: dict[str, Any]) -> None:
    source = open_for_net(picture_layer(pictures, 0), TRAIN, np.random.default_rng(1))
    before = source.position()
    with pytest.raises(DataError, match="its place is not understood"):
        source.restore(position)
    assert source.position() == before
    source.close()


def test_a_position_behind_the_last_record_leaves_the_generator(pictures: Path) -> None:
    source = open_for_net(picture_layer(pictures, 0), TRAIN, np.random.default_rng(1))
    before = source.position()
    batches(source, 2)
    with pytest.raises(DataError, match="has no record 70"):
        source.restore({"source": {"record": 70}, "random": before["random"]})
    assert source.position()["random"] != before["random"]
    source.close()


def test_no_more_batches_than_asked_for_and_their_memory_again() -> None:
    inner = Counting()
    source = PrefetchedSource(inner, 3)
    assert number(source) == 1
    wait_until(lambda: inner.next == 5)
    time.sleep(0.05)
    assert inner.next == 5  # one taken, three ready
    for _ in range(20):
        number(source)
    assert len(inner.addresses) == 3
    assert inner.threads == {"netcc-prefetch"}
    source.close()


def test_an_exception_comes_in_its_turn_and_the_next_batch_after_it() -> None:
    inner = Counting({3: DataError("record 'x' of db: broken")})
    source = PrefetchedSource(inner, 4)
    assert [number(source), number(source)] == [1, 2]
    assert source.position() == {"next": 3}
    with pytest.raises(DataError, match="record 'x' of db: broken"):
        number(source)
    assert source.position() == {"next": 4}
    assert [number(source), number(source)] == [4, 5]
    source.close()


@pytest.mark.parametrize("fault", [MemoryError(), KeyboardInterrupt(), RuntimeError("a fault of netcc")])
def test_no_kind_of_exception_is_a_hang(fault: BaseException) -> None:
    source = PrefetchedSource(Counting({2: fault}), 2)
    number(source)
    with pytest.raises(type(fault)):
        batch(source)
    wait_until(lambda: not prefetch_threads())
    source.close()


def test_shapes_are_those_of_the_next_batch() -> None:
    inner = Counting(width=2)
    source = PrefetchedSource(inner, 3)
    assert source.shapes(2) == ((2, 2), (2,))
    assert not prefetch_threads()  # shapes alone start nothing
    number(source)
    wait_until(lambda: inner.next == 5)
    inner.width = 3
    assert [source.shapes(1) for _ in range(2)] == [((2, 2),)] * 2
    widths = [batch(source)[0].shape[1] for _ in range(5)]
    assert widths == [2, 2, 2, 3, 3]
    source.close()


def test_tops_that_do_not_fit_are_the_sources_matter(make_database: MakeDatabase) -> None:
    path = make_database([datum(np.zeros((1, 2, 2), np.uint8)), datum(np.zeros((1, 3, 3), np.uint8))])
    source = open_for_net(data_layer(path, 1), TEST, np.random.default_rng())
    tops = [np.zeros((1, 1, 2, 2), np.float32), np.zeros(1, np.float32)]
    source.read(tops)
    with pytest.raises(DataError, match=r"record '00000001' of .*: its image is 1 x 3 x 3, but the batch holds images"):
        source.read(tops)
    source.close()


def test_other_tops_get_the_next_batch_too() -> None:
    source = PrefetchedSource(Counting(), 2)
    assert number(source) == 1
    (data,) = batch(source, tops=1)
    assert data[0, 0] == 2
    assert batch(source, dtype=np.float64)[1].tolist() == [3, 3]
    assert number(source) == 4
    assert source.position() == {"next": 5}
    source.close()


def test_close_ends_the_thread_and_the_source() -> None:
    inner = Counting()
    source = PrefetchedSource(inner, 2)
    number(source)
    assert len(prefetch_threads()) == 1
    source.close()
    source.close()
    wait_until(lambda: not prefetch_threads())
    assert inner.closed


def test_a_source_that_nobody_holds_ends_its_thread() -> None:
    source = PrefetchedSource(Counting(), 2)
    number(source)
    (thread,) = prefetch_threads()
    del source
    gc.collect()
    thread.join(10)
    assert not thread.is_alive()


def test_the_collector_does_not_wait_for_the_thread() -> None:
    """Whoever it interrupts may hold what the thread needs to go on."""
    go_on = threading.Event()

    class Waiting(Counting):
        def read(self, tops: Sequence[Array]) -> None:
            if self.next > 1:
                go_on.wait(10)
            super().read(tops)

    source = PrefetchedSource(Waiting(), 2)
    number(source)
    (thread,) = prefetch_threads()
    del source
    gc.collect()
    assert thread.is_alive()
    go_on.set()
    thread.join(10)
    assert not thread.is_alive()


def run_alone(code: str) -> subprocess.CompletedProcess[str]:
    """Runs `code` in a process of its own, which finds this module and netcc."""
    tests = Path(__file__).parents[1]
    places = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tests), str(tests.parent)])}
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, env=places, check=False
    )


@pytest.mark.parametrize("end", ["", "raise SystemExit(3)", "raise ValueError('stop')", "os.kill(os.getpid(), 2)"])
def test_a_program_ends_without_waiting(pictures: Path, end: str) -> None:
    """Also where nothing is closed, and with a thread in the middle of a slow read."""
    code = f"""
import os, signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job ignores it
import numpy as np
from netcc.data.prefetch import PrefetchedSource
from data.test_prefetch import Counting, batch
class Slow(Counting):
    def read(self, tops):
        time.sleep(0.01)
        super().read(tops)
source = PrefetchedSource(Slow(), 100)
print(batch(source)[0][0, 0], flush=True)
{end}
"""
    done = run_alone(code)
    assert done.stdout == "1.0\n", done.stderr
    assert done.returncode == {"": 0, "raise SystemExit(3)": 3, "raise ValueError('stop')": 1}.get(end, -2)


def test_a_program_ends_though_a_read_hangs() -> None:
    code = """
import threading
import netcc.data.prefetch_worker as worker
from netcc.data.prefetch import PrefetchedSource
from data.test_prefetch import Counting, batch
worker.LONGEST_WAIT = 0.1
class Hanging(Counting):
    def read(self, tops):
        if self.next > 1:
            threading.Event().wait()
        super().read(tops)
source = PrefetchedSource(Hanging(), 2)
print(batch(source)[0][0, 0], flush=True)
"""
    done = run_alone(code)
    assert (done.stdout, done.returncode) == ("1.0\n", 0), done.stderr


def test_a_forked_process_reads_on_from_the_same_place() -> None:
    code = """
import os
from netcc.data.prefetch import PrefetchedSource
from data.test_prefetch import Counting, number
source = PrefetchedSource(Counting(), 3)
number(source)
child = os.fork()
if child == 0:
    print(number(source), number(source), flush=True)
    source.close()
    os._exit(0)
print(os.waitpid(child, 0)[1], number(source), flush=True)
"""
    done = run_alone(code)
    assert done.stdout == "2 3\n0 2\n", done.stderr


@pytest.mark.parametrize(
    ("field", "variable", "depth"), [(None, None, 3), (7, None, 7), (0, None, 0), (7, "0", 0), (None, "12", 12)]
)
def test_how_far_ahead(field: int | None, variable: str | None, depth: int, monkeypatch: pytest.MonkeyPatch) -> None:
    message = caffe_pb2.LayerParameter(type="Data")
    if field is not None:
        message.data_param.prefetch = field
    monkeypatch.delenv("NETCC_PREFETCH", raising=False)
    if variable is not None:
        monkeypatch.setenv("NETCC_PREFETCH", variable)
    assert depth_of(message) == depth


@pytest.mark.parametrize("text", ["-1", "many", "1025", "2.5"])
def test_a_variable_that_makes_no_sense(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETCC_PREFETCH", text)
    with pytest.raises(UsageError) as caught:
        depth_of(caffe_pb2.LayerParameter(type="Data"))
    assert str(caught.value) == f"error: NETCC_PREFETCH must be a number of batches from 0 to 1024, found '{text}'"


def test_what_the_caller_fills_is_not_read_ahead() -> None:
    message = caffe_pb2.LayerParameter(name="m", type="MemoryData")
    message.memory_data_param.batch_size = 1
    message.memory_data_param.channels = message.memory_data_param.height = message.memory_data_param.width = 1
    assert isinstance(open_for_net(message, TEST, np.random.default_rng()), MemorySource)


def net_text(path: Path) -> str:
    fields = f'data_param {{ source: "{path}" backend: LMDB batch_size: 2 }} transform_param {{ mirror: true }}'
    return (
        layer("digits", "Data", "", "data label", fields)
        + layer("drop", "Dropout", "data", "drop", "")
        + layer("quiet", "Silence", "drop label", "", "")
    )


def test_a_net_runs_the_same_with_and_without(pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    passes = []
    for variable in ("0", "4"):
        monkeypatch.setenv("NETCC_PREFETCH", variable)
        with Net(net_text(pictures), TRAIN, seed=5) as net:
            passes.append([net.forward() and net.blobs["drop"].data.copy() for _ in range(6)])
    np.testing.assert_array_equal(*passes)


def test_a_broken_record_names_itself_and_the_layer(make_database: MakeDatabase, tmp_path: Path) -> None:
    path = make_database([*[datum(np.zeros((1, 2, 2), np.uint8))] * 5, b"\x22\xff\x01short"])
    (tmp_path / "net.prototxt").write_text(net_text(path))
    with Net(tmp_path / "net.prototxt", TEST, seed=0) as net:
        net.forward()
        net.forward()
        with pytest.raises(DataError) as caught:
            net.forward()
    lines = str(caught.value).splitlines()
    assert lines[0] == f"{tmp_path}/net.prototxt:1:1: error: record '00000005' of {path}: it is not a Datum"
    assert lines[-1] == "  in layer 'digits' (Data)"
