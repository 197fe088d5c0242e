"""Fills a message from a syntax tree, field by field, and collects what does not fit."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from netcc.errors import Diagnostic
from netcc.prototxt.tree import Document, Field, Message, Node
from netcc.schema.hints import Place, hint, place_name
from netcc.schema.outside import outside_field
from netcc.schema.values import FieldRule, MessageRules, ValueFaultError, found, message_rules

Unknown: TypeAlias = Literal["error", "warn"]


class Binder:
    """One binding: `errors` and `warnings` in the order of the text."""

    def __init__(self, document: Document, unknown: Unknown) -> None:
        self.errors: list[Diagnostic] = []
        self.warnings: list[Diagnostic] = []
        self._document = document
        self._unknown_is_error = unknown == "error"
        self._path: list[Place] = []
        self._hints: dict[tuple[str, ...], tuple[tuple[str, ...], str | None]] = {}

    def bind(self, node: Message, target: Any) -> None:
        """Set the fields of the protobuf message `target` as the root `node` says."""
        self._path.append((None, target.DESCRIPTOR))
        self._fill(node, target, message_rules(target.DESCRIPTOR))
        self._path.pop()

    def _fill(self, node: Message, target: Any, rules: MessageRules) -> None:
        seen: dict[str, Field] = {}
        for item in node.fields:
            name = item.name
            rule = rules.fields.get(name) or self._outside(name, rules)
            if rule is None:
                self._unknown(item)
            elif not rule.repeated and seen.setdefault(name, item) is not item:
                self._twice(item, seen[name])
            elif rule.convert is None:
                self._set_message(item, target, rule)
            else:
                self._set_value(item, target, rule)
        for name in rules.required:
            if name not in seen:
                self._missing(rules.fields[name])

    def _outside(self, name: str, rules: MessageRules) -> FieldRule | None:
        """The rule of a field that the schema lacks and a package adds."""
        extension = outside_field(rules.descriptor, name)
        return FieldRule(extension) if extension is not None else None

    def _set_value(self, item: Field, target: Any, rule: FieldRule) -> None:
        value, convert = item.value, rule.convert
        if isinstance(value, Message) or convert is None:
            self._error(item, f"{item.name!r} expects {rule.expected}, found a message")
            return
        try:
            converted = convert(value)
        except ValueFaultError as fault:
            self._error(value, f"{item.name!r} {fault}", fault.notes, fault.suggestion)
            return
        if rule.repeated:
            getattr(target, item.name).append(converted)
        else:
            setattr(target, item.name, converted)

    def _set_message(self, item: Field, target: Any, rule: FieldRule) -> None:
        value = item.value
        if not isinstance(value, Message):
            self._error(value, f"{item.name!r} expects {rule.expected}, found {found(value)}")
            return
        inner = target.Extensions[rule.extension] if rule.extension else getattr(target, item.name)
        if rule.repeated:
            inner = inner.add()
        else:
            inner.SetInParent()
        descriptor = inner.DESCRIPTOR
        self._path.append((item, descriptor))
        self._fill(value, inner, message_rules(descriptor))
        self._path.pop()

    def _unknown(self, item: Field) -> None:
        notes, suggestion = self._hint(item.name)
        message = f"{place_name(self._path[-1])} has no field {item.name!r}"
        if self._unknown_is_error:
            self._error(item, message, notes, suggestion)
        else:
            ignored = (*notes, "it is left out")
            self.warnings.append(Diagnostic(message, self._document.span(item), ignored, suggestion, "warning"))

    def _hint(self, name: str) -> tuple[tuple[str, ...], str | None]:
        """What was meant by an unknown field; thought out once for all that stand alike."""
        key = (name, *(descriptor.name for _, descriptor in self._path))
        if key not in self._hints:
            self._hints[key] = hint(name, self._path)
        return self._hints[key]

    def _twice(self, item: Field, first: Field) -> None:
        span = self._document.span(first)
        notes = (f"first on line {span.line}",) if span else ()
        self._error(item, f"{item.name!r} is given twice, and may be given once", notes)

    def _missing(self, rule: FieldRule) -> None:
        owner = self._path[-1]
        message = f"{place_name(owner)} lacks its field {rule.name!r}"
        self._error(owner[0] or self._document.root, message, (f"expected {rule.expected}",))

    def _error(
        self, node: Field | Node, message: str, notes: tuple[str, ...] = (), suggestion: str | None = None
    ) -> None:
        self.errors.append(Diagnostic(message, self._document.span(node), notes, suggestion))
