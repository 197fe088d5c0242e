"""What `netcc plan --memory` tells of: sizes, places and lives that can be counted by hand."""

from __future__ import annotations

from helpers.nets import inner_product, input_layer, layer, plan_of

from netcc.report.memory import memory_table
from netcc.types import TEST

CHAIN = input_layer("x", 4, 8) + "".join(
    inner_product(name, below, name, width) for name, below, width in [("a", "x", 16), ("b", "a", 32), ("c", "b", 4)]
)
LINE = 64
X, A, B, C = 4 * 8 * 4, 4 * 16 * 4, 4 * 32 * 4, LINE


def test_sharing_is_counted_by_hand() -> None:
    table = memory_table(plan_of(CHAIN, TEST, keep_all=False, gradients=False))
    assert {row.name: (row.bytes, row.first, row.last, row.held) for row in table.buffers} == {
        "x": (X, 0, 3, True),
        "a": (A, 1, 2, False),
        "b": (B, 2, 3, False),
        "c": (C, 0, 3, True),
    }
    assert table.alive == (X + C, X + A + C, X + A + B + C, X + B + C)
    assert (table.lower_bound, table.fullest) == (X + A + B + C, "forward b")
    assert (table.arena, table.separate, table.saved, table.ratio) == (X + A + B + C, X + A + B + C, 0, 1.0)


def test_what_does_not_meet_shares() -> None:
    text = CHAIN + inner_product("d", "c", "d", 16) + inner_product("e", "d", "e", 1)
    table = memory_table(plan_of(text, TEST, keep_all=False, gradients=False))
    assert table.saved == C + A  # of a, b, c and d only a and b are ever needed together
    assert table.arena == table.lower_bound


def test_parameters_lie_elsewhere() -> None:
    table = memory_table(plan_of(CHAIN, TEST, keep_all=False, gradients=False))
    padded = [8 * 16 * 4, 16 * 4, 16 * 32 * 4, 32 * 4, 32 * 4 * 4, LINE]
    assert table.parameters == sum(padded)


def test_forward_and_backward_steps_are_told_apart() -> None:
    text = input_layer("y", 4) + CHAIN + layer("loss", "SoftmaxWithLoss", "c y", "loss")
    table = memory_table(plan_of(text, keep_all=False))
    assert len(table.steps) == 6 + 4  # inputs have no backward step
    assert table.steps[table.forward - 1] == "forward loss"
    assert table.steps[table.forward] == "backward loss"
    whole = table.as_json()
    assert whole["forward_steps"] == 6
    assert max(whole["alive_bytes"]) == whole["lower_bound_bytes"]
    assert sum(row["bytes"] for row in whole["buffers"]) == whole["separate_bytes"]


def test_kinds_of_elements_share_one_arena() -> None:
    text = input_layer("x", 2, 3) + input_layer("y", 2) + layer("loss", "SoftmaxWithLoss", "x y", "loss")
    plan = plan_of(text, keep_all=False)
    assert {slot.kind for slot in plan.memory.offsets} == {"real", "index", "bool"}
    assert list(plan.memory.arenas) == ["buffers"]
