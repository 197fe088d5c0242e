"""Running means and variances for nets with BatchNorm: those of one batch, so that inference sees sensible numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bench.peers.nets import Case, shaped, training_net
from bench.peers.numbers import STATISTICS, fill, inputs, parameters, write_statistics
from netcc.runtime.net import Net
from netcc.types import TRAIN


def write_batch_statistics(case: Case, path: Path) -> bool:
    """Writes the statistics that one pass in training leaves; False if the net keeps none."""
    message = training_net(case, dropout=False)
    owners = parameters(shaped(message, case, training=True))
    kept = [name for name, owner in owners.items() if owner.name in STATISTICS]
    if not kept:
        return False
    net = Net(message, TRAIN, keep_all=False, gradients=False)
    for name, owner in owners.items():
        array = net.params[owner.owner.name][owner.index].data
        if name in kept:
            array[...] = 0
        else:
            fill(owner, array, {})
    images, labels = inputs(case)
    net.forward(data=images, label=labels)
    found = {name: np.array(net.params[owners[name].owner.name][owners[name].index].data) for name in kept}
    write_statistics(path, found)
    return True
