"""Memory is shared only where nobody can tell."""

from helpers.nets import inner_product, input_layer, layer, plan_of

from netcc.plan.plan import Plan

DATA = input_layer("x", 2, 3) + input_layer("y", 2)
LOSS = layer("loss", "SoftmaxWithLoss", "b y", "loss")


def same_memory(plan: Plan, one: str, other: str) -> bool:
    outputs = {node.name: plan.data[node.outputs[0]].slot for node in plan.graph.nodes}
    return outputs[one] is outputs[other]


def test_in_place_as_written_shares_memory() -> None:
    plan = plan_of(DATA + inner_product("ip", "x", "b", 4) + layer("r", "ReLU", "b", "b") + LOSS)
    assert same_memory(plan, "ip", "r")
    ip, relu = plan.graph.nodes[2:4]
    assert plan.diffs[ip.outputs[0]].slot is plan.diffs[relu.outputs[0]].slot


def test_in_place_over_a_value_that_backward_needs_gets_memory_of_its_own() -> None:
    text = DATA + inner_product("ip", "x", "a", 4) + layer("t", "TanH", "a", "b") + layer("r", "ReLU", "b", "b") + LOSS
    assert not same_memory(plan_of(text), "t", "r")
    assert same_memory(plan_of(text, gradients=False), "t", "r")


def test_a_layer_that_needs_its_own_bottom_does_not_overwrite_it() -> None:
    slope = "relu_param { negative_slope: -0.5 }"
    text = DATA + inner_product("ip", "x", "b", 4) + layer("r", "ReLU", "b", "b", slope) + LOSS
    assert not same_memory(plan_of(text), "ip", "r")


def test_blobs_of_different_names_share_only_when_memory_is_reused() -> None:
    text = DATA + inner_product("ip", "x", "a", 4) + layer("r", "ReLU", "a", "b") + LOSS
    assert not same_memory(plan_of(text), "ip", "r")
    assert same_memory(plan_of(text, keep_all=False), "ip", "r")


def test_the_data_itself_is_never_overwritten() -> None:
    text = input_layer("x", 2, 3) + layer("r", "ReLU", "x", "x") + inner_product("ip", "x", "y", 4)
    assert not same_memory(plan_of(text, keep_all=False), "x", "r")


def test_a_view_shares_with_its_bottom() -> None:
    plan = plan_of(input_layer("x", 2, 3, 4) + layer("f", "Flatten", "x", "y"))
    assert same_memory(plan, "x", "f")
    assert plan.data[plan.graph.nodes[1].outputs[0]].shape == (2, 12)


def test_a_view_is_not_overwritten_while_its_bottom_is_needed() -> None:
    text = (
        input_layer("x", 2, 3)
        + inner_product("ip", "x", "a", 4)
        + layer("f", "Flatten", "a", "b")
        + layer("r", "ReLU", "b", "b")
        + layer("t", "TanH", "a", "c")
    )
    assert not same_memory(plan_of(text, gradients=False), "f", "r")
