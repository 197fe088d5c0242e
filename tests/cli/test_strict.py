"""A field that does not exist: one warning on every way into a net, an error where the user wants it."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
from helpers.commands import SMALL, SOLVER, Run

import netcc
from netcc.compiler import compile_net
from netcc.errors import NetccWarning

NET = SMALL.replace("weight_filler", "wieght_filler")
WHERE = "21:5"
WHAT = "'inner_product_param' has no field 'wieght_filler'"


@pytest.fixture
def net(place: Path) -> Path:
    (place / "small.prototxt").write_text(NET)
    (place / "solver.prototxt").write_text(SOLVER)
    return place / "small.prototxt"


COMMANDS = [
    ("shapes", "small.prototxt"),
    ("dump", "small.prototxt"),
    ("plan", "small.prototxt"),
    ("train", "solver.prototxt", "--out", "out", "--max-iter", "1"),
    ("train", "small.prototxt", "solver.prototxt", "--out", "out", "--max-iter", "1"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_commands_warn_once(command: tuple[str, ...], run: Run, net: Path) -> None:
    shown = run(*command)
    assert shown.exit_code == 0
    assert shown.stderr.count(f"small.prototxt:{WHERE}: warning: {WHAT}\n") == 1
    assert shown.stderr.count("did you mean 'weight_filler'?") == 1


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_commands_refuse_with_strict(command: tuple[str, ...], run: Run, net: Path) -> None:
    shown = run(*command, "--strict")
    assert shown.exit_code == 1
    assert f"small.prototxt:{WHERE}: error: {WHAT}\n" in shown.stderr
    assert not Path("out", "small_iter_1.caffemodel").exists()


def test_test_warns_and_refuses_too(run: Run, net: Path) -> None:
    run("train", "solver.prototxt", "--out", "out", "--max-iter", "1")
    command = ["test", "small.prototxt", "--weights", "out/small_iter_1.caffemodel", "--iterations", "1"]
    shown, strict = run(*command), run(*command, "--strict")
    assert (shown.exit_code, strict.exit_code) == (0, 1)
    assert shown.stderr.count(f"warning: {WHAT}") == 1
    assert f"error: {WHAT}" in strict.stderr


def make_solver(net: Path, **options: bool) -> None:
    netcc.Solver(net.with_name("solver.prototxt"), **options)


WAYS = {
    "Net": lambda net, **options: netcc.Net(net, netcc.TRAIN, **options),
    "Solver": make_solver,
    "shapes": netcc.shapes,
    "compile_net": lambda net, **options: compile_net(net, netcc.TRAIN, **options),
}


@pytest.mark.parametrize("way", WAYS)
def test_python_warns(way: str, net: Path) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        WAYS[way](net)
    messages = {str(warning.message) for warning in caught}
    assert len(messages) == 1
    warning = caught[0].message
    assert isinstance(warning, NetccWarning)
    assert (warning.diagnostic.message, warning.diagnostic.suggestion) == (WHAT, "weight_filler")


@pytest.mark.parametrize("way", WAYS)
def test_python_refuses_with_strict(way: str, net: Path) -> None:
    with pytest.raises(netcc.NetccError) as caught:
        WAYS[way](net, strict=True)
    assert caught.value.message == WHAT


def test_other_warnings_are_shown_as_python_shows_them(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    monkeypatch.setattr(warnings, "showwarning", lambda message, *rest: shown.append(str(message)))
    from netcc.cli.group import showing_warnings

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        with showing_warnings():
            warnings.warn("from elsewhere", stacklevel=1)
    assert shown == ["from elsewhere"]
