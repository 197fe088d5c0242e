"""Which function a plan gets: the definition in NumPy or its twin."""

from __future__ import annotations

import pytest

from netcc.errors import NetccWarning, UsageError
from netcc.kernels import twins


def double(number: float) -> float:
    return 2 * number


def test_a_function_without_a_twin_is_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(twins, "_numba_is_there", lambda: True)
    assert twins.pick(double) is double


def test_the_target_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(twins, "_numba_is_there", lambda: True)
    monkeypatch.setattr(twins, "_TWINS", dict(twins._TWINS))

    @twins.twin_of(double)
    def twice(number: float) -> float:
        return number + number

    assert twins.pick(double) is twice
    with twins.use_target("numpy"):
        assert twins.pick(double) is double


@pytest.mark.parametrize(
    ("value", "there", "message"),
    [
        ("cuda", True, "NETCC_TARGET must be numpy or fast, found 'cuda'"),
        ("fast", False, "NETCC_TARGET is fast, but numba is not installed"),
    ],
)
def test_targets_that_are_not_to_be_had(monkeypatch: pytest.MonkeyPatch, value: str, there: bool, message: str) -> None:
    monkeypatch.setenv(twins.VARIABLE, value)
    monkeypatch.setattr(twins, "_numba_is_there", lambda: there)
    with pytest.raises(UsageError) as caught:
        twins.target()
    assert caught.value.message == message


def test_a_numba_that_cannot_be_imported_is_warned_of_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(twins.VARIABLE, raising=False)
    monkeypatch.setattr(twins, "_numba_is_there", lambda: True)
    monkeypatch.setattr(twins, "_why_not", lambda: "Numba needs NumPy 2.3 or less")
    twins._warn_of.cache_clear()
    with pytest.warns(NetccWarning, match="numba is installed but cannot be used: Numba needs NumPy 2.3 or less"):
        assert twins.pick(double) is double
    assert twins.target() == "numpy"  # a second warning would be an error here
    with twins.use_target("fast"), pytest.raises(UsageError) as caught:
        twins.target()
    assert caught.value.message == "NETCC_TARGET is fast, but numba cannot be used: Numba needs NumPy 2.3 or less"


def test_without_numba_the_definition_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(twins.VARIABLE, raising=False)
    monkeypatch.setattr(twins, "_numba_is_there", lambda: False)
    assert twins.target() == "numpy"
    assert twins.pick(double) is double
