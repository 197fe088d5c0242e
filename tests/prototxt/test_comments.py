"""Which node a comment belongs to."""

from netcc.errors import Source
from netcc.prototxt.parse import parse
from netcc.prototxt.tree import Field, Message


def root(text: str) -> Message:
    return parse(Source("t", text)).root


def message(item: Field) -> Message:
    assert isinstance(item.value, Message)
    return item.value


def test_lines_of_comment_belong_to_the_field_below() -> None:
    first, second = root("# one\n#two  \na: 1\n  # three\r\nb: 2").fields
    assert first.comments == ["# one", "#two"]
    assert second.comments == ["# three"]


def test_a_comment_behind_a_field_belongs_to_it() -> None:
    first, second = root("a: 1 # x\nb: 2; # y").fields
    assert (first.trailing, second.trailing) == ("# x", "# y")
    assert first.comments == second.comments == []


def test_the_last_field_of_a_line_has_the_comment() -> None:
    first, second = root("a: 1 b: 2 # x").fields
    assert (first.trailing, second.trailing) == (None, "# x")


def test_a_message_has_comments_at_its_opening_its_end_and_behind_it() -> None:
    (layer,) = root("layer { # opening\n  a: 1\n  # end\n} # behind\n# tail").fields
    assert layer.trailing == "# opening"
    assert message(layer).comments == ["# end"]
    assert message(layer).trailing == "# behind"
    assert message(layer).fields[0].comments == []


def test_an_empty_message_keeps_its_comment() -> None:
    (layer,) = root("layer {\n  # nothing yet\n}").fields
    assert message(layer).comments == ["# nothing yet"]


def test_a_comment_between_name_and_value_is_kept() -> None:
    tree = root("a # why\n: # here\n 1 # so")
    (item,) = tree.fields
    assert (item.trailing, item.comments, tree.comments) == ("# why", ["# here"], ["# so"])


def test_comments_of_list_items_belong_to_the_items() -> None:
    first, second = root("a: [1, # one\n  # before two\n  2 # two\n]").fields
    assert first.trailing == "# one"
    assert second.comments == ["# before two"]
    assert second.trailing == "# two"


def test_a_mark_in_a_string_is_no_comment() -> None:
    (item,) = root("a: '#' \"\\\"#\" # it's").fields
    assert item.trailing == "# it's"


def test_runs_of_blank_lines_are_kept_as_one_between_fields() -> None:
    first, second, third = root("\n\na: 1\n\n \t\n\nb: 2\n# c\n\nd: 3\n\n").fields
    assert first.comments == []
    assert second.comments == [""]
    assert third.comments == ["# c", ""]


def test_blank_lines_at_the_ends_of_a_message_are_left_out() -> None:
    tree = root("m {\n\n  a: 1\n\n}\n\n# tail\n\n")
    assert message(tree.fields[0]).fields[0].comments == []
    assert message(tree.fields[0]).comments == []
    assert tree.comments == ["", "# tail"]
