"""What a plan is made for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

MemoryUse: TypeAlias = Literal["fast", "low"]
"""What a plan spends memory on: `fast` keeps what saves time, `low` makes it again when it is wanted."""

MEMORY_USES: tuple[MemoryUse, ...] = ("fast", "low")


@dataclass(frozen=True, slots=True)
class Options:
    """`keep_all`: every blob stays readable after a pass, `keep_diffs`: so does every diff. `gradients`: there is a
    backward pass.

    `exact` leaves out algorithms that round more than a plain sum of products does (Winograd's). `optimize` False
    leaves out all but the layers' own methods, each with its blobs in plain order. `whole`: passes run from the first
    layer to the last, so that what a layer in place overwrites is never seen.

    `memory` "low": what is derived from parameters is never kept between passes, and what is cheap to compute is not
    kept from the forward pass for the backward pass, but computed again.
    """

    keep_all: bool = True
    keep_diffs: bool = True
    gradients: bool = True
    exact: bool = False
    optimize: bool = True
    whole: bool = True
    memory: MemoryUse = "fast"

    @property
    def derives_in_passes(self) -> bool:
        """Whether what targets derive from parameters is made in every pass, however long that takes."""
        return self.gradients or self.memory == "low"

    @property
    def streams(self) -> bool:
        """Whether blobs between layers need not be there for the whole batch at once."""
        return self.optimize and self.whole and not self.gradients and not self.keep_all

    @property
    def recomputes(self) -> bool:
        """Whether backward computes again what is cheap and need not stay readable."""
        return self.gradients and self.memory == "low" and self.optimize and not self.keep_all
