"""Whether a text defines a net or a solver: told by the names of its fields, not by the name of its file."""

from __future__ import annotations

from typing import Literal, TypeAlias

from netcc.prototxt.tree import Document, Field

Kind: TypeAlias = Literal["net", "solver", "unknown"]

NET_FIELDS = frozenset({"name", "layer", "layers", "input", "input_shape", "input_dim", "force_backward", "state"})
"""Fields that a net has and a solver has not."""
_SOLVER_FIELDS = """
    net net_param train_net train_net_param test_net test_net_param train_state test_state weights
    max_iter iter_size display average_loss test_iter test_interval test_initialization test_compute_loss
    lr_policy base_lr gamma power stepsize stepvalue type solver_type momentum momentum2 rms_decay delta
    weight_decay regularization_type clip_gradients
    snapshot snapshot_prefix snapshot_diff snapshot_format snapshot_after_train
    solver_mode device_id random_seed layer_wise_reduce
"""
SOLVER_FIELDS = frozenset(_SOLVER_FIELDS.split())
"""Fields that a solver has and a net has not."""


def kind_of(document: Document) -> Kind:
    """What `document` defines, by the greater number of different telling fields; unknown if there is none."""
    names = {field.name for field in document.root.fields}
    nets, solvers = len(names & NET_FIELDS), len(names & SOLVER_FIELDS)
    if nets == solvers:
        return "unknown"
    return "net" if nets > solvers else "solver"


def telling_field(document: Document, kind: Kind) -> Field | None:
    """The first field that shows that `document` is a `kind`."""
    names = NET_FIELDS if kind == "net" else SOLVER_FIELDS
    return next((field for field in document.root.fields if field.name in names), None)
