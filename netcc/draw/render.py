"""Text for Graphviz to pictures, by Graphviz's own program `dot`."""

from __future__ import annotations

import shutil
import subprocess

from netcc.errors import OutputError, UsageError, closest

TEXTS = ("dot", "gv", "raw")
"""Formats that are the text itself, for which nothing needs to be installed."""
FORMATS = ("svg", "png", "pdf", "ps", "eps", "jpg", "jpeg", "gif", "webp", *TEXTS)


def check_format(name: str) -> str:
    """The format `name`, in small letters. Raises UsageError if there is no such one."""
    known = name.lower()
    if known not in FORMATS:
        raise UsageError(
            f"there is no picture format {name!r}",
            notes=[f"expected one of: {', '.join(FORMATS)}"],
            suggestion=closest(known, FORMATS),
        )
    return known


def render(text: str, kind: str) -> bytes:
    """The picture that `text` describes in the format `kind`.

    Raises OutputError if Graphviz is missing or fails, which cannot be for formats of text.
    """
    if kind in TEXTS:
        return text.encode()
    program = shutil.which("dot")
    if program is None:
        raise OutputError(
            f"a picture in {kind} is drawn by Graphviz, whose program dot is not installed",
            notes=[
                "install it with: apt-get install graphviz, or brew install graphviz",
                "a .dot file needs no Graphviz, and can be drawn elsewhere",
            ],
        )
    done = subprocess.run([program, f"-T{kind}"], input=text.encode(), capture_output=True, check=False)
    if done.returncode or not done.stdout:
        told = done.stderr.decode(errors="replace").strip().splitlines()
        raise OutputError(f"Graphviz cannot draw the net in {kind}", notes=told[:2])
    return done.stdout
