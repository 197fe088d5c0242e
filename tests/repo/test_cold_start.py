"""Small commands start at once: what is large is imported only where it is used."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TRAIN = str(ROOT / "zoo" / "lenet" / "train.prototxt")

HEAVY = ["matplotlib", "lmdb", "h5py", "rich", "PIL", "hypothesis", "netcc.solver", "netcc.testing", "urllib.request"]

CALL = """
import json, sys
from netcc.cli import main
try:
    main(sys.argv[1:])
except SystemExit as end:
    status = end.code
print(json.dumps([status, [name for name in {heavy} if name in sys.modules]]))
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ["shapes", TRAIN, "--input", "data=64,1,28,28"],
        ["fmt", TRAIN],
        ["upgrade", TRAIN],
        ["dump", TRAIN, "--until", "graph"],
        ["--help"],
    ],
    ids=" ".join,
)
def test_heavy_modules_stay_out(arguments: list[str], tmp_path: Path) -> None:
    code = CALL.format(heavy=HEAVY)
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert json.loads(done.stdout.splitlines()[-1]) == [0, []]
