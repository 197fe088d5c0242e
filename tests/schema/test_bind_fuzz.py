"""Whatever fields stand wherever, the answer is a message or a fault that can be shown."""

from collections.abc import Callable

from hypothesis import example, given, settings
from hypothesis import strategies as st

from netcc.errors import NetccError, Source
from netcc.prototxt.format import format_document
from netcc.prototxt.tree import Document, Field, Message, Scalar
from netcc.prototxt.upgrade import upgrade_document
from netcc.schema.bind import load_net, load_solver

NAMES = st.sampled_from(
    """
    name layer layers type bottom top param blobs_lr weight_decay blob_share_mode include blobs pad kernelsize scale
    transform_param data_param image_data_param convolution_param num_output source mirror crop_size mean_file
    input input_dim input_shape dim input_param net_param solver_type base_lr lr_mult decay_mult clip_param zzz
    """.split()  # noqa: SIM905  (a list of so many would be a page)
)
SCALARS = st.sampled_from(
    [Scalar("number", text) for text in ("0", "1", "-3", "4", "99", "08", "0x10", "1.5", "1e400")]
    + [Scalar("identifier", text) for text in ("DATA", "CONVOLUTION", "MAX", "true", "SGD", "-inf")]
    + [Scalar("string", text) for text in ("", "x", "data", "padding", "conv", "BatchNorm", "Data", "\xff")]
)
FIELDS = st.recursive(
    st.builds(Field, NAMES, SCALARS),
    lambda fields: st.builds(Field, NAMES, st.lists(fields, max_size=4).map(Message)),
    max_leaves=8,
)
LAYERS = st.builds(Field, st.sampled_from(["layer", "layers"]), st.lists(FIELDS, max_size=4).map(Message))
DOCUMENTS = st.builds(
    lambda fields: Document(Source("made", ""), Message(fields)), st.lists(FIELDS | LAYERS, max_size=4)
)

SOURCE = """\
layers {
  layer { name: "c" type: "conv" num_output: 3 }
  bottom: "x" top: "y"
}
input: "x"
input_dim: [1, 2, 3, 4]
"""


def answer(load: Callable[[str | Document], object], definition: str | Document) -> str:
    """What the user is told; nothing if all is well."""
    try:
        load(definition)
    except NetccError as error:
        return str(error)
    return ""


@given(DOCUMENTS)
@settings(deadline=None)
def test_any_tree_is_bound_or_refused(document: Document) -> None:
    assert answer(load_net, document) or answer(load_solver, document)


@given(DOCUMENTS)
@settings(deadline=None)
def test_an_upgrade_leaves_its_document_as_it_was_and_is_done_once(document: Document) -> None:
    before = format_document(document)
    try:
        upgraded, _ = upgrade_document(document)
    except NetccError:
        return
    finally:
        assert format_document(document) == before
    again, notes = upgrade_document(upgraded)
    assert again == upgraded
    assert [note for note in notes if note.severity == "note"] == []


@given(st.integers(0, len(SOURCE)), st.integers(0, 8), st.text("{}<>[]:;,\"'#-1ax.\n", max_size=4))
@example(0, 0, "")
@settings(deadline=None)
def test_any_small_change_of_a_text_is_read_or_refused(place: int, cut: int, inserted: str) -> None:
    assert answer(load_solver, SOURCE[:place] + inserted + SOURCE[place + cut :])
    answer(load_net, SOURCE[:place] + inserted + SOURCE[place + cut :])
