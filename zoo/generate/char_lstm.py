"""A small net that writes: one letter after the other."""

from __future__ import annotations

from typing import Any

from netcc.pycaffe import layers as L  # noqa: N812
from netcc.pycaffe.net_spec import Top
from netcc.schema import caffe_pb2
from zoo.generate.net import ZooNet
from zoo.generate.writer import NetWriter

LETTERS, EMBEDDED, UNITS = 65, 64, 128
STEPS, STREAMS = 50, 50
"""Letters of each pass, and texts that are read side by side."""

UNIFORM = {"type": "uniform", "min": -0.08, "max": 0.08}


def char_lstm(net: NetWriter, data: Top, cont: Top) -> Top:
    """Letters (T, N) to scores (T, N, letters); `cont` is 0 where a text begins."""

    def filler(**more: Any) -> dict[str, Any]:
        return {"weight_filler": UNIFORM, **more} if net.training else {}

    zero = {"bias_filler": {"type": "constant"}}
    top = net.add("embed", L.Embed(data, input_dim=LETTERS, num_output=EMBEDDED, bias_term=False, **filler()))
    for number in (1, 2):
        cell = {"num_output": UNITS, **filler(**zero)}
        top = net.add(f"lstm{number}", L.LSTM(top, cont, recurrent_param=cell))
    return net.add("score", L.InnerProduct(top, num_output=LETTERS, axis=2, **filler(**zero)))


def fields(part: str) -> dict[str, Any]:
    return {"hdf5_data_param": {"source": f"text_{part}.txt", "batch_size": STEPS}}


def train(net: NetWriter) -> list[Any]:
    spec = net.spec
    data = L.HDF5Data(ntop=3, include={"phase": caffe_pb2.TRAIN}, **fields("train"))
    spec.data, spec.cont, spec.label = data
    scores = char_lstm(net, spec.data, spec.cont)
    net.add("loss", L.SoftmaxWithLoss(scores, spec.label, softmax_param={"axis": 2}))
    net.add("accuracy", L.Accuracy(scores, spec.label, axis=2, include={"phase": caffe_pb2.TEST}))
    return [fields("test")]


def deploy(net: NetWriter) -> None:
    data = net.add("data", L.Input(shape={"dim": [STEPS, 1]}))
    cont = net.add("cont", L.Input(shape={"dim": [STEPS, 1]}))
    net.add("prob", L.Softmax(char_lstm(net, data, cont), axis=2))


NETS = [
    ZooNet(
        name="char_lstm",
        title="char-LSTM",
        paper="""S. Hochreiter, J. Schmidhuber: *Long short-term memory*, Neural Computation 9(8), 1997; as a
        writer of letters after A. Karpathy: *The unreasonable effectiveness of recurrent neural networks*,
        2015.""",
        text="""Reads a text letter by letter and says which comes next: an embedding, two LSTMs of 128 units,
        and an inner product for each of 65 letters. Blobs are (time, text): 50 letters of 50 texts side by
        side. `cont` is 0 where a text begins and 1 elsewhere; a pass begins where the last one ended if its
        first row is 1. To write, give one letter at a time (`--input data=1,1`), draw the next from `prob`, and
        give it back.""",
        input=(STEPS, 1),
        parameters=242_945,
        source="""the sum over the layers: 65 x 64 + (4 x 128 x 64 + 512 + 4 x 128 x 128) + (2 x 4 x 128 x 128 +
        512) + 128 x 65 + 65. Karpathy's net of 2 x 128 units takes letters without an embedding and has
        240,321.""",
        deploy=deploy,
        train=train,
        data_shapes={"data": (STEPS, 2), "cont": (STEPS, 2), "label": (STEPS, 2)},
        solver={
            "test_iter": 40,
            "test_interval": 1000,
            "type": "RMSProp",
            "rms_decay": 0.95,
            "delta": 1e-8,
            "base_lr": 0.002,
            "lr_policy": "step",
            "gamma": 0.97,
            "stepsize": 423,
            "max_iter": 21150,
            "clip_gradients": 5,
            "average_loss": 20,
            "display": 100,
            "snapshot": 5000,
        },
        training="""Data: HDF5 files named in `text_train.txt` and `text_test.txt`, with the arrays `data` (the
        numbers of the letters), `cont` and `label` (the letters that follow), each of rows of time by 50 texts:
        cut a long text into 50 pieces and let each be a column. 65 letters are those of the collected
        Shakespeare that Karpathy used.

        Steps of 50 letters, RMSProp with decay 0.95, rate 0.002 that falls by 3 % every pass over the data (423
        iterations) as Karpathy has it from the tenth on, 50 passes. Caffe clips the norm of all gradients at 5
        rather than each of them.""",
    ),
]
