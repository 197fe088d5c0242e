"""Inception-v3: large windows in factors."""

from __future__ import annotations

from netcc.pycaffe.net_spec import Top
from zoo.generate.net import Losses, ZooNet, imagenet
from zoo.generate.writer import NetWriter

Kernel = int | tuple[int, int]
Step = tuple[int, Kernel]
"""Outputs and kernel of one convolution."""

WIDE, HIGH = (1, 7), (7, 1)
EPS = 0.001


def unit(net: NetWriter, name: str, bottom: Top, outputs: int, kernel: Kernel, stride: int = 1, pad: int = 1) -> Top:
    """Convolution, normalization, ReLU; `pad` 1 keeps the size of the image, 0 does not."""
    border = (kernel[0] // 2, kernel[1] // 2) if isinstance(kernel, tuple) else pad * (kernel // 2)
    top = net.convolution(name, bottom, outputs, kernel, stride=stride, pad=border, bias=False)
    return net.relu(f"{name}/relu", net.batch_norm(f"{name}/bn", f"{name}/scale", top, eps=EPS))


def chain(net: NetWriter, name: str, bottom: Top, *steps: Step, last_stride: int = 1) -> Top:
    """Convolutions one behind the other; the last may shrink the image, without a border then."""
    top = bottom
    for number, (outputs, kernel) in enumerate(steps, 1):
        shrinks = last_stride > 1 and number == len(steps)
        top = unit(net, f"{name}_{number}", top, outputs, kernel, last_stride if shrinks else 1, 0 if shrinks else 1)
    return top


def pooled(net: NetWriter, name: str, bottom: Top, outputs: int) -> Top:
    return unit(net, f"{name}/pool_proj", net.average_pool(f"{name}/pool", bottom, 3, 1, 1), outputs, 1)


def module_a(net: NetWriter, name: str, bottom: Top, projected: int) -> Top:
    """5 x 5 beside two of 3 x 3 (figure 5 of the paper), at 35 x 35."""
    return net.concat(
        name,
        chain(net, f"{name}/1x1", bottom, (64, 1)),
        chain(net, f"{name}/5x5", bottom, (48, 1), (64, 5)),
        chain(net, f"{name}/3x3dbl", bottom, (64, 1), (96, 3), (96, 3)),
        pooled(net, name, bottom, projected),
    )


def module_b(net: NetWriter, name: str, bottom: Top) -> Top:
    """35 x 35 to 17 x 17."""
    return net.concat(
        name,
        chain(net, f"{name}/3x3", bottom, (384, 3), last_stride=2),
        chain(net, f"{name}/3x3dbl", bottom, (64, 1), (96, 3), (96, 3), last_stride=2),
        net.max_pool(f"{name}/pool", bottom, 3, 2),
    )


def module_c(net: NetWriter, name: str, bottom: Top, inner: int) -> Top:
    """7 x 7 as 1 x 7 and 7 x 1 (figure 6), at 17 x 17."""
    twice: list[Step] = [(inner, 1), (inner, HIGH), (inner, WIDE), (inner, HIGH), (192, WIDE)]
    return net.concat(
        name,
        chain(net, f"{name}/1x1", bottom, (192, 1)),
        chain(net, f"{name}/7x7", bottom, (inner, 1), (inner, WIDE), (192, HIGH)),
        chain(net, f"{name}/7x7dbl", bottom, *twice),
        pooled(net, name, bottom, 192),
    )


def module_d(net: NetWriter, name: str, bottom: Top) -> Top:
    """17 x 17 to 8 x 8."""
    return net.concat(
        name,
        chain(net, f"{name}/3x3", bottom, (192, 1), (320, 3), last_stride=2),
        chain(net, f"{name}/7x7x3", bottom, (192, 1), (192, WIDE), (192, HIGH), (192, 3), last_stride=2),
        net.max_pool(f"{name}/pool", bottom, 3, 2),
    )


def module_e(net: NetWriter, name: str, bottom: Top) -> Top:
    """1 x 3 beside 3 x 1 (figure 7), at 8 x 8."""

    def spread(label: str, top: Top) -> tuple[Top, Top]:
        return unit(net, f"{label}_1x3", top, 384, (1, 3)), unit(net, f"{label}_3x1", top, 384, (3, 1))

    return net.concat(
        name,
        chain(net, f"{name}/1x1", bottom, (320, 1)),
        *spread(f"{name}/3x3", chain(net, f"{name}/3x3", bottom, (384, 1))),
        *spread(f"{name}/3x3dbl", chain(net, f"{name}/3x3dbl", bottom, (448, 1), (384, 3))),
        pooled(net, name, bottom, 192),
    )


def auxiliary(net: NetWriter, bottom: Top) -> None:
    """The classifier beside the last of the modules at 17 x 17."""
    top = unit(net, "aux/conv1", net.average_pool("aux/pool", bottom, 5, 3), 128, 1)
    net.inner_product("aux/classifier", unit(net, "aux/conv2", top, 768, 5, pad=0), 1000)


def inception_v3(net: NetWriter, data: Top) -> Top:
    top = unit(net, "conv1", data, 32, 3, 2, pad=0)
    top = unit(net, "conv2", top, 32, 3, pad=0)
    top = net.max_pool("pool1", unit(net, "conv3", top, 64, 3), 3, 2)
    net.stage("conv1 to conv3, pool1")
    top = unit(net, "conv5", unit(net, "conv4", top, 80, 1), 192, 3, pad=0)
    top = net.max_pool("pool2", top, 3, 2)
    net.stage("conv4, conv5, pool2")
    for name, projected in (("mixed_5b", 32), ("mixed_5c", 64), ("mixed_5d", 64)):
        top = module_a(net, name, top, projected)
        net.stage(name)
    top = module_b(net, "mixed_6a", top)
    net.stage("mixed_6a")
    for name, inner in (("mixed_6b", 128), ("mixed_6c", 160), ("mixed_6d", 160), ("mixed_6e", 192)):
        top = module_c(net, name, top, inner)
        net.stage(name)
    if net.training:
        auxiliary(net, top)
    top = module_d(net, "mixed_7a", top)
    net.stage("mixed_7a")
    for name in ("mixed_7b", "mixed_7c"):
        top = module_e(net, name, top)
        net.stage(name)
    top = net.dropout("drop", net.global_pool("pool3", top), 0.5)
    net.stage("pool3, dropout 0.5")
    top = net.inner_product("classifier", top, 1000)
    net.stage("classifier")
    return top


NETS = [
    ZooNet(
        name="inception_v3",
        title="Inception-v3",
        paper="""C. Szegedy, V. Vanhoucke, S. Ioffe, J. Shlens, Z. Wojna: *Rethinking the Inception architecture for
        computer vision*, CVPR 2016.""",
        text="""GoogLeNet thought over: 5 x 5 becomes two of 3 x 3, 7 x 7 becomes 1 x 7 and 7 x 1, which is two
        sevenths of the work; all convolutions are normalized; images shrink by convolution and pooling side by
        side. One auxiliary classifier is left, at 17 x 17, as a regularizer.""",
        input=(3, 299, 299),
        parameters=23_834_568,
        train_parameters=27_161_264,
        source="""torchvision's `inception_v3` (`num_params` of its published weights, 27,161,264 with the auxiliary
        classifier, whose own are 3,326,696).""",
        body=inception_v3,
        database=imagenet(299, 32, stored=342, mean_value=[128, 128, 128], scale=0.0078125),
        losses=Losses({"aux/classifier": 0.4}),
        solver={
            "test_iter": 1000,
            "test_interval": 10000,
            "test_initialization": False,
            "type": "RMSProp",
            "rms_decay": 0.9,
            "delta": 1,
            "base_lr": 0.045,
            "lr_policy": "step",
            "gamma": 0.94,
            "stepsize": 80072,
            "max_iter": 4003600,
            "weight_decay": 0.00004,
            "clip_gradients": 2,
            "display": 100,
            "snapshot": 40036,
        },
        training="""As in the paper: RMSProp with decay 0.9 and epsilon 1, rate 0.045 that falls by 6 % every
        two passes over the data (80,072 iterations of 32 images), 100 passes, gradients clipped at 2. The paper
        ran 50 such workers at once, smoothed its labels by 0.1 (`label_smoothing` in `loss_param`, which not
        every Caffe knows) and averaged its weights.""",
    ),
]
