"""What real Caffe refuses of a layer's fields and shapes is refused here too, at a place in the text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import netcc

FILE = Path(__file__).resolve().parents[1] / "golden" / "refused" / "layers.json"
CASES: dict[str, dict[str, Any]] = {case["name"]: case for case in json.loads(FILE.read_text())}

REFUSED = [name for name, case in CASES.items() if case["refused"]]
TAKEN = [name for name, case in CASES.items() if not case["refused"]]


def run(case: dict[str, Any]) -> None:
    net = netcc.Net(case["text"], netcc.TEST)
    assert case.get("stage") != "setup", "the net was built"
    net.forward()
    net.backward()


@pytest.mark.parametrize("name", REFUSED)
def test_refused_as_by_caffe(name: str) -> None:
    with pytest.raises(netcc.NetccError) as caught:
        run(CASES[name])
    span = caught.value.diagnostics[0].span
    assert span is not None
    assert span.line > 1, "the message points at the layer or its field"


@pytest.mark.parametrize("name", TAKEN)
def test_taken_as_by_caffe(name: str) -> None:
    net = netcc.Net(CASES[name]["text"], netcc.TEST)
    assert {blob: list(value.shape) for blob, value in net.blobs.items()} == CASES[name]["shapes"]
