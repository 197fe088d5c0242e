"""The examples in pages of the documentation, run as they stand there."""

from __future__ import annotations

import doctest
import re
import shlex
import subprocess
import sys
from pathlib import Path


def blocks(text: str, language: str) -> list[str]:
    """The code of all blocks of that language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def check_console(block: str, place: Path) -> None:
    """Runs each command of `block` in the folder `place` and compares what it prints with what is shown."""
    for call in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, expected = call.partition("\n")
        program, *arguments = shlex.split(command)
        assert program == "netcc"
        done = subprocess.run(
            [sys.executable, "-m", "netcc", *arguments],
            cwd=place,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.stdout == expected


def check_python(source: str, name: str) -> int:
    """Runs `source` as a doctest and gives the number of its examples."""
    test = doctest.DocTestParser().get_doctest(source, {}, name, name, 0)
    said: list[str] = []
    result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=said.append)
    assert result.failed == 0, "".join(said)
    return len(test.examples)
