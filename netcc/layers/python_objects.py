"""The user's objects behind layers of type Python: made, shaped and called only where the caller allows it."""

from __future__ import annotations

import importlib
import inspect
import traceback
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from types import ModuleType
from typing import Any

import numpy as np

from netcc.blob import Blob
from netcc.errors import LayerError, NetccError, closest
from netcc.schema import caffe_pb2
from netcc.types import Array, Phase, Shape

_MESSAGE = "python_param"


class PythonObjects:
    """The objects of one net. They outlive the changes of its shape, as layers do in Caffe."""

    def __init__(self) -> None:
        self._by_name: dict[str, PythonObject] = {}

    def get(self, message: caffe_pb2.LayerParameter, phase: Phase) -> PythonObject:
        """The object of the layer that `message` defines, made when first asked for. Raises LayerError."""
        known = self._by_name.get(message.name)
        if known is None or known.message != message or known.phase != phase:
            known = self._by_name[message.name] = PythonObject(message, phase)
        return known


_in_use: ContextVar[PythonObjects | None] = ContextVar("objects of Python layers", default=None)


@contextmanager
def using(objects: PythonObjects | None) -> Iterator[None]:
    """Within the block Python layers are made with `objects`; None refuses them."""
    token = _in_use.set(objects)
    try:
        yield
    finally:
        _in_use.reset(token)


@contextmanager
def allow_python(allowed: bool = True) -> Iterator[None]:
    """Within the block nets may have layers of type Python, which run code of the modules that they name.

    With `allowed` False nothing changes: they may if an outer block says so.
    """
    with using(objects_for_net(allowed)):
        yield


def objects_for_net(allowed: bool) -> PythonObjects | None:
    """Room for the objects of a new net, or None if it may have none: neither it nor a block around it allows them."""
    return PythonObjects() if allowed or objects_in_use() is not None else None


def objects_in_use() -> PythonObjects | None:
    """Those of the block around the call; None where Python layers are not allowed."""
    return _in_use.get()


class HeldArrays:
    """The arrays of a blob that a Python layer sees: zeros of its own, or memory of the net."""

    def __init__(self, shape: Shape) -> None:
        self.label = "the blob"
        self._data: Array = np.zeros(shape, np.float32)
        self._diff: Array | None = None

    def data(self) -> Array:
        return self._data

    def diff(self) -> Array:
        if self._diff is None:
            self._diff = np.zeros_like(self._data)
        return self._diff

    def hold(self, data: Array, diff: Array | None = None) -> None:
        """Shows these arrays from now on; without `diff`, zeros that nobody else sees."""
        self._data, self._diff = data, diff

    def reshape(self, shape: Shape) -> None:
        """New arrays, unless the shape is the same; the numbers that fit stay, in their order."""
        if shape != self._data.shape:
            fresh = np.zeros(shape, self._data.dtype)
            kept = min(fresh.size, self._data.size)
            fresh.reshape(-1)[:kept] = self._data.reshape(-1)[:kept]
            self.hold(fresh)


class HeldBlob(Blob):
    """A blob as pycaffe gives it to a Python layer."""

    def __init__(self, shape: Shape = ()) -> None:
        self._arrays = HeldArrays(shape)
        super().__init__(self._arrays)

    def hold(self, data: Array, diff: Array | None = None) -> None:
        """Shows these arrays from now on."""
        self._arrays.hold(data, diff)


class HeldBlobs(list[HeldBlob]):
    """The parameters of a Python layer: its `blobs`."""

    def add_blob(self, *shape: int) -> None:
        """One more parameter, of zeros; the numbers that `setup` puts into it are its first ones."""
        self.append(HeldBlob(shape))


