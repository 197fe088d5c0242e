"""A compiled net: a function from arrays to arrays."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from netcc.compiled.archive import Archive, write_archive
from netcc.compiled.arguments import check_arguments, misfit
from netcc.compiled.description import NetFacts, lay_out
from netcc.compiled.facts_json import FactsFault, as_damage, facts_from_json, facts_to_json
from netcc.compiled.layout import Layout, Layouts
from netcc.compiled.preprocessing import Preprocessing
from netcc.compiled.table import ends, layer_table, preprocessing_lines, summary
from netcc.errors import LayerError, ShapeError, UsageError
from netcc.layers.python_objects import PythonObjects, objects_for_net, using
from netcc.types import Array, Phase, Shape, count

_NET, _PREPROCESSING, _MEAN = "net.json", "preprocessing.json", "mean.npy"


class CompiledNet:
    """A net for inference, made by `netcc.compile` or `netcc.load`.

    Call it with its inputs, in their order or by name; it gives the array of its only output, or a dict of its outputs
    by name. Arrays are new with every call. Inputs of other shapes than those it was compiled for are taken where its
    layers allow: any batch size, and for nets without fully connected layers any height and width. A net is laid out
    once for each combination of shapes; the last few are kept.

    `inputs` and `outputs` give the shapes that the net was compiled for, by name; `labels` the names of its classes.
    It may be called from several threads, which take turns.
    """

    def __init__(
        self,
        facts: NetFacts,
        arrays: Sequence[Array],
        preprocessing: Preprocessing,
        *,
        archive: Archive | None = None,
        python_objects: PythonObjects | None = None,
        seed: int | None = None,
    ) -> None:
        self._facts = facts
        self._arrays = list(arrays)
        self.preprocessing = preprocessing
        self._archive = archive
        self._objects = python_objects
        self._lock = Lock()
        self._closed = False
        self._layouts = Layouts(facts, self._arrays, np.random.default_rng(seed))
        with using(self._objects):
            laid = lay_out(facts, facts.inputs)
        self._table = layer_table(facts, laid)
        self.inputs: dict[str, Shape] = dict(facts.inputs)
        self.outputs: dict[str, Shape] = {name: value.shape for name, value in laid.outputs.items()}

    @property
    def name(self) -> str:
        return self._facts.name

    @property
    def phase(self) -> Phase:
        """The phase whose layers the net has."""
        return self._facts.phase

    @property
    def layers(self) -> list[str]:
        """The names of the layers that it kept, in order."""
        return [layer.name for layer in self._facts.layers]

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of the classes, in the order of the scores; empty if none were given."""
        return self.preprocessing.labels

    @property
    def parameter_count(self) -> int:
        """How many numbers the net has learned, statistics included."""
        return sum(count(item.shape) for item in self._facts.parameters)

    def __call__(self, *arrays: npt.ArrayLike, **named: npt.ArrayLike) -> Any:
        """The output for these inputs: an array, or a dict of arrays by name where the net has several outputs.

        Raises UsageError for inputs that are missing, unknown or no numbers, ShapeError for shapes that do not fit,
        CompiledNetError where the net's file was written into since it was loaded.
        """
        self._check_open()
        given = check_arguments(self.inputs, arrays, named)
        with self._lock, using(self._objects):
            results = self._layout({name: array.shape for name, array in given.items()}).run(given)
        return results[next(iter(results))] if len(results) == 1 else results

    def _layout(self, shapes: dict[str, Shape]) -> Layout:
        try:
            return self._layouts.get(shapes)
        except LayerError as error:
            raise misfit(self.inputs, shapes, error) from None

    def preprocess(self, image: str | Path | npt.ArrayLike) -> Array:
        """`image` as the net's first input wants it: (1, channels, height, width), float32.

        A file, or an array (height, width[, channels]) of pixels from 0 to 255 with colours as R, G, B. It is stretched
        to the input's size; colours become B, G, R; mean and scale are those that the net was compiled with.
        Raises DataError for what is no image, UsageError where the net takes none.
        """
        if not self.inputs:
            raise UsageError("the net has no input")
        return self.preprocessing.apply(image, next(iter(self.inputs.values())))

    def scores(self, image: str | Path | npt.ArrayLike) -> Array:
        """The scores of all classes for `image`. Raises as `preprocess`, and as `classify` for other nets."""
        if len(self.inputs) != 1 or len(self.outputs) != 1:
            raise UsageError(
                f"classify needs a net with one input and one output, not {len(self.inputs)} and {len(self.outputs)}"
            )
        scores: Array = np.asarray(self(self.preprocess(image)), np.float32)[0].reshape(-1)
        return scores

    def classify(self, image: str | Path | npt.ArrayLike, top: int = 5) -> list[tuple[str, float]]:
        """The `top` best classes of `image` with their scores, the best first. Without labels a class is its number.

        Raises as `preprocess`, and UsageError where the net has several inputs or outputs.
        """
        scores = self.scores(image)
        if self.labels and len(self.labels) != len(scores):
            raise UsageError(f"the net has {len(scores)} classes, but {len(self.labels)} labels")
        best = np.argsort(-scores, kind="stable")[: max(top, 0)]
        return [(self.labels[place] if self.labels else str(place), float(scores[place])) for place in best]

    def save(self, path: str | Path) -> None:
        """Writes the net as one file for `netcc.load`; it appears whole or not at all.

        Raises OutputError if it cannot be written.
        """
        self._check_open()
        names = _array_names(self._facts)
        mean = self.preprocessing.mean
        texts = {
            _NET: facts_to_json(self._facts),
            _PREPROCESSING: {
                "scale": self.preprocessing.scale,
                "mean_shape": None if mean is None else list(mean.shape),
                "labels": list(self.labels),
            },
        }
        arrays = dict(zip(names, self._arrays, strict=True))
        write_archive(path, texts, arrays if mean is None else {_MEAN: mean, **arrays})

    def as_json(self) -> dict[str, Any]:
        """What the net shows, as objects that JSON knows; of the mean one number for each channel."""
        mean, ends = self.preprocessing.mean, {"inputs": self.inputs, "outputs": self.outputs}
        shapes = {
            word: [{"name": name, "shape": list(shape)} for name, shape in of.items()] for word, of in ends.items()
        }
        return {
            **shapes,
            "mean": None if mean is None else mean.mean(axis=(1, 2)).tolist(),
            "scale": self.preprocessing.scale,
            "labels": list(self.labels),
            **self._table.as_json(),
        }

    def summary(self) -> str:
        """The net in one line: its size, what it takes and what it gives."""
        return summary(self._facts, self.outputs)

    def _check_open(self) -> None:
        if self._closed:
            raise UsageError("this compiled net is closed", notes=["load it again"])
        if self._archive is not None:
            self._archive.check_unchanged()

    def close(self) -> None:
        """Gives memory and file back; the net cannot be used afterwards. The net is a context manager that does so."""
        self._closed = True
        self._layouts.clear()
        self._arrays.clear()
        if self._archive is not None:
            self._archive.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __str__(self) -> str:
        """Inputs, outputs and what is done to images, then all layers with their shapes."""
        return "\n".join([*self._head(), "", str(self._table)])

    def __repr__(self) -> str:
        """As `str`, but the middle of a long net is left out."""
        return "\n".join([*self._head(), "", repr(self._table)])

    def _repr_html_(self) -> str:
        return "".join(f"<div>{escape(line)}</div>" for line in self._head()) + self._table._repr_html_()

    def _head(self) -> list[str]:
        return [*ends(self._facts, self.outputs), *preprocessing_lines(self.preprocessing)]


