"""One version, stated once, told everywhere."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import netcc

ROOT = Path(__file__).resolve().parents[2]


def test_the_installed_package_has_the_version_of_the_module() -> None:
    assert version("netcc") == netcc.__version__


def test_the_change_log_begins_with_the_version() -> None:
    headings = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert headings[0] == netcc.__version__


def test_python_m_netcc_is_the_command() -> None:
    done = subprocess.run([sys.executable, "-m", "netcc", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"netcc {netcc.__version__}\n"
