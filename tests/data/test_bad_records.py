"""Bad records: an error, or counted with a warning each."""

from __future__ import annotations

import pytest

from netcc.data.bad_records import MOST_NAMED, BadRecords, bad_records_for, bad_records_in_use, using
from netcc.errors import DataError, NetccWarning, UsageError

FAULT = DataError("a.png is broken", notes=["listed in x:1"])


def test_the_first_is_an_error() -> None:
    bad = BadRecords()
    with pytest.raises(DataError) as caught:
        bad.met("a.png", FAULT)
    assert caught.value is FAULT
    assert bad.count == 0


def meet(bad: BadRecords, *names: str) -> None:
    for name in names:
        bad.met(name, FAULT)


def test_counted_and_told_once() -> None:
    bad = BadRecords("skip")
    with pytest.warns(NetccWarning) as told:
        meet(bad, "a.png", "b.png", "a.png")
    assert [str(warning.message) for warning in told] == [
        "warning: passed over: a.png is broken\n  listed in x:1",
        "warning: passed over: a.png is broken\n  listed in x:1",
    ]
    assert bad.count == 3
    assert bad.reasons == {"a.png": "a.png is broken", "b.png": "a.png is broken"}
    assert str(bad) == "3 bad records were passed over: a.png, b.png"


def test_one() -> None:
    bad = BadRecords("skip")
    with pytest.warns(NetccWarning, match="passed over"):
        bad.met("a.png", FAULT)
    assert str(bad) == "1 bad record was passed over: a.png"


def test_only_so_many_are_named() -> None:
    bad = BadRecords("skip")
    with pytest.warns(NetccWarning) as told:
        meet(bad, *map(str, range(MOST_NAMED + 5)))
    assert len(told) == len(bad.reasons) == MOST_NAMED
    assert bad.count == MOST_NAMED + 5
    assert str(bad).endswith("18, 19, ...")


def test_in_use() -> None:
    bad = BadRecords("skip")
    assert bad_records_in_use().policy == "error"
    with using(bad):
        assert bad_records_in_use() is bad
        with using(None):
            assert bad_records_for(None) is bad
    assert bad_records_in_use() is not bad
    assert bad_records_for("skip").policy == "skip"
    assert bad_records_for(bad) is bad


def test_no_such_policy() -> None:
    with pytest.raises(UsageError) as caught:
        BadRecords("ignore")  # type: ignore[arg-type]
    assert caught.value.message == "on_bad_record must be 'error' or 'skip', not 'ignore'"
