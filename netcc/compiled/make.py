"""`netcc.compile`: from the definition of a net, and its weights, to a compiled net."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from netcc.compiled.description import describe
from netcc.compiled.net import CompiledNet
from netcc.compiled.preprocessing import Mean, Preprocessing, read_any_mean, read_labels
from netcc.compiled.pruning import Keep, values_to_keep
from netcc.compiler import NetSource, bind_net
from netcc.data.source import locate
from netcc.deploy.definition import definition_in_use
from netcc.deploy.partial import Known, known_shapes
from netcc.deploy.predictions import needed
from netcc.errors import DataError, Diagnostic, NetccWarning, ShapeError, UsageError
from netcc.ir.graph import Graph, Parameter
from netcc.layers.python_objects import PythonObjects, objects_for_net, using
from netcc.report.shapes import TolerantProbe
from netcc.runtime.loading import LoadReport, Mismatch, load_weights
from netcc.runtime.net import Net
from netcc.runtime.parameters import fill_parameters, share_by_name
from netcc.schema import caffe_pb2
from netcc.schema.bind import BoundNet
from netcc.schema.select import Definition, select
from netcc.types import TEST, Array, Phase, Shape


def compile(
    net: NetSource | Net,
    weights: str | Path | Sequence[str | Path] | None = None,
    *,
    phase: Phase | int = TEST,
    level: int | None = None,
    stages: Sequence[str] = (),
    shapes: Mapping[str, Shape] | None = None,
    keep: Keep = None,
    mean: Mean = None,
    scale: float | None = None,
    labels: str | Path | Sequence[str] | None = None,
    seed: int | None = None,
    strict: bool = False,
    allow_python: bool = False,
    mismatch: Mismatch = "error",
) -> CompiledNet:
    """Compiles `net` for inference: a function from arrays to arrays, which `save` writes as one file.

    `net` is what `netcc.Net` takes, or a `Net`, whose parameters are copied; `weights` one or several `.caffemodel`s.
    Without either, parameters have the first values that their fillers draw with `seed`.

    What comes out: the blobs in `keep`; "all" blobs; by default what `netcc deploy` makes of the net: without losses
    and metrics, with the Softmax or Sigmoid that a loss has inside. Layers that this does not need are left out. Data
    layers become inputs; their shapes come from `shapes`, or from the first record if the data are at hand.

    `mean` (a file, numbers, or an image), `scale` and `labels` (a file with a line for each class, or names) are kept
    for `preprocess` and `classify`; by default mean and scale are those of the data layer. A call takes blobs as they
    are.

    >>> import netcc
    >>> net = netcc.compile("zoo/lenet/deploy.prototxt", seed=1)
    >>> net.inputs, net.outputs
    ({'data': (1, 1, 28, 28)}, {'prob': (1, 10)})
    >>> import numpy as np
    >>> net(np.zeros((3, 1, 28, 28))).shape
    (3, 10)

    Raises a NetccError that names every fault: of the definition, of weights that do not fit, of names to keep.
    """
    bound = net.bound if isinstance(net, Net) else bind_net(net, strict=strict)
    ready = make_ready(
        chosen_layers(bound, Phase(phase), level, stages),
        folder_of(bound.source.name),
        shapes,
        trained=net if isinstance(net, Net) else None,
        seed=seed,
        allow_python=allow_python,
    )
    for path in _paths(weights):
        ready.load(path, mismatch)
    return ready.compile(keep, preprocessing_for(ready, mean, scale, labels), seed=seed)


def chosen_layers(bound: BoundNet, phase: Phase, level: int | None, stages: Sequence[str]) -> Definition:
    """The layers of `phase`; for TEST also data layers of training for blobs that nothing else brings."""
    return definition_in_use(bound, level, stages) if phase == TEST else select(bound, phase, level, stages)


@dataclass(frozen=True)
class Ready:
    """A net with shapes and parameters: all that compiling starts from. `folder` is that of the net's file, if any.

    `known` has the shapes that are known; `complaints` say why data could not be asked for others.
    """

    definition: Definition
    folder: Path | None
    known: Known
    complaints: list[str]
    arrays: dict[Parameter, Array]
    python_objects: PythonObjects | None

    @property
    def graph(self) -> Graph:
        return self.known.graph

    def check(self, keep: Keep, *, train: bool = False) -> None:
        """Raises ShapeError if a shape is missing of what `keep` needs (in training of any blob)."""
        nodes = self.graph.nodes if train and keep is None else needed(values_to_keep(self.graph, keep))
        try:
            self.known.check(nodes)
        except ShapeError as error:
            raise error.located(None, *self.complaints) from None

    def load(self, weights: str | Path, mismatch: Mismatch = "error") -> LoadReport:
        """Copies the parameters of layers of the same name. Raises WeightsError as `Net.copy_from`."""
        by_node = {
            node: [
                self.arrays[parameter].reshape(spec.shape)
                for parameter, spec in zip(node.parameters, node.signature.parameters, strict=True)
            ]
            for node in self.graph.nodes
        }
        return load_weights(self.graph, by_node, Path(weights), mismatch)

    def compile(self, keep: Keep, preprocessing: Preprocessing, *, seed: int | None = None) -> CompiledNet:
        """The part of the net that `keep` needs."""
        self.check(keep)
        facts, parameters = describe(self.graph, keep)
        arrays = [self.arrays[parameter] for parameter in parameters]
        return CompiledNet(facts, arrays, preprocessing, python_objects=self.python_objects, seed=seed)


def make_ready(
    definition: Definition,
    folder: Path | None,
    shapes: Mapping[str, Shape] | None = None,
    *,
    trained: Net | None = None,
    seed: int | None = None,
    allow_python: bool = False,
) -> Ready:
    """The net with shapes, and with the parameters of `trained` for layers of the same name, else those of fillers."""
    objects = objects_for_net(allow_python)
    with using(objects):
        probe = TolerantProbe(definition.phase, folder)
        known = known_shapes(definition, shapes or {}, probe)
    graph = known.graph
    arrays = {item: np.zeros(item.shape, np.float32) for item in graph.parameters()}
    shared = share_by_name(graph, trained.graph, trained.parameter_arrays()) if trained is not None else {}
    for parameter, array in shared.items():
        np.copyto(arrays[parameter], array)
    fill_parameters(arrays, np.random.default_rng(np.random.SeedSequence(seed).spawn(2)[0]), given=shared)
    return Ready(definition, folder, known, probe.complaints, arrays, objects)


def folder_of(source_name: str) -> Path | None:
    """The folder of the net's file, if it came from one."""
    path = Path(source_name)
    return path.parent if path.is_file() else None


