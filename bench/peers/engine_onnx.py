"""ONNX Runtime as a peer, for inference."""

from __future__ import annotations

import numpy as np
import onnxruntime

from bench.peers.engine import Engine, Job, NotAvailable, Result
from bench.peers.nets import inference_net, shaped
from bench.peers.numbers import fill, inputs, parameters, read_statistics, sample
from bench.peers.onnx_net import onnx_model
from bench.peers.operators import translate


def make(job: Job) -> Engine:
    if job.training:
        raise NotAvailable("ONNX Runtime infers only")
    return Inference(job)


class Inference:
    def __init__(self, job: Job) -> None:
        graph = shaped(inference_net(job.case), job.case, training=False)
        statistics, weights = read_statistics(job.statistics), {}
        for name, parameter in parameters(graph).items():
            weights[name] = np.empty(parameter.shape, np.float32)
            fill(parameter, weights[name], statistics)
        program = translate(graph)
        shapes = [value.shape for value in graph.outputs()]
        model = onnx_model(program, weights, graph.inputs()[0].shape, shapes)
        choices = onnxruntime.SessionOptions()
        choices.intra_op_num_threads, choices.inter_op_num_threads = job.threads, 1
        # Threads that go on spinning after a pass would take the processors of the next peer.
        choices.add_session_config_entry("session.force_spinning_stop", "1")
        choices.add_session_config_entry("session.intra_op.allow_spinning", "0" if job.sleep else "1")
        choices.log_severity_level = 3
        self.session = onnxruntime.InferenceSession(model, choices, providers=["CPUExecutionProvider"])
        self.feed = {str(program.inputs[0]): inputs(job.case)[0]}

    def step(self) -> None:
        self.outputs = self.session.run(None, self.feed)

    def result(self) -> Result:
        self.step()
        return Result({str(place): sample(output) for place, output in enumerate(self.outputs)})
