"""Caffe's Python package, by netcc: what pycaffe's users know by name means here what it means there.

>>> import netcc.pycaffe
>>> netcc.pycaffe.install()
>>> import caffe
>>> caffe.TEST
1

`netcc run script.py` runs a script with that done. docs/pycaffe.md says where netcc differs.
"""

from __future__ import annotations

from netcc.blob import Blob
from netcc.pycaffe import classifier, coord_map, detector, draw, io, net_spec, proto, pycaffe
from netcc.pycaffe.classifier import Classifier
from netcc.pycaffe.detector import Detector
from netcc.pycaffe.installing import install
from netcc.pycaffe.layer import Layer
from netcc.pycaffe.machine import (
    NCCL,
    Timer,
    has_nccl,
    init_log,
    layer_type_list,
    log,
    set_device,
    set_mode_cpu,
    set_mode_gpu,
    set_multiprocess,
    set_random_seed,
    set_solver_count,
    set_solver_rank,
    solver_count,
    solver_rank,
)
from netcc.pycaffe.net import Net
from netcc.pycaffe.net_spec import NetSpec, layers, params, to_proto
from netcc.pycaffe.solver import (
    AdaDeltaSolver,
    AdaGradSolver,
    AdamSolver,
    NesterovSolver,
    RMSPropSolver,
    SGDSolver,
    Solver,
    get_solver,
)
from netcc.pycaffe.solver import SolverParam as SolverParameter
from netcc.pycaffe.vectors import BlobVec, BoolVec, DtypeVec, IntVec, LayerVec, NetVec, RawBlobVec, StringVec
from netcc.schema.caffe_pb2 import LayerParameter

__version__ = "1.0.0"
"""The version of Caffe whose names these are: scripts look at it."""

TRAIN: int = proto.caffe_pb2.TRAIN
TEST: int = proto.caffe_pb2.TEST

__all__ = [
    "NCCL",
    "TEST",
    "TRAIN",
    "AdaDeltaSolver",
    "AdaGradSolver",
    "AdamSolver",
    "Blob",
    "BlobVec",
    "BoolVec",
    "Classifier",
    "Detector",
    "DtypeVec",
    "IntVec",
    "Layer",
    "LayerParameter",
    "LayerVec",
    "NesterovSolver",
    "Net",
    "NetSpec",
    "NetVec",
    "RMSPropSolver",
    "RawBlobVec",
    "SGDSolver",
    "Solver",
    "SolverParameter",
    "StringVec",
    "Timer",
    "classifier",
    "coord_map",
    "detector",
    "draw",
    "get_solver",
    "has_nccl",
    "init_log",
    "install",
    "io",
    "layer_type_list",
    "layers",
    "log",
    "net_spec",
    "params",
    "proto",
    "pycaffe",
    "set_device",
    "set_mode_cpu",
    "set_mode_gpu",
    "set_multiprocess",
    "set_random_seed",
    "set_solver_count",
    "set_solver_rank",
    "solver_count",
    "solver_rank",
    "to_proto",
]
