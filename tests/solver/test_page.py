"""docs/solver.md names what there is."""

import re
from pathlib import Path

from netcc.solver.fork_fields import PASSED_OVER, REFUSED
from netcc.solver.policies import policies
from netcc.solver.rules import rule_names

PAGE = (Path(__file__).parents[2] / "docs/solver.md").read_text(encoding="utf-8")


def section(title):
    return PAGE.partition(f"## {title}")[2].partition("\n## ")[0]


def test_every_policy_has_its_row():
    assert re.findall(r"^\| `(\w+)` \|", section("Learning rate"), re.MULTILINE) == list(policies)


def test_every_rule_has_its_row():
    rows = re.findall(r"^\| (`.*?`) \|", section("Rule"), re.MULTILINE)
    assert sorted(name for row in rows for name in re.findall(r"`(\w+)`", row)) == sorted(rule_names())


def test_every_field_without_effect_is_named():
    assert [name for name in (*REFUSED, *PASSED_OVER) if f"`{name}`" not in section("What has no effect")] == []
