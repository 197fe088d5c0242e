"""`netcc fmt`."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.commands import Run

ROOT = Path(__file__).resolve().parents[2]

UGLY = 'name :"n"  # mine\nlayer{name:"a"   type:"ReLU"\nbottom:"x" top:"a"}\n'
NEAT = 'name: "n"  # mine\nlayer {\n  name: "a"\n  type: "ReLU"\n  bottom: "x"\n  top: "a"\n}\n'


@pytest.fixture
def files(place: Path) -> Path:
    (place / "ugly.prototxt").write_text(UGLY)
    (place / "neat.prototxt").write_text(NEAT)
    (place / "bad.prototxt").write_text("layer {\n")
    return place


def test_prints_what_is_laid_out(run: Run, files: Path) -> None:
    shown = run("fmt", "ugly.prototxt")
    assert (shown.exit_code, shown.stdout) == (0, NEAT)
    assert (files / "ugly.prototxt").read_text() == UGLY


def test_standard_input(run: Run) -> None:
    assert run("fmt", "-", stdin=UGLY).stdout == NEAT


def test_write(run: Run, files: Path) -> None:
    shown = run("fmt", "-w", "ugly.prototxt", "neat.prototxt")
    assert (shown.exit_code, shown.stdout) == (0, "")
    assert (files / "ugly.prototxt").read_text() == NEAT


def test_a_file_that_does_not_parse_is_left_and_the_others_are_written(run: Run, files: Path) -> None:
    shown = run("fmt", "-w", "bad.prototxt", "ugly.prototxt")
    assert shown.exit_code == 1
    assert shown.stderr.startswith("bad.prototxt:1:7: error: ")
    assert (files / "bad.prototxt").read_text() == "layer {\n"
    assert (files / "ugly.prototxt").read_text() == NEAT


def test_check_names_what_differs(run: Run, files: Path) -> None:
    shown = run("fmt", "--check", "ugly.prototxt", "neat.prototxt")
    assert (shown.exit_code, shown.stdout) == (1, "ugly.prototxt\n")
    assert (run("fmt", "--check", "neat.prototxt").exit_code) == 0
    assert (files / "ugly.prototxt").read_text() == UGLY


def test_diff_shows_what_would_change(run: Run, files: Path) -> None:
    shown = run("fmt", "--diff", "ugly.prototxt")
    assert shown.exit_code == 0
    assert shown.stdout.splitlines()[:4] == [
        "--- ugly.prototxt",
        "+++ ugly.prototxt (laid out)",
        "@@ -1,3 +1,7 @@",
        '-name :"n"  # mine',
    ]
    assert run("fmt", "--diff", "neat.prototxt").stdout == ""


def test_diff_of_a_file_without_an_end_of_line(run: Run) -> None:
    shown = run("fmt", "--diff", "-", stdin='name: "n"')
    assert shown.stdout == (
        '--- <stdin>\n+++ <stdin> (laid out)\n@@ -1 +1 @@\n-name: "n"\n\\ No newline at end of file\n+name: "n"\n'
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-w", "--check", "neat.prototxt"], "--write excludes --check and --diff"),
        (["-w", "-"], "--write needs files: what came from standard input has no place to be written to"),
        (["-", "-"], "- (standard input) can be read only once"),
        (["nosuch.prototxt"], "nosuch.prototxt: no such file"),
    ],
)
def test_wrong_use(arguments: list[str], message: str, run: Run) -> None:
    shown = run("fmt", *arguments, stdin="")
    assert (shown.exit_code, shown.stderr) == (2, f"error: {message}\n")


def test_a_full_disk_leaves_the_file(run: Run, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    shown = run("fmt", "-w", "ugly.prototxt")
    assert (shown.exit_code, shown.stderr) == (1, "error: cannot write ugly.prototxt: the disk is full\n")
    assert sorted(path.name for path in files.iterdir()) == ["bad.prototxt", "neat.prototxt", "ugly.prototxt"]
    assert (files / "ugly.prototxt").read_text() == UGLY


@pytest.mark.parametrize("path", sorted((ROOT / "zoo").rglob("*.prototxt")), ids=lambda path: path.name)
def test_the_zoo_is_laid_out(path: Path, run: Run) -> None:
    if path.name == "train_angle.prototxt":  # its spelling is its point
        assert "<" in path.read_text(encoding="utf-8")
    else:
        assert run("fmt", "--check", path).exit_code == 0


def test_comments_in_another_encoding_are_kept(run: Run, place: Path) -> None:
    (place / "net.prototxt").write_bytes(b"# \xc4\xe3\na:1  # \xba\xc3\n")
    laid_out = b"# \xc4\xe3\na: 1  # \xba\xc3\n"
    assert run("fmt", "net.prototxt").stdout_bytes == laid_out
    assert b"-# \xc4" not in run("fmt", "--diff", "net.prototxt").stdout_bytes
    assert run("fmt", "--write", "net.prototxt").exit_code == 0
    assert (place / "net.prototxt").read_bytes() == laid_out
