"""The vectors of Caffe's compiled part, by name: scripts import them, and ask whether a thing is one."""

from __future__ import annotations

from netcc.runtime.named import ParameterBlobs

BlobVec = ParameterBlobs
RawBlobVec = LayerVec = NetVec = StringVec = IntVec = DtypeVec = BoolVec = list
