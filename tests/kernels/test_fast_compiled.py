"""How twins become machine code: once, whatever the layout, kept where a folder can be written, told of."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netcc.errors import UsageError
from netcc.kernels.twins import told_of_compiling

numba = pytest.importorskip("numba", reason="twins need numba")

from netcc.kernels.fast import compiled as room  # noqa: E402
from netcc.kernels.fast.compiled import compiled  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]


def doubled(array: Any) -> float:
    total = 0.0
    for value in array:
        total += 2 * value
    return total


def fresh() -> Any:
    """The function with machine code yet to be made, and kept nowhere."""
    function = compiled(doubled)
    function._compiler._cache = numba.core.caching.NullCache()
    return function


def test_arrays_of_all_layouts_share_machine_code() -> None:
    function, array = fresh(), np.arange(6.0)
    assert [function(array), function(array[::2]), function(array[::-1])] == [30, 12, 30]
    assert len(function._called.signatures) == 1
    assert function(array.astype(np.float32)) == 30
    assert len(function._called.signatures) == 2


def test_wrong_arguments_are_a_type_error_the_second_time_too() -> None:
    function = fresh()
    function(np.arange(2.0))
    for _ in range(2):
        with pytest.raises((TypeError, UsageError)):
            function(np.arange(2.0), 3)


def test_compiling_is_told_of_before_it_begins() -> None:
    function, told = fresh(), []  # type: ignore[var-annotated]
    with told_of_compiling(told.append):
        function(np.arange(2.0))
        function(np.arange(3.0)[::2])
    function(np.arange(3, dtype=np.float32))
    assert told == [room.cache_folder()]


def test_what_numba_cannot_compile_is_one_message() -> None:
    def broken(array: Any) -> Any:
        return array.no_such_attribute

    function = compiled(broken)
    with pytest.raises(UsageError, match=rf"^error: numba {numba.__version__} cannot compile broken: "):
        function(np.arange(2.0))


RUN = """
import numpy as np
from netcc.kernels.fast import finish
from netcc.kernels.fast.compiled import cache_folder
from netcc.kernels.twins import told_of_compiling
with told_of_compiling(print):
    finish.finish(np.zeros((1, 1, 1, 4), np.float32), None, None, 0.0)
print("folder", cache_folder())
"""


def run(source: Path, home: Path, **environment: str) -> list[str]:
    variables = {"PYTHONPATH": str(source), "HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1", **environment}
    done = subprocess.run(
        [sys.executable, "-c", RUN], env=variables, cwd=source, capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


@pytest.mark.skipif(sys.platform == "win32", reason="the user's cache folder is not below HOME on Windows")
def test_machine_code_goes_to_the_users_folder_where_the_package_cannot_be_written(tmp_path: Path) -> None:
    source, home = tmp_path / "site", tmp_path / "home"
    (source / "netcc" / "kernels").mkdir(parents=True)
    for path in (ROOT / "netcc").iterdir():
        if path.name != "kernels":
            (source / "netcc" / path.name).symlink_to(path)
    for path in (ROOT / "netcc" / "kernels").glob("*.py"):
        (source / "netcc" / "kernels" / path.name).symlink_to(path)
    fast = source / "netcc" / "kernels" / "fast"
    fast.mkdir()
    for path in (ROOT / "netcc" / "kernels" / "fast").glob("*.py"):
        (fast / path.name).write_bytes(path.read_bytes())
    (fast / "__pycache__").touch()  # no folder can have this name now, not even of a user who may write anywhere
    home.mkdir()
    told, folder = run(source, home)
    assert folder.startswith(f"folder {home}")
    assert folder == f"folder {told}"
    assert run(source, home) == [folder], "the second process compiles again"
    for path in Path(told).glob("*.nbi"):
        path.write_bytes(path.read_bytes()[:40])
    assert run(source, home) == [told, folder], "damaged machine code is made anew"
    assert run(source, Path("/dev/null")) == ["None", "folder None"]