def _paths(weights: str | Path | Sequence[str | Path] | None) -> list[str | Path]:
    if weights is None:
        return []
    return [weights] if isinstance(weights, str | Path) else list(weights)


def preprocessing_for(
    ready: Ready, mean: Mean, scale: float | None, labels: str | Path | Sequence[str] | None
) -> Preprocessing:
    """What is given, and for the rest what the data layer says that gives the net its images.

    A mean file that the data layer names but that is not there is passed over with a NetccWarning.
    """
    said = _transformation(ready.definition)
    numbers = read_any_mean(mean) if mean is not None else _mean_of(said, ready.folder)
    if scale is None:
        scale = 1.0 if said is None else said.scale
    if not math.isfinite(scale):
        raise UsageError(f"scale is {scale:g}; expected a finite number")
    return Preprocessing(numbers, scale, read_labels(labels))


def _transformation(definition: Definition) -> caffe_pb2.TransformationParameter | None:
    """How the first data layer that has `transform_param` changes its images."""
    for layer in definition.layers:
        if layer.message.HasField("transform_param") and not layer.message.bottom:
            return layer.message.transform_param
    return None


def _mean_of(said: caffe_pb2.TransformationParameter | None, folder: Path | None) -> Array | None:
    if said is None:
        return None
    if not said.mean_file:
        return read_any_mean(list(said.mean_value)) if said.mean_value else None
    try:
        return read_any_mean(locate(said.mean_file, folder))
    except DataError as error:
        notes = ("the net is compiled without a mean; --mean FILE, or mean=... in Python, gives one",)
        warnings.warn(NetccWarning(Diagnostic(error.message, notes=notes, severity="warning")), stacklevel=4)
        return None