def load(path: str | Path, *, allow_python: bool = False, verify: bool = True, seed: int | None = None) -> CompiledNet:
    """The compiled net in the file `path`. Its numbers stay in the file, which is mapped into memory.

    `allow_python=True` lets layers of type Python run code of the modules that they name. `verify=False` leaves out
    reading the whole file to compare its checksums. `seed` makes layers repeatable that draw numbers.

    >>> import netcc, numpy as np, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     netcc.compile("zoo/lenet/deploy.prototxt").save(f"{folder}/lenet.netcc")
    ...     with netcc.load(f"{folder}/lenet.netcc") as net:
    ...         scores = net(np.zeros((3, 1, 28, 28)))
    >>> scores.shape
    (3, 10)

    Raises CompiledNetError where the file cannot be read, is of a newer version, cut short, damaged or changed;
    LayerError for Python layers that are not allowed.
    """
    archive = Archive(path, verify=verify)
    try:
        objects = objects_for_net(allow_python)
        with using(objects):
            facts = _facts(archive)
            names = _array_names(facts)
            arrays = [archive.array(name, item.shape) for name, item in zip(names, facts.parameters, strict=True)]
            return CompiledNet(
                facts, arrays, _preprocessing(archive), archive=archive, python_objects=objects, seed=seed
            )
    except ShapeError as error:
        archive.close()
        raise as_damage(error, path) from None
    except BaseException:
        archive.close()
        raise


def _facts(archive: Archive) -> NetFacts:
    try:
        return facts_from_json(archive.texts.get(_NET))
    except FactsFault as fault:
        raise as_damage(fault, archive.path) from None
    except LayerError as error:
        raise error.located(None, f"in {archive.path}") from None


def _preprocessing(archive: Archive) -> Preprocessing:
    try:
        data = archive.texts[_PREPROCESSING]
        shape, labels = data["mean_shape"], tuple(map(str, data["labels"]))
        mean = None if shape is None else archive.array(_MEAN, tuple(map(int, shape)))
        return Preprocessing(mean, float(data["scale"]), labels)
    except (KeyError, TypeError, ValueError) as error:
        raise as_damage(FactsFault(f"its preprocessing is not known ({error})"), archive.path) from None


def _array_names(facts: NetFacts) -> list[str]:
    """The names of the parameters' members; a number in front keeps them apart whatever layers are called."""
    return [f"parameters/{place:04}.npy" for place in range(len(facts.parameters))]
