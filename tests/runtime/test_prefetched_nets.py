"""Nets whose data are made ready in another thread: the same numbers as without, in every situation."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers.nets import layer

from netcc.data.datums import raw_datum
from netcc.data.lmdb_writer import write_lmdb
from netcc.runtime.net import Net
from netcc.runtime.run_state import RunState
from netcc.types import TRAIN, Array, Shape


def database(folder: Path, shapes: list[Shape]) -> Path:
    random = np.random.default_rng(0)
    images = [random.integers(0, 256, shape, np.uint8) for shape in shapes]
    write_lmdb(folder / "db", ((b"%04d" % index, raw_datum(image, index)) for index, image in enumerate(images)))
    return folder / "db"


def text(path: Path, batch_size: int, transform: str = "") -> str:
    fields = (
        f'data_param {{ source: "{path}" backend: LMDB batch_size: {batch_size} }} transform_param {{ {transform} }}'
    )
    return layer("d", "Data", "", "data label", fields) + layer("drop", "Dropout", "data", "drop")


def passes(net: Net, count: int) -> list[Array]:
    result = []
    for _ in range(count):
        net.forward()
        result.append(net.blobs["drop"].data.copy())
    return result


def through_json(state: RunState) -> RunState:
    random, sources = json.loads(json.dumps([state.random, state.sources]))
    return replace(state, random=random, sources=sources)


@pytest.mark.parametrize("ahead", ["0", "1", "4"])
def test_a_net_goes_on_exactly(ahead: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    net_text = text(database(tmp_path, [(3, 5, 6)] * 7), 3, "mirror: true crop_size: 4")
    monkeypatch.setenv("NETCC_PREFETCH", "2")
    with Net(net_text, TRAIN, seed=1) as net:
        passes(net, 4)
        state = through_json(net.run_state())
        expected = passes(net, 5)
    monkeypatch.setenv("NETCC_PREFETCH", ahead)
    with Net(net_text, TRAIN, seed=2) as net:
        passes(net, 2)
        assert net.restore_run_state(state) == []
        np.testing.assert_array_equal(passes(net, 5), expected)


def test_a_net_follows_the_size_of_each_image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shapes = [(1, 3, 3), (1, 5, 7), (1, 5, 7), (1, 2, 1)]
    net_text = text(database(tmp_path, shapes), 1)
    runs = []
    for ahead in ("0", "3"):
        monkeypatch.setenv("NETCC_PREFETCH", ahead)
        with Net(net_text, TRAIN, seed=1) as net:
            runs.append(passes(net, 9))
    assert [array.shape[1:] for array in runs[0]] == [*shapes, *shapes, shapes[0]]
    for inline, prefetched in zip(*runs, strict=True):
        np.testing.assert_array_equal(inline, prefetched)
