"""Memory is shared only where nobody can tell."""

from helpers.nets import inner_product, input_layer, layer, plan_of

from netcc.plan.plan import Plan

DATA = input_layer("x", 2, 3) + input_layer("y", 2)
LOSS = layer("loss", "SoftmaxWithLoss", "b y", "loss")


def same_memory(plan: Plan, one: str, other: str) -> bool:
    outputs = {node.name: plan.data[node.outputs[0]].slot for node in plan.graph.nodes}
    return outputs[one] is outputs[other]


def test_in_place_as_written_shares_memory() -> None:
    plan = plan_of(DATA + inner_product("ip", "x", "b", 4) + layer("s", "Sigmoid", "b", "b") + LOSS)
    assert same_memory(plan, "ip", "s")
    ip, sigmoid = plan.graph.nodes[2:4]
    assert plan.diffs[ip.outputs[0]].slot is plan.diffs[sigmoid.outputs[0]].slot


def test_in_place_over_a_value_that_backward_needs_gets_memory_of_its_own() -> None:
    text = DATA + inner_product("ip", "x", "a", 4) + layer("t", "TanH", "a", "b") + layer("r", "ReLU", "b", "b") + LOSS
    assert not same_memory(plan_of(text), "t", "r")
    assert same_memory(plan_of(text, gradients=False), "t", "r")


def test_a_layer_that_needs_its_own_bottom_does_not_overwrite_it() -> None:
    slope = "relu_param { negative_slope: -0.5 }"
    text = DATA + inner_product("ip", "x", "b", 4) + layer("r", "ReLU", "b", "b", slope) + LOSS
    assert not same_memory(plan_of(text), "ip", "r")


def test_blobs_of_different_names_share_only_when_memory_is_reused() -> None:
    text = DATA + inner_product("ip", "x", "a", 4) + layer("t", "TanH", "a", "b") + LOSS
    assert not same_memory(plan_of(text), "ip", "t")
    assert same_memory(plan_of(text, keep_all=False), "ip", "t")


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


CUT = (
    input_layer("x", 4, 3, 6, 6)
    + layer("a", "Convolution", "x", "a", "convolution_param { num_output: 8 kernel_size: 3 }")
    + layer("cut", "Slice", "a", "one two", "slice_param { slice_point: 3 }")
    + layer("t", "TanH", "one", "t")
    + layer("r", "ReLU", "two", "r")
    + layer("loss", "Reduction", "t", "loss")
    + layer("last", "Reduction", "r", "last")
)


def test_what_is_cut_lies_where_the_whole_does() -> None:
    plan = plan_of(CUT, keep_all=False)
    a, (one, two) = (plan.graph.nodes[index].outputs for index in (1, 2))
    whole = plan.data[a[0]]
    assert plan.data[one] == whole.channels(0, 3)
    assert plan.data[two] == whole.channels(3, 8)


def test_diffs_of_what_is_cut_lie_where_that_of_the_whole_does() -> None:
    text = CUT.replace('top: "loss"', 'top: "loss" loss_weight: 1').replace('top: "last"', 'top: "last" loss_weight: 1')
    plan = plan_of(text, keep_diffs=False)
    a, (one, two) = (plan.graph.nodes[index].outputs for index in (1, 2))
    whole = plan.diffs[a[0]]
    assert (plan.diffs[one], plan.diffs[two]) == (whole.channels(0, 3), whole.channels(3, 8))
    shown = plan_of(text)
    assert shown.diffs[shown.graph.nodes[2].outputs[0]].slot is not shown.diffs[shown.graph.nodes[1].outputs[0]].slot


def test_rows_of_any_blob_may_be_cut() -> None:
    text = input_layer("x", 4, 3) + inner_product("ip", "x", "a", 5)
    text += layer("cut", "Slice", "a", "one two", "slice_param { axis: 0 slice_point: 1 }")
    text += layer("t", "TanH", "one", "t") + layer("s", "TanH", "two", "s")
    plan = plan_of(text, keep_all=False)
    one, two = plan.graph.nodes[2].outputs
    assert (plan.data[one].offset, plan.data[two].offset) == (0, 5)
    assert plan.data[one].slot is plan.data[two].slot is plan.data[plan.graph.nodes[1].outputs[0]].slot


def parts_of_data(plan: Plan) -> list[bool]:
    """Whether each top of the layer `cut` lies in the memory of its bottom."""
    node = next(node for node in plan.graph.nodes if node.name == "cut")
    return [plan.data[top].slot is plan.data[node.inputs[0]].slot for top in node.outputs]


def test_what_is_cut_gets_memory_of_its_own_where_somebody_could_tell() -> None:
    cut = layer("cut", "Slice", "x", "one two", "slice_param { axis: 0 }")
    text = input_layer("x", 4, 3) + cut + layer("t", "TanH", "one", "t")
    assert parts_of_data(plan_of(text, keep_all=False)) == [True, False], "an output of the net"
    assert parts_of_data(plan_of(text)) == [False, False], "users may write to a part of the data"
    written = input_layer("x", 4, 3) + layer("b", "Power", "x", "b") + cut.replace('bottom: "x"', 'bottom: "b"')
    written += layer("t", "TanH", "one", "one") + layer("s", "TanH", "two", "s")
    assert parts_of_data(plan_of(written)) == [False, True], "the whole is looked at, and a part is written over"


def test_nobody_writes_over_data_through_a_part_of_it() -> None:
    text = input_layer("x", 4, 3) + layer("cut", "Slice", "x", "one two", "slice_param { axis: 0 }")
    text += layer("r", "ReLU", "one", "one") + layer("s", "Eltwise", "one two", "sum")
    plan = plan_of(text, keep_all=False, gradients=False)
    assert parts_of_data(plan) == [True, True]
    assert not same_memory(plan, "x", "r")
