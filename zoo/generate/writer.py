"""The words in which the nets of the zoo are written: one method a layer, named as it is called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from netcc.pycaffe import NetSpec
from netcc.pycaffe import layers as L  # noqa: N812 - the name under which net_spec is known
from netcc.pycaffe import params as P  # noqa: N812
from netcc.pycaffe.net_spec import Top

Params: TypeAlias = Sequence[Mapping[str, float]]
"""Multipliers of rate and decay: of the weights, then of the bias."""

WEIGHT_AND_BIAS: Params = [{"lr_mult": 1, "decay_mult": 1}, {"lr_mult": 2, "decay_mult": 0}]
"""Biases learn twice as fast as weights and do not decay: the custom of Caffe's own nets."""

MSRA = {"type": "msra"}
XAVIER = {"type": "xavier"}


def gaussian(std: float) -> dict[str, Any]:
    return {"type": "gaussian", "std": std}


class NetWriter:
    """A net in the making. `training` adds what only learning needs: initial values and multipliers.

    Each method adds a layer called `name` and gives its top; `stage` ends a part of the net, for the table of its page.
    """

    def __init__(self, *, training: bool) -> None:
        self.spec = NetSpec()
        self.training = training
        self.stages: list[tuple[str, str]] = []

    def add(self, name: str, top: Any) -> Top:
        self.spec[name] = top
        made: Top = top
        return made

    def stage(self, label: str) -> None:
        """All layers since the last stage are the part `label`; the last that was added shows its shape."""
        self.stages.append((label, list(self.spec.tops)[-1]))

    def _learned(
        self, *, bias: bool, filler: dict[str, Any], bias_value: float | None, params: Params | None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Fields of the layer, and fields of its own message, that say how its parameters begin and learn."""
        own: dict[str, Any] = {} if bias else {"bias_term": False}
        if not self.training:
            return {}, own
        own["weight_filler"] = filler
        if bias:
            own["bias_filler"] = (
                {"type": "constant"} if bias_value is None else {"type": "constant", "value": bias_value}
            )
            params = WEIGHT_AND_BIAS if params is None else params
        return ({"param": list(params)} if params else {}), own

    def convolution(
        self,
        name: str,
        bottom: Top,
        outputs: int,
        kernel: int | tuple[int, int],
        *,
        stride: int = 1,
        pad: int | tuple[int, int] = 0,
        group: int = 1,
        dilation: int = 1,
        bias: bool = True,
        filler: dict[str, Any] = MSRA,
        bias_value: float | None = None,
        params: Params | None = None,
    ) -> Top:
        """A convolution; a pair is (height, width). Fields at their defaults are left out."""
        layer, own = self._learned(bias=bias, filler=filler, bias_value=bias_value, params=params)
        own |= {"num_output": outputs, **window(kernel, stride, pad)}
        own |= {"group": group} if group > 1 else {}
        own |= {"dilation": dilation} if dilation > 1 else {}
        return self.add(name, L.Convolution(bottom, **own, **layer))

    def inner_product(
        self,
        name: str,
        bottom: Top,
        outputs: int,
        *,
        filler: dict[str, Any] = XAVIER,
        bias: bool = True,
        bias_value: float | None = None,
        params: Params | None = None,
    ) -> Top:
        layer, own = self._learned(bias=bias, filler=filler, bias_value=bias_value, params=params)
        return self.add(name, L.InnerProduct(bottom, num_output=outputs, **own, **layer))

    def relu(self, name: str, bottom: Top) -> Top:
        return self.add(name, L.ReLU(bottom, in_place=True))

    def batch_norm(self, name: str, scale: str, bottom: Top, *, eps: float | None = None, in_place: bool = True) -> Top:
        """Normalization over the batch, then a learned factor and bias for each channel: two layers in Caffe."""
        norm = self.add(name, L.BatchNorm(bottom, in_place=in_place, **({"eps": eps} if eps else {})))
        return self.add(scale, L.Scale(norm, bias_term=True, in_place=True))

    def max_pool(self, name: str, bottom: Top, kernel: int, stride: int = 1, pad: int = 0) -> Top:
        return self.add(name, L.Pooling(bottom, pool=P.Pooling.MAX, **window(kernel, stride, pad)))

    def average_pool(self, name: str, bottom: Top, kernel: int, stride: int = 1, pad: int = 0) -> Top:
        return self.add(name, L.Pooling(bottom, pool=P.Pooling.AVE, **window(kernel, stride, pad)))

    def global_pool(self, name: str, bottom: Top) -> Top:
        """The mean of each channel, whatever the size of the image."""
        return self.add(name, L.Pooling(bottom, pool=P.Pooling.AVE, global_pooling=True))

    def lrn(self, name: str, bottom: Top, size: int = 5, alpha: float = 1e-4, beta: float = 0.75, **fields: Any) -> Top:
        return self.add(name, L.LRN(bottom, local_size=size, alpha=alpha, beta=beta, **fields))

    def dropout(self, name: str, bottom: Top, ratio: float = 0.5) -> Top:
        return self.add(name, L.Dropout(bottom, dropout_ratio=ratio, in_place=True))

    def concat(self, name: str, *bottoms: Top) -> Top:
        return self.add(name, L.Concat(*bottoms))

    def sum(self, name: str, *bottoms: Top) -> Top:
        return self.add(name, L.Eltwise(*bottoms))


def window(kernel: int | tuple[int, int], stride: int, pad: int | tuple[int, int]) -> dict[str, Any]:
    """Kernel, stride and pad as Caffe spells them, in squares or in height and width."""
    fields: dict[str, Any] = {}
    if isinstance(pad, tuple):
        fields |= {"pad_h": pad[0], "pad_w": pad[1]}
    elif pad:
        fields["pad"] = pad
    if isinstance(kernel, tuple):
        fields |= {"kernel_h": kernel[0], "kernel_w": kernel[1]}
    else:
        fields["kernel_size"] = kernel
    if stride != 1:
        fields["stride"] = stride
    return fields
