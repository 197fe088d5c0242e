"""The zoo comes along when netcc is built."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.zoo import ZOO

ASK = """
from netcc.zoo.find import find, net_names, zoo_folder
import netcc
print(zoo_folder())
print(len(net_names()))
print(netcc.shapes("zoo:alexnet").parameter_count)
print(find("zoo:resnet50/solver").name)
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package as a wheel holds it."""
    folder = tmp_path_factory.mktemp("built")
    arguments = ["-q", "egg_info", "--egg-base", str(folder), "build_py", "--build-lib", str(folder)]
    subprocess.run([sys.executable, "-W", "ignore", "setup.py", *arguments], cwd=ZOO.parent, check=True)
    return folder


def test_every_text_of_the_zoo_is_there(built: Path) -> None:
    texts = {path.relative_to(ZOO) for kind in ("prototxt", "md", "json") for path in ZOO.rglob(f"*.{kind}")}
    nets = built / "netcc" / "zoo" / "nets"
    assert {path.relative_to(nets) for path in nets.rglob("*") if path.is_file()} == texts
    assert len(texts) > 4


def test_the_built_package_finds_it(built: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(built)}
    said = subprocess.run(
        [sys.executable, "-c", ASK], cwd=built, env=environment, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert said[0] == str(built / "netcc" / "zoo" / "nets")
    assert int(said[1]) == len(list(ZOO.rglob("deploy.prototxt")))
    assert said[2:] == ["60965224", "solver.prototxt"]
