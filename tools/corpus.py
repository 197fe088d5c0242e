"""How many of the nets and solvers below a folder netcc understands: `python tools/corpus.py DIR [--json]`.

Each file is taken as far as it goes: parse, bind, wire, shapes. A net is built for TRAIN and for TEST, and shapes of
data that are not at hand are guessed. The exit status is 0 whatever files are refused, 70 where netcc itself fails.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from guesses import NAMED, UNKNOWABLE, WORLDS, Guess

from netcc.errors import Diagnostic, GraphError, NetccError
from netcc.ir.build import build_partial
from netcc.ir.graph import Graph, Parameter, Value
from netcc.layers.opaque import Opaque
from netcc.passes.shapes import infer_node
from netcc.prototxt.kinds import kind_of
from netcc.prototxt.parse import parse
from netcc.prototxt.source import read_source
from netcc.report.check import has_source
from netcc.schema.bind import BoundNet, load_net, load_solver
from netcc.schema.select import Definition, select
from netcc.types import Phase

STAGES = ("parse", "bind", "wire", "shapes")
LARGEST = 8 * 1024 * 1024
"""Bytes of the longest file that is looked at."""
SUFFIXES = {".pt", ".pbtxt", ".txt"}
"""Ends of names under which definitions are kept beside those that have `prototxt` in them."""
DEFINITION = re.compile(
    r"^\s*(layers?\s*:?\s*[{<]|input(_shape|_dim)?\s*[:{]|(base_lr|max_iter|lr_policy|(train_|test_)?net|type)\s*:)",
    re.M,
)
PLACEHOLDER = re.compile(r"\$\w|\$[{(]|\{\{|\{\w*\}|%\(\w+\)|%[sd]\b|@\w+@|:\s*__\w+__|<[A-Z_ ]+>|:\s*cls\d+x|\.\.\.")
PYTHON = "a Python layer runs code"
"""How the message begins that refuses to run code; what such a layer gives is taken as unknown here."""
SECONDS = 4.0
"""How long guesses at the data of one phase are tried."""
EXIT_FAULT = 70


@dataclass
class Outcome:
    """What became of one file: `reached` is the last stage that it passed, `cause` why it passed no further."""

    path: str
    kind: str
    reached: str = "none"
    cause: str = ""
    message: str = ""
    warnings: int = 0
    behind_python: int = 0
    seconds: float = 0.0
    fault: bool = False

    @property
    def complete(self) -> bool:
        return self.reached == ("bind" if self.kind == "solver" else "shapes")

    def passed(self, stage: str) -> bool:
        return self.reached in STAGES and STAGES.index(stage) <= STAGES.index(self.reached)


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the table of a folder; the exit status."""
    parser = argparse.ArgumentParser(description="How many nets and solvers below a folder netcc understands.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", action="store_true", help="one object a file instead of the table")
    given = parser.parse_args(arguments)
    if not given.folder.is_dir():
        parser.error(f"{given.folder} is not a folder")
    outcomes = [outcome for path in candidates(given.folder) if (outcome := examine(path, given.folder))]
    print(json.dumps([asdict(outcome) for outcome in outcomes], indent=1) if given.json else table(outcomes))
    return EXIT_FAULT if any(outcome.fault for outcome in outcomes) else 0


def candidates(folder: Path) -> Iterator[Path]:
    """Files that may hold a definition, told by name and size, in the order of their paths."""
    for path in sorted(folder.rglob("*")):
        named = ("prototxt" in path.name and path.suffix != ".md") or path.suffix in SUFFIXES
        if named and path.is_file() and not path.is_symlink() and 0 < path.stat().st_size <= LARGEST:
            yield path


def examine(path: Path, folder: Path) -> Outcome | None:
    """Takes one file as far as it goes; None if it is no definition."""
    start = time.perf_counter()
    outcome = Outcome(str(path.relative_to(folder)), "net")
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
        if not DEFINITION.search(text):
            return None
        _advance(path, outcome)
    except NetccError as error:
        outcome.cause, outcome.message = cause(error.diagnostics[0]), str(error.diagnostics[0])
        if outcome.reached in ("none", "parse") and PLACEHOLDER.search(re.sub(r"#.*", "", text)):
            outcome.kind = "template"
    except Exception as error:
        outcome.fault = True
        outcome.cause = outcome.message = f"fault of netcc: {type(error).__name__}: {error}"
    outcome.seconds = round(time.perf_counter() - start, 4)
    return outcome if outcome.kind != "unknown" else None


