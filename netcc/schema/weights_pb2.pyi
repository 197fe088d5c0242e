"""Types of weights_pb2.py. Made by proto/generate.py: edit the schema, then run `make proto`."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from google.protobuf.descriptor import FileDescriptor
from google.protobuf.internal.containers import RepeatedCompositeFieldContainer, RepeatedScalarFieldContainer
from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper
from google.protobuf.message import Message

DESCRIPTOR: FileDescriptor


class BlobShape(Message):
    @property
    def dim(self) -> RepeatedScalarFieldContainer[int]: ...
    def __init__(
        self,
        *,
        dim: Iterable[int] | None = ...,
    ) -> None: ...

class BlobProto(Message):
    @property
    def data(self) -> RepeatedScalarFieldContainer[bytes]: ...
    @property
    def diff(self) -> RepeatedScalarFieldContainer[bytes]: ...
    @property
    def shape(self) -> BlobShape: ...
    @property
    def double_data(self) -> RepeatedScalarFieldContainer[bytes]: ...
    @property
    def double_diff(self) -> RepeatedScalarFieldContainer[bytes]: ...
    raw_data: bytes
    raw_diff: bytes
    raw_data_type: int
    raw_diff_type: int
    num: int
    channels: int
    height: int
    width: int
    def __init__(
        self,
        *,
        data: Iterable[bytes] | None = ...,
        diff: Iterable[bytes] | None = ...,
        shape: BlobShape | Mapping[str, Any] | None = ...,
        double_data: Iterable[bytes] | None = ...,
        double_diff: Iterable[bytes] | None = ...,
        raw_data: bytes | None = ...,
        raw_diff: bytes | None = ...,
        raw_data_type: int | None = ...,
        raw_diff_type: int | None = ...,
        num: int | None = ...,
        channels: int | None = ...,
        height: int | None = ...,
        width: int | None = ...,
    ) -> None: ...

class LayerParameter(Message):
    name: bytes
    type: bytes
    @property
    def blobs(self) -> RepeatedCompositeFieldContainer[BlobProto]: ...
    def __init__(
        self,
        *,
        name: bytes | None = ...,
        type: bytes | None = ...,
        blobs: Iterable[BlobProto | Mapping[str, Any]] | None = ...,
    ) -> None: ...

class V0LayerParameter(Message):
    name: bytes
    type: bytes
    @property
    def blobs(self) -> RepeatedCompositeFieldContainer[BlobProto]: ...
    def __init__(
        self,
        *,
        name: bytes | None = ...,
        type: bytes | None = ...,
        blobs: Iterable[BlobProto | Mapping[str, Any]] | None = ...,
    ) -> None: ...

class V1LayerParameter(Message):
    @property
    def layer(self) -> V0LayerParameter: ...
    name: bytes
    type: int
    @property
    def blobs(self) -> RepeatedCompositeFieldContainer[BlobProto]: ...
    def __init__(
        self,
        *,
        layer: V0LayerParameter | Mapping[str, Any] | None = ...,
        name: bytes | None = ...,
        type: int | None = ...,
        blobs: Iterable[BlobProto | Mapping[str, Any]] | None = ...,
    ) -> None: ...

class NetParameter(Message):
    name: bytes
    @property
    def layers(self) -> RepeatedCompositeFieldContainer[V1LayerParameter]: ...
    @property
    def layer(self) -> RepeatedCompositeFieldContainer[LayerParameter]: ...
    def __init__(
        self,
        *,
        name: bytes | None = ...,
        layers: Iterable[V1LayerParameter | Mapping[str, Any]] | None = ...,
        layer: Iterable[LayerParameter | Mapping[str, Any]] | None = ...,
    ) -> None: ...

class SolverState(Message):
    iter: int
    learned_net: bytes
    @property
    def history(self) -> RepeatedCompositeFieldContainer[BlobProto]: ...
    current_step: int
    minimum_loss: float
    iter_last_event: int
    def __init__(
        self,
        *,
        iter: int | None = ...,
        learned_net: bytes | None = ...,
        history: Iterable[BlobProto | Mapping[str, Any]] | None = ...,
        current_step: int | None = ...,
        minimum_loss: float | None = ...,
        iter_last_event: int | None = ...,
    ) -> None: ...
