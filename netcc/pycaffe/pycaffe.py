"""`caffe.pycaffe`: the names that python/caffe/pycaffe.py has, for scripts that import them from there."""

from __future__ import annotations

from netcc.pycaffe.machine import NCCL, Timer
from netcc.pycaffe.net import Net
from netcc.pycaffe.solver import AdaDeltaSolver, AdaGradSolver, AdamSolver, NesterovSolver, RMSPropSolver, SGDSolver

__all__ = [
    "NCCL",
    "AdaDeltaSolver",
    "AdaGradSolver",
    "AdamSolver",
    "NesterovSolver",
    "Net",
    "RMSPropSolver",
    "SGDSolver",
    "Timer",
]
