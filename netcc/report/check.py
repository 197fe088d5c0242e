"""What is wrong with a definition, as far as can be told without running it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from netcc.compiler import plan_graph
from netcc.errors import Diagnostic, LayerError, NetccError, ShapeError
from netcc.fillers import check as check_filler
from netcc.ir.build import build
from netcc.ir.graph import Graph
from netcc.passes.shapes import infer_shapes
from netcc.prototxt.kinds import kind_of
from netcc.prototxt.tree import Document
from netcc.report.shapes import TolerantProbe
from netcc.schema.bind import BoundNet, load_net, load_solver
from netcc.schema.select import Definition, select
from netcc.types import Phase, Shape, format_shape


@dataclass
class Report:
    """What was found in one file. `phases` are those that were looked at; `notes` say what could not be."""

    name: str
    kind: str = ""
    phases: list[Phase] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    used_inputs: set[str] = field(default_factory=set)
    exit_code: int = 0

    @property
    def errors(self) -> list[Diagnostic]:
        return [item for item in self.diagnostics if item.severity == "error"]

    def add(self, error: NetccError) -> None:
        """Takes up the faults of `error` that are not known from the other phase."""
        self.diagnostics += [item for item in error.diagnostics if item not in self.diagnostics]
        self.exit_code = max(self.exit_code, error.exit_code)


def check_definition(
    name: str,
    read: Callable[[str], Document],
    phases: Sequence[Phase],
    inputs: Mapping[str, Shape] | None = None,
    *,
    strict: bool = False,
) -> Report:
    """Everything that is wrong with the net or solver that `read(name)` gives; nets are built for each of `phases`.

    A field of a net that does not exist is a warning, with `strict` an error.
    """
    report = Report(name)
    try:
        document = read(name)
        report.name = document.source.name
        if kind_of(document) == "solver":
            _check_solver(document, report)
        else:
            report.kind = "net"
            _check_net(load_net(document, unknown="error" if strict else "warn"), phases, inputs or {}, report)
    except NetccError as error:
        report.add(error)
    return report


def _check_solver(document: Document, report: Report) -> None:
    from netcc.solver.fields import check_fields

    report.kind = "solver"
    bound = load_solver(document)
    report.diagnostics += [*bound.warnings, *check_fields(bound, net_given=False)]


def _check_net(bound: BoundNet, phases: Sequence[Phase], inputs: Mapping[str, Shape], report: Report) -> None:
    report.diagnostics += bound.warnings
    definitions = {phase: select(bound, phase) for phase in phases}
    fed = {phase: definition for phase, definition in definitions.items() if has_source(definition)}
    for phase in phases:
        if fed and phase not in fed:
            report.notes.append(f"no layer brings data into the net in phase {phase.name}: not looked at")
    for phase, definition in (fed or definitions).items():
        report.phases.append(phase)
        try:
            _check_phase(definition, inputs, Path(bound.source.name).parent, report)
        except NetccError as error:
            report.add(error)


def has_source(definition: Definition) -> bool:
    """Whether any layer brings data into the net in this phase; a net may be meant for one phase only."""
    return any(not layer.message.bottom for layer in definition.layers)


def _check_phase(definition: Definition, inputs: Mapping[str, Shape], folder: Path, report: Report) -> None:
    """Builds the graph, infers shapes as far as data or `inputs` allow, and plans both passes."""
    graph = build(definition)
    names = {value.name for node in graph.nodes if node.layer.from_outside for value in node.outputs}
    given = {name: shape for name, shape in inputs.items() if name in names}
    report.used_inputs |= given.keys()
    probe = TolerantProbe(definition.phase, folder)
    try:
        infer_shapes(graph, given, probe)
    except ShapeError:
        if not probe.complaints:
            raise
        report.notes.append(
            f"shapes in phase {definition.phase.name} not looked at: {probe.complaints[-1]}; give --input"
        )
        return
    _check_fillers(graph)
    report.diagnostics += [found for found in _alike(graph) if found not in report.diagnostics]
    plan_graph(graph)


def _check_fillers(graph: Graph) -> None:
    for parameter in graph.parameters():
        try:
            check_filler(parameter.filler)
        except LayerError as error:
            owner = parameter.owner
            raise error.located(owner.span(), f"{parameter.name} of layer {owner.name!r}") from None


def _alike(graph: Graph) -> Iterator[Diagnostic]:
    """Layers that enlarge, but give all channels the same numbers for ever."""
    for parameter in graph.parameters():
        owner, pairs = parameter.owner, parameter.shape[:2]
        if parameter.filler.type == "bilinear" and not parameter.learns and min(pairs, default=1) > 1:
            yield Diagnostic(
                f"layer {owner.name!r}: filler 'bilinear' gives every pair of {format_shape(pairs)} channels the same "
                "weights, and they do not learn: all channels of the top are the same",
                owner.span("convolution_param", "weight_filler"),
                notes=(f"`group: {pairs[0]}` enlarges each channel by itself",),
                severity="warning",
            )
