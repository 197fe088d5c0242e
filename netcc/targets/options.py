"""What a plan is made for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """`keep_all`: every blob stays readable after a pass, `keep_diffs`: so does every diff. `gradients`: there is a
    backward pass.

    `exact` leaves out algorithms that round more than a plain sum of products does (Winograd's). `optimize` False
    leaves out all but the layers' own methods, each with its blobs in plain order. `whole`: passes run from the first
    layer to the last, so that what a layer in place overwrites is never seen.
    """

    keep_all: bool = True
    keep_diffs: bool = True
    gradients: bool = True
    exact: bool = False
    optimize: bool = True
    whole: bool = True
