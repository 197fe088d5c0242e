"""Nets for the digits of MNIST: LeNet-5 as its paper has it, and the perceptron of every tutorial since."""

from __future__ import annotations

from netcc.pycaffe import layers as L  # noqa: N812
from netcc.pycaffe.net_spec import Top
from zoo.generate.net import Database, Losses, ZooNet
from zoo.generate.writer import XAVIER, NetWriter

AMPLITUDE, SLOPE = 1.7159, 2 / 3
"""The squashing function of the paper is 1.7159 tanh(2/3 x): it maps 1 to 1 and is steepest at 0."""


def digits(batch: int) -> Database:
    return Database(
        "MNIST",
        "mnist_train_lmdb",
        "mnist_test_lmdb",
        batch,
        100,
        {"scale": 0.00390625},
        how="""MNIST in `mnist_train_lmdb` and `mnist_test_lmdb`, made from the 7,000 digits that come with netcc;
        `--full` takes all 70,000.""",
        commands="netcc data mnist .",
    )


def lenet5(net: NetWriter, data: Top) -> Top:
    def squash(name: str, bottom: Top) -> Top:
        top = net.add(f"{name}/slope", L.Power(bottom, scale=SLOPE, in_place=True))
        top = net.add(f"{name}/tanh", L.TanH(top, in_place=True))
        return net.add(f"{name}/amplitude", L.Power(top, scale=AMPLITUDE, in_place=True))

    def subsample(name: str, bottom: Top) -> Top:
        """A mean of 2 x 2, times one coefficient and plus one bias for each map."""
        top = net.add(f"{name}/scale", L.Scale(net.average_pool(name, bottom, 2, 2), bias_term=True, in_place=True))
        return squash(name, top)

    border = 2 if net.training else 0  # the database has 28 x 28 pixels; two more on each side make them 32 x 32
    top = squash("C1", net.convolution("C1", data, 6, 5, pad=border, filler=XAVIER, params=[]))
    net.stage("C1, 6 maps by 5 x 5")
    top = subsample("S2", top)
    net.stage("S2, means of 2 x 2")
    top = squash("C3", net.convolution("C3", top, 16, 5, filler=XAVIER, params=[]))
    net.stage("C3, 16 maps by 5 x 5")
    top = subsample("S4", top)
    net.stage("S4, means of 2 x 2")
    top = squash("C5", net.convolution("C5", top, 120, 5, filler=XAVIER, params=[]))
    net.stage("C5, 120 maps by 5 x 5")
    top = squash("F6", net.inner_product("F6", top, 84, filler=XAVIER, params=[]))
    net.stage("F6, full")
    top = net.inner_product("output", top, 10, filler=XAVIER, params=[])
    net.stage("output, full")
    return top


def mlp(net: NetWriter, data: Top) -> Top:
    glorot = {"type": "xavier", "variance_norm": 2}  # AVERAGE: of inputs and outputs
    top = net.relu("relu1", net.inner_product("fc1", data, 512, filler=glorot, params=[]))
    return net.inner_product("fc2", net.dropout("drop1", top, 0.2), 10, filler=glorot, params=[])


NETS = [
    ZooNet(
        name="lenet5",
        title="LeNet-5",
        paper="""Y. LeCun, L. Bottou, Y. Bengio, P. Haffner: *Gradient-based learning applied to document
        recognition*, Proceedings of the IEEE 86(11), 1998.""",
        text="""The net of 1998, layer by layer under the paper's names: an image of 32 x 32, convolutions C1,
        C3 and C5 with subsampling S2 and S4 between them, and two full layers. Subsampling is a mean of 2 x 2
        with one coefficient and one bias for each map; the squashing function is 1.7159 tanh(2/3 x).

        Two things are simplified. In the paper each of the 16 maps of C3 sees 3, 4 or all 6 maps of S2 by a
        sparse table, with 1,516 parameters; here each sees all, with 2,416. And its output layer measures
        distances to fixed pictures of the characters; here it is an inner product (850 parameters) with a
        softmax. With these 900 and 850 the paper's 60,000 become 61,750. Caffe's tutorial knows another LeNet,
        which is [here too](../lenet).""",
        input=(1, 32, 32),
        parameters=61_750,
        source="""the paper: 156 + 12 + 1,516 + 32 + 48,120 + 10,164 = 60,000 (section II.B), plus the 900 and 850
        explained above.""",
        body=lenet5,
        database=digits(64),
        losses=Losses(top5=False),
        data_shapes={"data": (2, 1, 28, 28)},
        solver={
            "test_iter": 100,
            "test_interval": 500,
            "base_lr": 0.01,
            "lr_policy": "poly",
            "power": 1,
            "momentum": 0.9,
            "max_iter": 18750,
            "display": 100,
        },
        training="""The images have 28 x 28 pixels; for training C1 pads them to 32 x 32. 20 passes over the
        60,000 images as in the paper, but with plain SGD: its diagonal Levenberg-Marquardt method, which gives
        each weight a rate of its own, has no counterpart in Caffe. Its initial weights, between -2.4 / F and 2.4 /
        F for F inputs, are too small for plain SGD and are replaced by those of Glorot and Bengio.""",
    ),
    ZooNet(
        name="mlp",
        title="MLP",
        paper="""The perceptron with one hidden layer, as in D. E. Rumelhart, G. E. Hinton, R. J. Williams: *Learning
        representations by back-propagating errors*, Nature 323, 1986; sizes are those of the first tutorial of Keras
        and TensorFlow.""",
        text="""784 pixels, 512 hidden units with ReLU and dropout of 0.2, ten classes: the first net that most people
        train.""",
        input=(1, 28, 28),
        parameters=407_050,
        source="""TensorFlow's tutorial *Save and load models*, which prints the summary of this net: 401,920 +
        5,130 = (784 + 1) x 512 + (512 + 1) x 10.""",
        body=mlp,
        database=digits(32),
        losses=Losses(top5=False),
        solver={
            "test_iter": 100,
            "test_interval": 1875,
            "type": "Adam",
            "base_lr": 0.001,
            "momentum": 0.9,
            "momentum2": 0.999,
            "delta": 1e-7,
            "lr_policy": "fixed",
            "max_iter": 9375,
            "display": 375,
        },
        training="""As in the tutorial: Adam with its usual constants, five passes over the 60,000 images in
        batches of 32, to about 98 %.""",
    ),
]