def _advance(path: Path, outcome: Outcome) -> None:
    """Runs the stages, and notes each that was passed. Raises the NetccError of the one that was not."""
    document = parse(read_source(path))
    outcome.kind, outcome.reached = kind_of(document), "parse"
    if outcome.kind == "unknown":
        return
    if outcome.kind == "solver":
        solver = load_solver(document, unknown="warn")
        outcome.reached, outcome.warnings = "bind", len(solver.warnings)
        return
    net = load_net(document, unknown="warn")
    outcome.reached, outcome.warnings = "bind", len(net.warnings)
    definitions = selected(net)
    for definition in definitions:
        wired(definition)
    outcome.reached = "wire"
    outcome.behind_python = max((shaped(definition) for definition in definitions), default=0)
    outcome.reached = "shapes"


def selected(net: BoundNet) -> list[Definition]:
    """The nets of TRAIN and TEST that have data; a stage is named where they have none without it.

    Both phases where no choice brings data: then the first layers are at fault.
    """
    stages = sorted({stage for layer in net.message.layer for rule in layer.include for stage in rule.stage})
    for names in [(), *((stage,) for stage in stages)]:
        definitions = [select(net, phase, stages=names) for phase in (Phase.TRAIN, Phase.TEST)]
        if fed := [one for one in definitions if has_source(one)]:
            return fed
    return [select(net, phase) for phase in (Phase.TRAIN, Phase.TEST)]


def wired(definition: Definition) -> Graph:
    """The graph, in which layers of type Python, whose code is not run, stand for any. Raises GraphError."""
    partial = build_partial(definition)
    faults = [fault for fault in partial.faults if not fault.message.startswith(PYTHON)]
    if faults:
        raise GraphError(faults)
    return partial.graph


def shaped(definition: Definition) -> int:
    """Infers shapes under the first guess at the data that fits; how many layers stand behind Python code.

    Raises the fault of the first guess if none fits.
    """
    first: NetccError | None = None
    end = time.monotonic() + SECONDS
    for world in WORLDS:
        guess = Guess(world)
        try:
            return _shaped_with(wired(definition), guess)
        except NetccError as error:
            first = first or error
            if not guess.used or time.monotonic() > end:
                break
    assert first is not None
    raise first


def _shaped_with(graph: Graph, guess: Guess) -> int:
    """Infers all shapes that do not depend on the result of Python code; the number of layers that do."""
    unknown: set[Value] = set()
    shared: dict[str, Parameter] = {}
    behind = 0
    for node in graph.nodes:
        of_code = isinstance(node.layer, Opaque) and node.inputs and any(v.name not in NAMED for v in node.outputs)
        if of_code or any(value in unknown for value in node.inputs):
            unknown.update(node.outputs)
            behind += 1
            continue
        infer_node(node, {}, guess, shared)
        if isinstance(node.layer, Opaque):
            unknown.update(value for value in node.outputs if value.name.startswith(UNKNOWABLE))
    return behind


def cause(diagnostic: Diagnostic) -> str:
    """The fault without the names and numbers of one file, so that equal faults can be counted.

    Names of fields and types stay: they tell what netcc lacks.
    """
    if diagnostic.message.startswith(("unknown layer type", "unknown field")):
        return diagnostic.message
    return re.sub(r"\d+(x\d+)*", "N", re.sub(r"'[^']*'", "NAME", diagnostic.message))


def table(outcomes: Sequence[Outcome]) -> str:
    """Counts by stage, then by cause with the first example of each."""
    real = [outcome for outcome in outcomes if outcome.kind != "template"]
    lines = [f"{len(real)} definitions, {len(outcomes) - len(real)} templates that are no definitions yet", ""]
    for kind, stages in (("net", STAGES), ("solver", STAGES[:2])):
        group = [outcome for outcome in real if outcome.kind == kind]
        if group:
            lines += [
                _stage(f"{kind}s", stage, sum(one.passed(stage) for one in group), len(group)) for stage in stages
            ]
    lines.append(_stage("all", "complete", sum(one.complete for one in real), len(real)))
    behind = sum(one.complete and one.behind_python > 0 for one in real)
    if behind:
        lines.append(f"({behind} of these have layers behind Python code, of which no shape was asked)")
    seconds = sorted(outcome.seconds for outcome in real)
    if seconds:
        lines += ["", f"seconds per file: median {seconds[len(seconds) // 2]:.3f}, longest {seconds[-1]:.3f}"]
    refused = [outcome for outcome in real if not outcome.complete]
    counts = Counter((outcome.reached, outcome.cause) for outcome in refused)
    for (reached, why), number in counts.most_common():
        example = next(one for one in refused if (one.reached, one.cause) == (reached, why))
        lines += ["", f"{number:5d}  after {reached}: {why}", f"       {example.path}"]
    return "\n".join(lines)


def _stage(who: str, stage: str, passed: int, of: int) -> str:
    share = f"{100 * passed / of:5.1f} %" if of else "    -"
    return f"{who:8}{stage:10}{passed:6d} of {of:<6d}{share}"


if __name__ == "__main__":
    sys.exit(main())
