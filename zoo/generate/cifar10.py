"""The two nets of Caffe's CIFAR-10 example."""

from __future__ import annotations

from netcc.pycaffe.net_spec import Top
from zoo.generate.net import Database, Losses, ZooNet
from zoo.generate.writer import NetWriter, gaussian

CIFAR10 = Database(
    "CIFAR-10",
    "cifar10_train_lmdb",
    "cifar10_test_lmdb",
    batch=100,
    test_batch=100,
    transform={"mean_value": [125, 123, 114]},
    how="""CIFAR-10 (50,000 images of 32 x 32 to train, 10,000 to test) in `cifar10_train_lmdb` and
    `cifar10_test_lmdb`, colours in the order red, green, blue, as in Caffe's example. The mean of each colour stands in
    for its mean image.""",
    commands="netcc data cifar10 . --full",
)

EXAMPLE = {"test_iter": 100, "base_lr": 0.001, "momentum": 0.9, "weight_decay": 0.004, "lr_policy": "fixed"}

WITHIN_CHANNEL = 1
"""The number of LRNParameter.WITHIN_CHANNEL."""

TWICE = [{"lr_mult": 1}, {"lr_mult": 2}]


def quick(net: NetWriter, data: Top) -> Top:
    top = net.convolution("conv1", data, 32, 5, pad=2, filler=gaussian(0.0001), params=TWICE)
    top = net.relu("relu1", net.max_pool("pool1", top, 3, 2))
    top = net.relu("relu2", net.convolution("conv2", top, 32, 5, pad=2, filler=gaussian(0.01), params=TWICE))
    top = net.average_pool("pool2", top, 3, 2)
    top = net.relu("relu3", net.convolution("conv3", top, 64, 5, pad=2, filler=gaussian(0.01), params=TWICE))
    top = net.average_pool("pool3", top, 3, 2)
    top = net.inner_product("ip1", top, 64, filler=gaussian(0.1), params=TWICE)
    return net.inner_product("ip2", top, 10, filler=gaussian(0.1), params=TWICE)


def full(net: NetWriter, data: Top) -> Top:
    def normalized(name: str, bottom: Top) -> Top:
        return net.lrn(name, bottom, 3, alpha=5e-5, norm_region=WITHIN_CHANNEL)

    top = net.convolution("conv1", data, 32, 5, pad=2, filler=gaussian(0.0001), params=TWICE)
    top = normalized("norm1", net.relu("relu1", net.max_pool("pool1", top, 3, 2)))
    top = net.relu("relu2", net.convolution("conv2", top, 32, 5, pad=2, filler=gaussian(0.01), params=TWICE))
    top = normalized("norm2", net.average_pool("pool2", top, 3, 2))
    top = net.relu("relu3", net.convolution("conv3", top, 64, 5, pad=2, filler=gaussian(0.01), params=[]))
    top = net.average_pool("pool3", top, 3, 2)
    last = [{"lr_mult": 1, "decay_mult": 250}, {"lr_mult": 2, "decay_mult": 0}]
    return net.inner_product("ip1", top, 10, filler=gaussian(0.01), params=last)


PAPER = """A. Krizhevsky: *Learning multiple layers of features from tiny images*, technical report, University of
    Toronto, 2009 (the data); the nets follow his cuda-convnet as Caffe's example `examples/cifar10` carried it
    over."""

NETS = [
    ZooNet(
        name="cifar10_quick",
        title="CIFAR10_quick",
        paper=PAPER,
        text="""Three convolutions of 5 x 5 and two inner products for the ten classes of CIFAR-10: the net of Caffe's
        tutorial that learns in minutes. The first pooling stands before its ReLU, which for a maximum is the same and
        saves work; the others take means.""",
        input=(3, 32, 32),
        parameters=145_578,
        source="the sum over the layers of BVLC Caffe's `examples/cifar10/cifar10_quick.prototxt`: "
        "2,432 + 25,632 + 51,264 + 65,600 + 650.",
        body=quick,
        database=CIFAR10,
        losses=Losses(top5=False),
        solver={**EXAMPLE, "test_interval": 500, "display": 100, "max_iter": 4000, "snapshot": 4000},
        training="""The recipe of Caffe's example: 4,000 iterations of 100 images, 8 passes over the data, to
        about 75 % of the test images. One more pass with a tenth of the rate (a copy of the solver
        with base_lr 0.0001, started with `--snapshot` from the last one) gains another per cent.""",
    ),
    ZooNet(
        name="cifar10_full",
        title="CIFAR10_full",
        paper=PAPER,
        text="""The larger sibling of CIFAR10_quick: response normalization within each channel behind the first two
        poolings, and only one inner product, which decays 250 times as fast as the rest.""",
        input=(3, 32, 32),
        parameters=89_578,
        source="the sum over the layers of BVLC Caffe's `examples/cifar10/cifar10_full.prototxt`: "
        "2,432 + 25,632 + 51,264 + 10,250.",
        body=full,
        database=CIFAR10,
        losses=Losses(top5=False),
        solver={**EXAMPLE, "test_interval": 1000, "display": 200, "max_iter": 60000, "snapshot": 10000},
        training="""The recipe of Caffe's example, which reaches about 81 %: 60,000 iterations, then 5,000 more with a
        tenth of the rate, and 5,000 with a hundredth.""",
    ),
]
