"""Old spellings -> today's: tree to tree, comments and places kept, so that nothing later knows of that history.

Behaves as UpgradeNetAsNeeded and UpgradeSolverAsNeeded of src/caffe/util/upgrade_proto.cpp.
"""

from __future__ import annotations

from netcc.errors import Diagnostic, PrototxtError
from netcc.prototxt.edits import Report, renamed, text_of, with_fields
from netcc.prototxt.kinds import kind_of
from netcc.prototxt.tree import Document, Field, Message, Scalar
from netcc.prototxt.upgrade_inputs import upgrade_batch_norm, upgrade_inputs
from netcc.prototxt.upgrade_v0 import is_v0, upgrade_v0
from netcc.prototxt.upgrade_v1 import SOURCES, TRANSFORM, TYPES, upgrade_v1

SOLVER_TYPES = ("SGD", "Nesterov", "AdaGrad", "RMSProp", "AdaDelta", "Adam", "SAG")
"""Today's name of each `solver_type`, in the order of its numbers; in capitals it is the old name. SAG is NVIDIA's."""
NETS_OF_SOLVER = frozenset({"net_param", "train_net_param", "test_net_param"})


def upgrade_document(document: Document) -> tuple[Document, list[Diagnostic]]:
    """`upgrade_solver` for a solver, `upgrade_net` for anything else."""
    return upgrade_solver(document) if kind_of(document) == "solver" else upgrade_net(document)


def upgrade_net(document: Document) -> tuple[Document, list[Diagnostic]]:
    """The net in today's spelling, and what was done: changes (severity note) and losses (warning).

    Raises `PrototxtError` for what Caffe refuses: `layer` and `layers` in one file, an unknown old type, a padding
    layer that its reader cannot take in, inputs without enough dimensions.
    """
    report = Report(document)
    return _finish(_upgrade_net(document.root, report), report)


def upgrade_solver(document: Document) -> tuple[Document, list[Diagnostic]]:
    """The solver in today's spelling, the nets in it included, and what was done.

    Raises `PrototxtError` if both `type` and `solver_type` are given.
    """
    report = Report(document)
    fields = [_upgrade_solver_field(item, document.root, report) for item in _one_device(document.root, report)]
    return _finish(with_fields(document.root, fields), report)


def _finish(root: Message, report: Report) -> tuple[Document, list[Diagnostic]]:
    if report.errors:
        raise PrototxtError(report.errors)
    notes = sorted(report.notes, key=lambda note: note.span.start if note.span else -1)
    return Document(report.document.source, root), notes


def _upgrade_net(root: Message, report: Report) -> Message:
    old = root.first("layers")
    if old:
        if new := root.first("layer"):
            report.error("'layer' and 'layers' cannot stand in one net", new, *_lines_of(old, report))
            return root
        if is_v0(root):
            report.change("layers { layer { ... } } becomes layer { ... }", old)
            root = upgrade_v0(root, report)
        else:
            report.change("layers { ... } becomes layer { ... }", old)
        if not report.errors:
            root = upgrade_v1(root, report)
    root = upgrade_inputs(root, report)
    root = upgrade_batch_norm(root, report)
    _warn_of_ignored_transform(root, report)
    return root


def _lines_of(item: Field, report: Report) -> tuple[str, ...]:
    span = report.document.span(item)
    return (f"{item.name!r} stands on line {span.line}",) if span else ()


def _warn_of_ignored_transform(root: Message, report: Report) -> None:
    """In `layer`, Caffe reads scale and its kin from transform_param alone and ignores the source's own."""
    sources = {TYPES[name]: message for name, message in SOURCES.items()}
    for item in root.fields:
        if item.name != "layer" or not isinstance(item.value, Message):
            continue
        message = sources.get(text_of(item.value, "type") or "")
        own = item.value.first(message) if message else None
        for part in own.value.fields if own and isinstance(own.value, Message) else ():
            if part.name in TRANSFORM:
                report.loss(f"{part.name!r} has no effect in {message!r}; it belongs in 'transform_param'", part)


def _one_device(root: Message, report: Report) -> list[Field]:
    """The fields with the first `device_id` alone: Caffes that train on several devices take one for each."""
    devices = [item for item in root.fields if item.name == "device_id"]
    for item in devices[1:]:
        report.loss("'device_id' is given more than once; netcc runs on the processor and needs none", item)
    return [item for item in root.fields if item not in devices[1:]]


def _upgrade_solver_field(item: Field, root: Message, report: Report) -> Field:
    if item.name in NETS_OF_SOLVER and isinstance(item.value, Message):
        return renamed(item, item.name, _upgrade_net(item.value, report))
    if item.name != "solver_type" or not isinstance(item.value, Scalar):
        return item
    if new := root.first("type"):
        report.error("'solver_type' and 'type' cannot stand in one solver", item, *_lines_of(new, report))
    name = _solver_type(item.value)
    if name is None:
        return item
    report.change(f'solver_type: {item.value.text} becomes type: "{name}"', item)
    return renamed(item, "type", Scalar("string", name, item.value.start, item.value.end))


def _solver_type(value: Scalar) -> str | None:
    """Today's name of a type given by its old name or number; None if there is no such type."""
    if value.kind == "number" and value.text.isdecimal():
        return SOLVER_TYPES[int(value.text)] if int(value.text) < len(SOLVER_TYPES) else None
    by_name = {name.upper(): name for name in SOLVER_TYPES}
    return by_name.get(value.text) if value.kind == "identifier" else None
