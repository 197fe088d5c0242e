"""Every field of SolverParameter: it has an effect, is refused, is warned about, or says nothing on one machine."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from helpers.recorder import Recorder
from helpers.solvers import NET

from netcc.errors import SolverError
from netcc.runtime.net import Net
from netcc.schema.caffe_pb2 import SolverParameter
from netcc.solver.events import Inspected, Listener
from netcc.solver.fork_fields import PASSED_OVER, REFUSED
from netcc.solver.solver import Solver
from netcc.types import TRAIN

STAGED = NET + 'layer { name: "quiet" type: "Silence" bottom: "data" include { stage: "extra" } }'
BASE = {
    "net": '"net.prototxt"',
    "base_lr": "0.1",
    "lr_policy": '"fixed"',
    "max_iter": "4",
    "random_seed": "1",
    "snapshot_after_train": "false",
}
TESTED = {"test_iter": "2", "test_interval": "2"}
SAVED = {"snapshot_after_train": "true"}


@pytest.fixture(autouse=True)
def in_a_folder_of_nets(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("net.prototxt").write_text(STAGED)
    Path("other.prototxt").write_text(STAGED.replace('"small"', '"other"'))
    with Net(NET, TRAIN, seed=9) as net:
        net.save("given.caffemodel")


def solver_of(fields, *listeners):
    """A solver whose text has `fields` over the base; None leaves a field out, a list repeats it."""
    lines = []
    for name, value in {**BASE, **fields}.items():
        values = value if isinstance(value, list) else [value]
        lines += [f"{name}: {one}" if not one.startswith("{") else f"{name} {one}" for one in values if one is not None]
    return Solver("\n".join(lines) + "\n", listeners=listeners)


class Seen(Recorder):
    """Everything that is told, in words."""

    def __init__(self):
        super().__init__()
        self.inspected = []
        self.losses_of_tests = []
        self.batches = []

    def on_inspect(self, event: Inspected) -> None:
        self.inspected.append((event.stage, event.layer))

    def on_test(self, event) -> None:
        super().on_test(event)
        self.losses_of_tests.append(event.loss)

    def on_test_start(self, event) -> None:
        self.batches.append(event.batches)


def run(fields):
    seen = Seen()
    with solver_of(fields, seen) as solver:
        solver.solve()
    return seen, solver


def parameters(fields):
    _, solver = run(fields)
    return b"".join(array.tobytes() for array in solver.net.parameter_arrays().values())


def first_parameters(fields):
    with solver_of(fields) as solver:
        return b"".join(array.tobytes() for array in solver.net.parameter_arrays().values())


def rates(fields):
    return run(fields)[0].rates


def events(fields):
    return [(event["event"], event.get("iter")) for event in run(fields)[0].events]


def displayed(fields):
    return [event["loss"] for event in run(fields)[0].events if event["event"] == "train"]


def nets(fields):
    with solver_of(fields) as solver:
        return [(net.name, [node.name for node in net.graph.nodes]) for net in (solver.net, *solver.test_nets)]


def files(fields):
    before = set(Path().iterdir())
    run(fields)
    made = set(Path().iterdir()) - before
    sizes = {path.name: path.stat().st_size for path in made if "resume" not in path.name}
    for path in made:
        path.unlink()
    return sizes


def warnings(fields):
    with solver_of(fields) as solver:
        return [warning.message for warning in solver.warnings]


IN_PLACE = "{ " + NET.replace("\n", " ") + " }"
RMS = {"type": '"RMSProp"'}
ADAM = {"type": '"Adam"', "momentum": "0.9"}
SGD = {"momentum": "0.9"}
RAMP = {"momentum_policy": '"poly"', "max_momentum": "0.9"}
DECAY = {"weight_decay": "0.1", "weight_decay_policy": '"poly"', "max_weight_decay": "0.9"}
PLATEAU = {"lr_policy": '"plateau"', "gamma": "0.5", "plateau_winsize": ["1", "1"]}
MULTIFIXED = {"lr_policy": '"multifixed"', "stagelr": ["0.5", "0.25"], "stageiter": ["1", "2"]}

EFFECTS = {
    # field: how it is seen, fields around it, one value, another value
    "net": (nets, {}, '"net.prototxt"', '"other.prototxt"'),
    "net_param": (nets, {"net": None}, IN_PLACE, IN_PLACE.replace('"small"', '"else"')),
    "train_net": (nets, {"net": None}, '"net.prototxt"', '"other.prototxt"'),
    "train_net_param": (nets, {"net": None}, IN_PLACE, IN_PLACE.replace('"small"', '"else"')),
    "test_net": (nets, TESTED, None, '"other.prototxt"'),
    "test_net_param": (nets, TESTED, None, IN_PLACE.replace('"small"', '"else"')),
    "train_state": (nets, {}, None, '{ stage: "extra" }'),
    "test_state": (nets, TESTED, None, '{ stage: "extra" }'),
    "weights": (first_parameters, {}, None, '"given.caffemodel"'),
    "max_iter": (rates, {}, "2", "3"),
    "iter_size": (parameters, {}, "1", "2"),
    "display": (events, {}, "1", "2"),
    "average_loss": (displayed, {"display": "1"}, "1", "3"),
    "debug_info": (lambda fields: run(fields)[0].inspected, {"display": "2"}, "false", "true"),
    "test_iter": (lambda fields: run(fields)[0].batches, {"test_interval": "2"}, "1", "3"),
    "test_interval": (events, {"test_iter": "1"}, "1", "2"),
    "test_initialization": (events, TESTED, "true", "false"),
    "test_compute_loss": (lambda fields: run(fields)[0].losses_of_tests, TESTED, "false", "true"),
    "lr_policy": (rates, {"gamma": "0.5", "power": "1"}, '"exp"', '"inv"'),
    "base_lr": (rates, {}, "0.1", "0.2"),
    "gamma": (rates, {"lr_policy": '"exp"'}, "0.5", "0.25"),
    "power": (rates, {"lr_policy": '"poly"'}, "1", "2"),
    "stepsize": (rates, {"lr_policy": '"step"', "gamma": "0.5"}, "1", "2"),
    "stepvalue": (rates, {"lr_policy": '"multistep"', "gamma": "0.5"}, ["1"], ["1", "2"]),
    "type": (parameters, SGD, '"SGD"', '"Nesterov"'),
    "solver_type": (parameters, SGD, "SGD", "NESTEROV"),
    "momentum": (parameters, {}, "0", "0.9"),
    "momentum2": (parameters, ADAM, "0.9", "0.5"),
    "rms_decay": (parameters, RMS, "0.9", "0.5"),
    "delta": (parameters, RMS, "1e-8", "0.5"),
    "weight_decay": (parameters, {}, "0", "0.5"),
    "regularization_type": (parameters, {"weight_decay": "0.5"}, '"L1"', '"L2"'),
    "clip_gradients": (parameters, {}, "-1", "0.01"),
    "snapshot": (files, {}, "0", "3"),
    "snapshot_prefix": (files, SAVED, '"one"', '"two"'),
    "snapshot_diff": (files, SAVED, "false", "true"),
    "snapshot_format": (files, SAVED, "BINARYPROTO", "HDF5"),
    "snapshot_after_train": (files, {}, "false", "true"),
    "solver_mode": (warnings, {}, "CPU", "GPU"),
    "random_seed": (first_parameters, {}, "1", "2"),
    # forks
    "plateau_winsize": (rates, PLATEAU, ["1", "1"], ["100"]),
    "stagelr": (rates, MULTIFIXED, ["0.5", "0.25"], ["0.5", "0.125"]),
    "stageiter": (rates, MULTIFIXED, ["1", "2"], ["0", "2"]),
    "rampup_interval": (rates, {}, "0", "3"),
    "rampup_lr": (rates, {"rampup_interval": "3"}, "0", "0.05"),
    "min_lr": (rates, {"lr_policy": '"poly"', "power": "1"}, "0", "0.05"),
    "momentum_policy": (parameters, {"max_momentum": "0.5"}, '"poly"', '"opt"'),
    "max_momentum": (parameters, RAMP, "0.5", "0.9"),
    "momentum_power": (parameters, RAMP, "1", "2"),
    "larc": (parameters, {}, "false", "true"),
    "larc_policy": (parameters, {"larc": "true", "larc_eta": "0.1"}, '"scale"', '"clip"'),
    "larc_eta": (parameters, {"larc": "true"}, "0.1", "0.2"),
    "weight_decay_policy": (parameters, {"weight_decay": "0.1", "max_weight_decay": "0.9"}, '"fixed"', '"poly"'),
    "weight_decay_power": (parameters, DECAY, "1", "2"),
    "max_weight_decay": (parameters, DECAY, "0.5", "0.9"),
    "warmup_iter": (rates, {}, "0", "3"),
    "warmup_start_lr": (rates, {"warmup_iter": "3"}, "0", "0.05"),
    "local_lr_auto": (parameters, {}, "false", "true"),
    "local_gw_ratio": (parameters, {"local_lr_auto": "true"}, "0.1", "0.2"),
}
ON_DETECTIONS = {"eval_type", "ap_version", "show_per_class_result"}
"""Seen in test_detection.py and below."""

NOTHING = {
    "device_id": ("0", "1"),
    "layer_wise_reduce": ("true", "false"),
}
"""Fields that say nothing on one machine without a GPU, in Caffe as well."""

REFUSED_VALUES = {
    "disabled_update": "true",
    "test_offset": "1",
    "test_and_snapshot_last_epochs": "1",
    "clamp_weights_lower": "-1",
    "clamp_weights_upper": "1",
    "clip_weights": "1",
    "larc_turbo": "true",
}
PASSED_OVER_VALUES = {
    "solver_data_type": "FLOAT16",
    "store_blobs_in_old_format": "true",
    "engine": '"MKL2017"',
    "group_id": "0",
    "richness": "1",
}


def test_every_field_is_accounted_for():
    accounts = [*EFFECTS, *ON_DETECTIONS, *NOTHING, *REFUSED_VALUES, *PASSED_OVER_VALUES]
    assert len(accounts) == len(set(accounts))
    assert set(accounts) == {field.name for field in SolverParameter.DESCRIPTOR.fields}
    assert set(REFUSED_VALUES) == set(REFUSED) | {"larc_turbo"}
    assert set(PASSED_OVER_VALUES) == set(PASSED_OVER)


@pytest.mark.parametrize("field", EFFECTS)
def test_a_field_has_an_effect(field):
    see, around, one, other = EFFECTS[field]
    first, again, second = (see({**around, field: value}) for value in (one, one, other))
    assert first == again
    assert first != second


@pytest.mark.parametrize("field", NOTHING)
def test_a_field_says_nothing(field):
    one, other = NOTHING[field]
    assert parameters({field: one}) == parameters({field: other})
    assert warnings({field: other}) == []


@pytest.mark.parametrize("field", REFUSED_VALUES)
def test_a_field_is_refused(field):
    with pytest.raises(SolverError) as error:
        solver_of({"larc": "true", field: REFUSED_VALUES[field]})
    assert error.value.message == f"{field} is not supported"
    assert error.value.diagnostics[0].span is not None


@pytest.mark.parametrize("field", PASSED_OVER_VALUES)
def test_a_field_is_passed_over_with_a_warning(field):
    (message,) = warnings({field: PASSED_OVER_VALUES[field]})
    assert message == f"{field} is not followed; {PASSED_OVER[field]}"


def test_eval_type_asks_for_detections():
    from netcc.errors import DataError

    with pytest.raises(DataError) as error:
        run({**TESTED, "eval_type": '"detection"'})
    assert error.value.message == "output 'acc' of the test net is scalar; detections have rows of 5"


def test_defaults_of_fork_fields_are_taken_without_a_word():
    assert warnings({"clip_weights": "-1", "disabled_update": "false", "engine": '""', "test_offset": "0"}) == []


def test_several_test_nets_have_their_own_batches_and_stages():
    seen, solver = run({"test_iter": ["1", "3"], "test_interval": "4", "test_state": ["{ }", '{ stage: "extra" }']})
    assert seen.batches == [1, 3] * 2
    assert ["quiet" in [node.name for node in net.graph.nodes] for net in solver.test_nets] == [False, True]
    assert [event["net"] for event in seen.events if event["event"] == "test"] == [0, 1] * 2


def test_the_loss_of_a_test_is_the_mean_of_its_batches():
    seen, _ = run({**TESTED, "test_compute_loss": "true"})
    shown = [{name: value for name, value, *_ in event["outputs"]} for event in seen.events]
    np.testing.assert_allclose(seen.losses_of_tests, [outputs["loss"] for outputs in shown], rtol=1e-6)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"momentum_policy": '"polly"'}, "unknown momentum_policy 'polly'"),
        ({"momentum_policy": '"poly"', **ADAM}, "momentum_policy 'poly' is for SGD and LARS, not Adam"),
        ({"weight_decay_policy": '"step"'}, "unknown weight_decay_policy 'step'"),
        ({"larc": "true", "larc_policy": '"cut"'}, "unknown larc_policy 'cut'"),
        ({"larc": "true", "local_lr_auto": "true"}, "larc and local_lr_auto exclude each other"),
        ({"larc": "true", "type": '"LARS"'}, 'larc and type: "LARS" exclude each other'),
        ({"warmup_iter": "-1"}, "warmup_iter is -1, but must be at least 0"),
        ({"solver_type": "SAG"}, "unknown solver type 'SAG'"),
    ],
)
def test_faults_of_fork_fields(fields, message):
    with pytest.raises(SolverError) as error:
        solver_of(fields)
    assert error.value.message == message


def test_listeners_that_care_for_nothing_hear_debug_info_too():
    with solver_of({"debug_info": "true", "display": "1"}, Listener()) as solver:
        solver.step(1)
        assert solver.iter == 1