class PythonObject:
    """An object of the user's class, and the blobs that it sees.

    It gets the attributes `param_str`, `phase` (0 TRAIN, 1 TEST) and `blobs`, as from pycaffe, and may derive from any
    class or none.
    """

    def __init__(self, message: caffe_pb2.LayerParameter, phase: Phase) -> None:
        self.message, self.phase = message, phase
        self.bottoms = [HeldBlob() for _ in message.bottom]
        self.tops = [HeldBlob() for _ in message.top]
        self.blobs = HeldBlobs()
        self.results: list[Array] | None = None
        self._is_set_up = False
        self._bottom_shapes: list[Shape] | None = None
        self._module = _import(message.python_param.module)
        self._user = _construct(_find_class(self._module, message.python_param.layer), message)
        self._user.param_str, self._user.phase = message.python_param.param_str, int(phase)
        self._user.param_str_ = self._user.param_str  # its name in the Caffes of 2015
        self._user.blobs = self.blobs

    @property
    def user(self) -> Any:
        """The object itself, for whoever made the net and wants to tell it something."""
        return self._user

    @property
    def top_shapes(self) -> tuple[Shape, ...]:
        """The shapes that the user's object gave its tops last."""
        return tuple(top.shape for top in self.tops) if self.results is None else _shapes(self.results)

    def shape(self, bottoms: Sequence[Shape]) -> None:
        """Calls `setup`, once, and `reshape` on zeros of the shapes of `bottoms`.

        Does nothing where these are known: in the middle of a pass the object may keep what it needs for `backward`
        in arrays that `reshape` makes.
        """
        if self._bottom_shapes == list(bottoms):
            return
        self.results = None
        for blob, shape in zip(self.bottoms, bottoms, strict=True):
            blob.hold(np.zeros(shape, np.float32))
        if not self._is_set_up:
            self.call("setup", self.bottoms, self.tops)
            self._is_set_up = True
        self.call("reshape", self.bottoms, self.tops)
        self._bottom_shapes = list(bottoms)

    def call(self, method: str, *arguments: object) -> None:
        """Calls a method of the user's object. Raises LayerError that says where in the user's code it failed."""
        name = f"{self._module.__name__}.{type(self._user).__name__}"
        function = getattr(self._user, method, None)
        if function is None:
            raise LayerError(f"{name} has no method {method}")
        try:
            function(*arguments)
        except Exception as error:
            notes = [_place(error, self._module)]
            raise _failure(error, f"{name}.{method} failed", notes) from error


def _import(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except Exception as error:
        notes = ["PYTHONPATH must have the folder of the module"] if isinstance(error, ImportError) else []
        raise _failure(error, f"module {name!r} cannot be imported", notes, (_MESSAGE, "module")) from error


def _find_class(module: ModuleType, name: str) -> type[Any]:
    found = getattr(module, name, None)
    if not isinstance(found, type):
        classes = [known for known, value in vars(module).items() if isinstance(value, type)]
        raise LayerError(
            f"module {module.__name__!r} has no class {name!r}",
            field=(_MESSAGE, "layer"),
            suggestion=closest(name, classes),
        )
    return found


def _construct(kind: type[Any], message: caffe_pb2.LayerParameter) -> Any:
    """An object of `kind`; it gets the layer's message, as from Caffe, if its constructor takes an argument."""
    try:
        inspect.signature(kind).bind(message)
    except (TypeError, ValueError):
        arguments: tuple[object, ...] = ()
    else:
        arguments = (message,)
    try:
        return kind(*arguments)
    except Exception as error:
        name = f"{kind.__module__}.{kind.__name__}"
        raise _failure(error, f"{name} cannot be made", (), (_MESSAGE, "layer")) from error


def _failure(error: Exception, what: str, notes: Sequence[str], field: tuple[str, ...] = ()) -> LayerError:
    """A LayerError that is at the same time what the user's code raised: scripts may wait for either."""
    message = f"{what}: {_described(error)}"
    try:
        return _both(type(error))(message, notes=notes, field=field)
    except TypeError:  # a class that cannot be derived from, or made from a message
        return LayerError(message, notes=notes, field=field)


def _both(raised: type[Exception]) -> type[LayerError]:
    if issubclass(LayerError, raised) or issubclass(raised, LayerError):
        return LayerError
    names = {"__module__": LayerError.__module__, "__qualname__": LayerError.__qualname__}
    return type(LayerError.__name__, (LayerError, raised), names)


def _described(error: Exception) -> str:
    text = " ".join((error.message if isinstance(error, NetccError) else str(error)).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _place(error: Exception, module: ModuleType) -> str:
    """Where `error` arose: the innermost line of the user's module, or of whatever else was called."""
    frames = traceback.extract_tb(error.__traceback__)
    frame = next((frame for frame in reversed(frames) if frame.filename == module.__file__), frames[-1])
    return f"at {frame.filename}:{frame.lineno} in {frame.name}"


def _shapes(arrays: Iterable[Array]) -> tuple[Shape, ...]:
    return tuple(array.shape for array in arrays)
