"""Classes for layers of type Python, as users of pycaffe write them."""

from __future__ import annotations

from typing import Any

import numpy as np

Blobs = list[Any]


class Scaled:
    """Every top is the bottom of its index times the number in `param_str`."""

    def setup(self, bottom: Blobs, top: Blobs) -> None:
        self.factor = float(self.param_str)

    def reshape(self, bottom: Blobs, top: Blobs) -> None:
        for source, target in zip(bottom, top, strict=True):
            target.reshape(*source.data.shape)

    def forward(self, bottom: Blobs, top: Blobs) -> None:
        for source, target in zip(bottom, top, strict=True):
            target.data[...] = self.factor * source.data

    def backward(self, top: Blobs, propagate_down: list[bool], bottom: Blobs) -> None:
        for source, target, wanted in zip(bottom, top, propagate_down, strict=True):
            if wanted:
                source.diff[...] = self.factor * target.diff


class Distance:
    """Half the squared distance, for each item; keeps the difference in an array that reshape makes."""

    def setup(self, bottom: Blobs, top: Blobs) -> None:
        if len(bottom) != 2:
            raise ValueError("a distance is between two")

    def reshape(self, bottom: Blobs, top: Blobs) -> None:
        self.difference = np.zeros_like(bottom[0].data)
        top[0].reshape(1)

    def forward(self, bottom: Blobs, top: Blobs) -> None:
        self.difference[...] = bottom[0].data - bottom[1].data
        top[0].data[...] = np.sum(self.difference**2) / bottom[0].num / 2

    def backward(self, top: Blobs, propagate_down: list[bool], bottom: Blobs) -> None:
        for index, sign in ((0, 1), (1, -1)):
            if propagate_down[index]:
                bottom[index].diff[...] = sign * top[0].diff[0] * self.difference / bottom[index].num


class Weighted:
    """The bottom times one learnt number for each column, which begins at 1, 2, 3 ..."""

    def __init__(self, message: Any) -> None:
        self.name = message.name

    def setup(self, bottom: Blobs, top: Blobs) -> None:
        self.blobs.add_blob(bottom[0].data.shape[1])
        self.blobs[0].data[...] = np.arange(1, self.blobs[0].count + 1)

    def reshape(self, bottom: Blobs, top: Blobs) -> None:
        top[0].reshape(*bottom[0].shape)

    def forward(self, bottom: Blobs, top: Blobs) -> None:
        top[0].data[...] = bottom[0].data * self.blobs[0].data

    def backward(self, top: Blobs, propagate_down: list[bool], bottom: Blobs) -> None:
        self.blobs[0].diff[...] += (top[0].diff * bottom[0].data).sum(axis=0)
        if propagate_down[0]:
            bottom[0].diff[...] = top[0].diff * self.blobs[0].data


class Positive:
    """The rows of the bottom whose first number is positive; to a second top, how often forward has run."""

    def setup(self, bottom: Blobs, top: Blobs) -> None:
        self.calls = 0

    def reshape(self, bottom: Blobs, top: Blobs) -> None:
        top[0].reshape(*bottom[0].data.shape)

    def forward(self, bottom: Blobs, top: Blobs) -> None:
        self.calls += 1
        kept = bottom[0].data[bottom[0].data[:, 0] > 0]
        top[0].reshape(*kept.shape)
        top[0].data[...] = kept
        for other in top[1:]:
            other.data[...] = self.calls

    def backward(self, top: Blobs, propagate_down: list[bool], bottom: Blobs) -> None:
        bottom[0].diff[bottom[0].data[:, 0] > 0] = top[0].diff


class Counter:
    """Data: 1, 2, 3 ..., one more at each pass, and the phase."""

    def setup(self, bottom: Blobs, top: Blobs) -> None:
        self.count = 0

    def reshape(self, bottom: Blobs, top: Blobs) -> None:
        top[0].reshape(2, 3)
        top[1].reshape()

    def forward(self, bottom: Blobs, top: Blobs) -> None:
        self.count += 1
        top[0].data[...] = self.count
        top[1].data[...] = self.phase


class Looking:
    """Looks at a blob and leaves it as it is: bottom and top are one."""

    def setup(self, bottom: Blobs, top: Blobs) -> None:
        pass

    def reshape(self, bottom: Blobs, top: Blobs) -> None:
        top[0].reshape(*bottom[0].shape)

    def forward(self, bottom: Blobs, top: Blobs) -> None:
        self.seen = top[0].data.copy()

    def backward(self, top: Blobs, propagate_down: list[bool], bottom: Blobs) -> None:
        pass


class Failing:
    """Fails in the method that `param_str` names."""

    def __init__(self) -> None:
        self.param_str = ""

    def setup(self, bottom: Blobs, top: Blobs) -> None:
        self._fail_in("setup")

    def reshape(self, bottom: Blobs, top: Blobs) -> None:
        self._fail_in("reshape")
        top[0].reshape(*bottom[0].data.shape)

    def forward(self, bottom: Blobs, top: Blobs) -> None:
        self._fail_in("forward")

    def backward(self, top: Blobs, propagate_down: list[bool], bottom: Blobs) -> None:
        self._fail_in("backward")

    def _fail_in(self, method: str) -> None:
        if self.param_str == method:
            raise RuntimeError("no\nluck")


class WithoutBackward:
    """Has no method backward."""

    def setup(self, bottom: Blobs, top: Blobs) -> None:
        pass

    def reshape(self, bottom: Blobs, top: Blobs) -> None:
        top[0].reshape(*bottom[0].data.shape)

    def forward(self, bottom: Blobs, top: Blobs) -> None:
        pass


class Unmakable:
    def __init__(self) -> None:
        raise OSError("nothing to read")
