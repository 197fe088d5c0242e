"""AlexNet, CaffeNet and Network in Network: the first ImageNet nets."""

from __future__ import annotations

from typing import Any

from netcc.pycaffe.net_spec import Top
from zoo.generate.net import ZooNet, imagenet
from zoo.generate.writer import NetWriter, gaussian

SMALL, SMALLER = gaussian(0.01), gaussian(0.005)


def alexnet(net: NetWriter, data: Top) -> Top:
    """The layers of 2012: each of the first two convolutions is normalized, then pooled."""

    def normalized(number: int, bottom: Top) -> Top:
        return net.max_pool(f"pool{number}", net.lrn(f"norm{number}", bottom, k=2), 3, 2)

    top = net.relu("relu1", net.convolution("conv1", data, 96, 11, stride=4, filler=SMALL, bias_value=0))
    top = normalized(1, top)
    top = net.convolution("conv2", top, 256, 5, pad=2, group=2, filler=SMALL, bias_value=1)
    top = normalized(2, net.relu("relu2", top))
    return _upper(net, top, bias=1)


def caffenet(net: NetWriter, data: Top) -> Top:
    """As AlexNet, but pooled before it is normalized, which takes a quarter of the work."""

    def normalized(number: int, bottom: Top) -> Top:
        return net.lrn(f"norm{number}", net.max_pool(f"pool{number}", bottom, 3, 2))

    top = net.relu("relu1", net.convolution("conv1", data, 96, 11, stride=4, filler=SMALL, bias_value=0))
    top = normalized(1, top)
    top = net.convolution("conv2", top, 256, 5, pad=2, group=2, filler=SMALL, bias_value=1)
    top = normalized(2, net.relu("relu2", top))
    return _upper(net, top, bias=1)


def _upper(net: NetWriter, top: Top, bias: float) -> Top:
    top = net.relu("relu3", net.convolution("conv3", top, 384, 3, pad=1, filler=SMALL, bias_value=0))
    for number, outputs in ((4, 384), (5, 256)):
        top = net.convolution(f"conv{number}", top, outputs, 3, pad=1, group=2, filler=SMALL, bias_value=bias)
        top = net.relu(f"relu{number}", top)
    top = net.max_pool("pool5", top, 3, 2)
    for number in (6, 7):
        top = net.relu(f"relu{number}", net.inner_product(f"fc{number}", top, 4096, filler=SMALLER, bias_value=bias))
        top = net.dropout(f"drop{number}", top)
    return net.inner_product("fc8", top, 1000, filler=SMALL, bias_value=0)


def nin(net: NetWriter, data: Top) -> Top:
    """Each convolution is followed by two of 1 x 1: a small net within the net at every place."""

    def block(number: int, name: str, bottom: Top, outputs: int, kernel: int, **fields: Any) -> Top:
        top = net.relu(f"relu_{name}", net.convolution(name, bottom, outputs, kernel, **fields))
        for inner in (2 * number - 1, 2 * number):
            last = inner == 8
            std, classes = (0.01 if last else 0.05), (1000 if last else outputs)
            top = net.convolution(f"cccp{inner}", top, classes, 1, filler=gaussian(std))
            top = net.relu(f"relu_cccp{inner}", top)
        return top

    top = net.max_pool("pool1", block(1, "conv1", data, 96, 11, stride=4, filler=gaussian(0.01)), 3, 2)
    top = net.max_pool("pool2", block(2, "conv2", top, 256, 5, pad=2, filler=gaussian(0.05)), 3, 2)
    top = net.max_pool("pool3", block(3, "conv3", top, 384, 3, pad=1, filler=gaussian(0.01)), 3, 2)
    top = block(4, "conv4", net.dropout("drop", top), 1024, 3, pad=1, filler=gaussian(0.05))
    return net.global_pool("pool4", top)


STEPS = {
    "test_iter": 1000,
    "test_interval": 1000,
    "base_lr": 0.01,
    "lr_policy": "step",
    "gamma": 0.1,
    "stepsize": 100000,
    "max_iter": 450000,
    "momentum": 0.9,
    "weight_decay": 0.0005,
    "display": 20,
    "snapshot": 10000,
}

RECIPE = """SGD with momentum 0.9 and weight decay 0.0005, as in the paper. There the batch was 128 and the rate
was divided by 10 by hand, three times in about 90 passes over the data; here it is 256 images for 450,000
iterations, divided each 100,000, the recipe of BVLC's reference models. The mean image of the paper is a mean
colour here."""

PAPER = (
    "A. Krizhevsky, I. Sutskever, G. E. Hinton: *ImageNet classification with deep convolutional neural networks*, "
    "NIPS 2012."
)

NETS = [
    ZooNet(
        name="alexnet",
        title="AlexNet",
        paper=PAPER,
        text="""The net that began the present: five convolutions and three inner products trained on GPUs, with
        ReLUs, overlapping pooling (3 x 3, stride 2), response normalization across channels, dropout, and
        images that are mirrored and cut at random places. The three groups of two are the two GPUs of the
        paper.

        The image is 227 x 227: with the 224 of the paper its own 55 x 55 would not come out. Response
        normalization has k = 2, n = 5, alpha = 0.0001, beta = 0.75; Caffe divides alpha by n, as the authors'
        program did. Biases begin at 1 in conv2, conv4, conv5, fc6 and fc7, so that their ReLUs have something
        to learn from at once.""",
        input=(3, 227, 227),
        parameters=60_965_224,
        source="the paper's layer sizes, 34,944 + 307,456 + 885,120 + 663,936 + 442,624 + 37,752,832 + 16,781,312 + "
        "4,097,000; it speaks of 60 million.",
        body=alexnet,
        database=imagenet(227, 256),
        solver=STEPS,
        training=RECIPE,
    ),
    ZooNet(
        name="caffenet",
        title="CaffeNet",
        paper=f"{PAPER} The variant is that of Y. Jia et al.: *Caffe: Convolutional architecture for fast feature "
        "embedding*, ACM Multimedia 2014.",
        text="""AlexNet with pooling before response normalization rather than behind it, and k = 1: the net that came
        with Caffe and that a generation of work was fine-tuned from.""",
        input=(3, 227, 227),
        parameters=60_965_224,
        source="BVLC's `models/bvlc_reference_caffenet`; the layers that learn are AlexNet's.",
        body=caffenet,
        database=imagenet(227, 256),
        solver=STEPS,
        training=RECIPE,
    ),
    ZooNet(
        name="nin",
        title="NIN",
        paper="M. Lin, Q. Chen, S. Yan: *Network in network*, ICLR 2014.",
        text="""Behind each convolution stand two of 1 x 1, which the authors call cascaded cross channel parametric
        pooling: a perceptron with two layers that slides over the image. And where others ended in millions of
        weights between maps and classes, here each class has one map, and its score is the mean of the map. Both
        ideas live in nearly every net since. This is the authors' net for ImageNet.""",
        input=(3, 227, 227),
        parameters=7_595_176,
        source="""the sum over the layers of the authors' ImageNet model in Caffe's model zoo: 34,944 + 2 x
        9,312 + 614,656 + 2 x 65,792 + 885,120 + 2 x 147,840 + 3,539,968 + 1,049,600 + 1,025,000; its weights
        file has 29 MB.""",
        body=nin,
        database=imagenet(227, 64),
        solver={**STEPS, "stepsize": 200000, "average_loss": 20},
        training="""SGD with momentum as the authors published it for Caffe: batches of 64, rate 0.01 divided by
        10 each 200,000 of 450,000 iterations, dropout before the last block.""",
    ),
]
