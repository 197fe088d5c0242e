"""The residual nets for CIFAR-10: 6n + 2 layers."""

from __future__ import annotations

from functools import partial

from netcc.pycaffe import layers as L  # noqa: N812
from netcc.pycaffe import params as P  # noqa: N812
from netcc.pycaffe.net_spec import Top
from zoo.generate.cifar10 import CIFAR10
from zoo.generate.net import Database, Losses, ZooNet
from zoo.generate.resnet import PAPER
from zoo.generate.writer import NetWriter

PARAMETERS = {20: 269_722, 56: 853_018, 110: 1_727_962, 1202: 19_421_274}
ROUNDED = {20: "0.27", 56: "0.85", 110: "1.7", 1202: "19.4"}
"""Millions of parameters, in the paper."""
ERRORS = {20: "8.75", 56: "6.97", 110: "6.43", 1202: "7.93"}
"""Per cent of the test images, in the paper."""

PADDED = Database(
    "CIFAR-10",
    "cifar10_padded_train_lmdb",
    "cifar10_padded_test_lmdb",
    batch=128,
    test_batch=100,
    transform={"crop_size": 32, "mean_value": CIFAR10.transform["mean_value"]},
    train_transform={"mirror": True},
    how="""CIFAR-10 with four black pixels on each side, so 40 x 40, in `cifar10_padded_train_lmdb` and
    `cifar10_padded_test_lmdb`: a cut of 32 x 32 at a random place, perhaps mirrored, is the paper's augmentation, and
    the cut at the centre in tests is the image itself. After `netcc data cifar10 . --full`, this Python makes them:""",
    commands="""
    import lmdb, numpy
    from netcc.schema.caffe_pb2 import Datum

    for part in ("train", "test"):
        source = lmdb.open(f"cifar10_{part}_lmdb", readonly=True)
        target = lmdb.open(f"cifar10_padded_{part}_lmdb", map_size=1 << 30)
        with source.begin() as old, target.begin(write=True) as new:
            for key, value in old.cursor():
                datum = Datum.FromString(value)
                image = numpy.frombuffer(datum.data, numpy.uint8).reshape(3, 32, 32)
                datum.data = numpy.pad(image, ((0, 0), (4, 4), (4, 4))).tobytes()
                datum.height = datum.width = 40
                new.put(key, datum.SerializeToString())
    """,
)


def unit(net: NetWriter, name: str, bottom: Top, outputs: int, stride: int = 1) -> Top:
    top = net.convolution(name, bottom, outputs, 3, stride=stride, pad=1, bias=False)
    return net.batch_norm(f"{name}/bn", f"{name}/scale", top)


def block(net: NetWriter, name: str, bottom: Top, channels: int, stride: int) -> Top:
    """Two convolutions; where the image shrinks, the shortcut takes every second pixel and channels of zeros."""
    top = net.relu(f"{name}/relu1", unit(net, f"{name}/conv1", bottom, channels, stride))
    top = unit(net, f"{name}/conv2", top, channels)
    if stride > 1:
        every = L.Pooling(bottom, pool=P.Pooling.AVE, kernel_size=1, stride=stride, round_mode=P.Pooling.FLOOR)
        bottom = net.add(f"{name}/subsample", every)
        zeros = net.add(f"{name}/zeros", L.Power(bottom, scale=0))
        bottom = net.concat(f"{name}/shortcut", bottom, zeros)
    return net.relu(f"{name}/relu", net.sum(name, bottom, top))


def cifar_resnet(net: NetWriter, data: Top, layers: int) -> Top:
    top = net.relu("conv1/relu", unit(net, "conv1", data, 16))
    net.stage("conv1")
    blocks = (layers - 2) // 6
    for group, channels in enumerate((16, 32, 64), 1):
        for number in range(1, blocks + 1):
            stride = 2 if group > 1 and number == 1 else 1
            top = block(net, f"group{group}/block{number}", top, channels, stride)
        net.stage(f"group {group}, {blocks} blocks")
    top = net.global_pool("pool", top)
    net.stage("pool")
    top = net.inner_product("fc", top, 10)
    net.stage("fc")
    return top


def entry(layers: int) -> ZooNet:
    early = """The paper begins with a rate of 0.01 until the training error is below 80 % (some 400
    iterations), since 0.1 is too much for so deep a net at first: do the same with a copy of the solver, then
    go on from its snapshot."""
    blocks, rounded = (layers - 2) // 6, ROUNDED[layers]
    return ZooNet(
        name=f"resnet{layers}_cifar",
        title=f"ResNet-{layers} for CIFAR-10",
        paper=PAPER,
        text=f"""The paper's study of depth on small images: three groups of {blocks} blocks with 16,
        32 and 64 channels, {layers} layers in all. Shortcuts have no parameters (option A): where the image
        shrinks they take every second pixel, which pooling with a window of 1 x 1 does, and add channels of
        zeros, for which a blob is multiplied by 0. The paper reports {ERRORS[layers]} % errors.""",
        input=(3, 32, 32),
        parameters=PARAMETERS[layers],
        source=f"""a sum over the layers. conv1 has 432 weights and 32 factors and biases, the last layer 640
        weights and 10 biases. With n = {blocks} blocks in a group of c channels, its 2n convolutions have
        9 x c x c weights and 2 x c factors and biases each, but for the first of groups 2 and 3, which sees only
        c / 2 channels: 4,672 n, 18,560 n - 4,608 and 73,984 n - 18,432. In all that is 97,216 n - 21,926. Table 6 of
        the paper and the
        table of akamaster's `pytorch_resnet_cifar10`, which counts in the same way, round it to {rounded} million.""",
        body=partial(cifar_resnet, layers=layers),
        database=PADDED,
        losses=Losses(top5=False),
        solver={
            "test_iter": 100,
            "test_interval": 1000,
            "test_initialization": False,
            "base_lr": 0.1,
            "lr_policy": "multistep",
            "gamma": 0.1,
            "stepvalue": [32000, 48000],
            "max_iter": 64000,
            "momentum": 0.9,
            "weight_decay": 0.0001,
            "display": 100,
            "snapshot": 16000,
        },
        training=f"""As in the paper: batches of 128, rate 0.1 divided by 10 after 32,000 and 48,000 of 64,000
        iterations, momentum 0.9, weight decay 0.0001.{early if layers >= 110 else ""}""",
    )


NETS = [entry(layers) for layers in PARAMETERS]
