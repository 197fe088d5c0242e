"""Which nets a solver makes of its fields, and what it refuses."""

import pytest
from helpers.solvers import NET, solver_text

from netcc.errors import SolverError
from netcc.solver.solver import Solver
from netcc.types import TEST, TRAIN

FIXED = 'base_lr: 0.1 lr_policy: "fixed" max_iter: 1'


def net_text(name, more=""):
    return NET.replace('"small"', f'"{name}"') + more


@pytest.fixture(autouse=True)
def in_a_folder_of_nets(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("one", "two"):
        (tmp_path / f"{name}.prototxt").write_text(net_text(name))


def names(text, **options):
    """The names of the training net and of the test nets."""
    with Solver(f"{text}\n{FIXED}", **options) as solver:
        return [solver.net.name, *(net.name for net in solver.test_nets)]


def fault(text, **options):
    with pytest.raises(SolverError) as error, Solver(text, **options):
        pass
    return str(error.value)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ('net: "one.prototxt"', ["one"]),
        ('net: "one.prototxt" test_iter: 1 test_interval: 1', ["one", "one"]),
        ('net: "one.prototxt" test_iter: 1 test_iter: 2 test_interval: 1', ["one", "one", "one"]),
        ('train_net: "one.prototxt"', ["one"]),
        ('train_net: "one.prototxt" test_net: "two.prototxt" test_iter: 1 test_interval: 1', ["one", "two"]),
        (
            'net: "one.prototxt" test_net: "two.prototxt" test_iter: 1 test_iter: 1 test_interval: 1',
            ["one", "two", "one"],
        ),
        (f"net_param {{ {net_text('three')} }} test_iter: 1 test_interval: 1", ["three", "three"]),
        (
            f"train_net_param {{ {net_text('three')} }} test_net_param {{ {net_text('four')} }} "
            'test_net: "two.prototxt" test_iter: 1 test_iter: 1 test_interval: 1',
            ["three", "four", "two"],
        ),
    ],
)
def test_the_nets_that_fields_name(fields, expected):
    assert names(fields) == expected


def test_a_net_given_takes_the_place_of_the_one_named():
    assert names('net: "one.prototxt" test_iter: 1 test_interval: 1', net="two.prototxt") == ["two", "two"]
    assert names("test_iter: 1 test_interval: 1", net=net_text("text")) == ["text", "text"]


def test_states_reach_the_nets():
    layers = "".join(
        f'layer {{ name: "{stage}" type: "Silence" bottom: "data" include {{ stage: "{stage}" }} }}' for stage in "abc"
    )
    high = 'layer { name: "high" type: "Silence" bottom: "data" include { min_level: 2 } }'
    text = (
        f'net_param {{ {net_text("staged", layers + high)} state {{ stage: "a" }} }} train_state {{ level: 2 }} '
        'test_state { stage: "b" } test_state { stage: "c" level: 3 } test_iter: 1 test_iter: 1 test_interval: 1'
    )
    with Solver(f"{text}\n{FIXED}") as solver:
        extra = [
            [node.name for node in net.graph.nodes if node.type == "Silence"] for net in (solver.net, *solver.test_nets)
        ]
        assert extra == [["a", "high"], ["a", "b"], ["a", "c", "high"]]
        assert [net.phase for net in (solver.net, *solver.test_nets)] == [TRAIN, TEST, TEST]


def test_a_state_may_set_the_phase():
    with Solver(f'net: "one.prototxt" train_state {{ phase: TEST }}\n{FIXED}') as solver:
        assert solver.net.phase == TEST
        assert "acc" in solver.net.blobs


def test_the_phase_of_the_net_itself_gives_way_to_that_of_the_solver(tmp_path):
    (tmp_path / "own.prototxt").write_text(net_text("own", "state { phase: TEST }"))
    with Solver(f'net: "own.prototxt"\n{FIXED}') as solver:
        assert solver.net.phase == TEST
    with Solver(f'net: "own.prototxt" train_state {{ phase: TRAIN }}\n{FIXED}') as solver:
        assert solver.net.phase == TRAIN


def test_a_net_beside_the_solver_is_found(tmp_path, monkeypatch):
    (tmp_path / "nets").mkdir()
    (tmp_path / "nets/beside.prototxt").write_text(net_text("beside"))
    (tmp_path / "nets/solver.prototxt").write_text(f'net: "beside.prototxt"\n{FIXED}')
    with Solver(tmp_path / "nets/solver.prototxt") as solver:
        assert solver.net.name == "beside"
    (tmp_path / "beside.prototxt").write_text(net_text("here"))
    with Solver(tmp_path / "nets/solver.prototxt") as solver:
        assert solver.net.name == "here"


def test_a_net_that_is_missing(tmp_path):
    (tmp_path / "nets").mkdir()
    path = tmp_path / "nets/solver.prototxt"
    path.write_text(f'net: "missing.prototxt"\n{FIXED}')
    assert fault(path) == (
        f"{path}:1:1: error: the net 'missing.prototxt' does not exist\n"
        '    net: "missing.prototxt"\n'
        "    ^~~~~~~~~~~~~~~~~~~~~~~\n"
        f"  looked for: missing.prototxt and {tmp_path / 'nets/missing.prototxt'}"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            FIXED,
            "error: the solver names no net to train\n  expected one of: net, net_param, train_net, train_net_param",
        ),
        (
            f'net: "one.prototxt"\ntrain_net: "two.prototxt"\n{FIXED}',
            "<text>:2:1: error: the solver names its net to train more than once: net and train_net\n"
            '    train_net: "two.prototxt"\n'
            "    ^~~~~~~~~~~~~~~~~~~~~~~~~",
        ),
        (
            f'train_net: "one.prototxt" test_interval: 1\ntest_iter: 1\n{FIXED}',
            "<text>:2:1: error: 1 test_iter for 0 test nets\n"
            "    test_iter: 1\n"
            "    ^~~~~~~~~~~~\n"
            "  expected one test_iter, the number of batches, for each test net",
        ),
        (
            f'net: "one.prototxt" test_interval: 1\ntest_net: "two.prototxt"\n{FIXED}',
            "<text>:2:1: error: 0 test_iter for 1 test nets\n"
            '    test_net: "two.prototxt"\n'
            "    ^~~~~~~~~~~~~~~~~~~~~~~~\n"
            "  expected one test_iter, the number of batches, for each test net",
        ),
        (
            f'net: "one.prototxt" test_iter: 1 test_iter: 1 test_interval: 1\ntest_state {{ }}\n{FIXED}',
            "<text>:2:1: error: 1 test_state for 2 test nets\n"
            "    test_state { }\n"
            "    ^~~~~~~~~~\n"
            "  expected one for each test net, or none",
        ),
        (
            f'net: "one.prototxt"\ntest_iter: 1\n{FIXED}',
            "<text>:2:1: error: test_iter is given, but test_interval is not\n    test_iter: 1\n    ^~~~~~~~~~~~",
        ),
        (
            solver_text(
                "display: -1\ntest_iter: 0 test_interval: 1\niter_size: 0\ntest_offset: 1", 'net: "one.prototxt"'
            ),
            "<text>:4:1: error: display is -1, but must be at least 0\n"
            "    display: -1\n"
            "    ^~~~~~~~~~~\n"
            "<text>:5:1: error: test_iter is 0, but must be at least 1\n"
            "    test_iter: 0 test_interval: 1\n"
            "    ^~~~~~~~~~~~\n"
            "<text>:6:1: error: iter_size is 0, but must be at least 1\n"
            "    iter_size: 0\n"
            "    ^~~~~~~~~~~~\n"
            "<text>:7:1: error: test_offset is not supported\n"
            "    test_offset: 1\n"
            "    ^~~~~~~~~~~~~~\n"
            "  it is a field of intel/caffe: tests would come at other iterations",
        ),
        (
            'net: "one.prototxt"\nbase_lr: 1 lr_policy: "steps" type: "Sgd"',
            "<text>:2:12: error: unknown lr_policy 'steps'\n"
            '    base_lr: 1 lr_policy: "steps" type: "Sgd"\n'
            "               ^~~~~~~~~~~~~~~~~~\n"
            "  expected one of: fixed, step, exp, inv, multistep, poly, sigmoid, plateau, multifixed, cosine\n"
            "  did you mean 'step'?\n"
            "<text>:2:31: error: unknown solver type 'Sgd'\n"
            '    base_lr: 1 lr_policy: "steps" type: "Sgd"\n'
            "                                  ^~~~~~~~~~~\n"
            "  expected one of: SGD, LARS, Nesterov, AdaGrad, RMSProp, AdaDelta, Adam, AdamW\n"
            "  did you mean 'SGD'?",
        ),
    ],
)
def test_faults_of_fields(text, message):
    assert fault(text) == message


def test_the_gpu_is_warned_about_once():
    with Solver(solver_text("solver_mode: GPU")) as solver:
        (warning,) = solver.warnings
    assert warning.severity == "warning"
    assert warning.message == "solver_mode: GPU is not followed; netcc computes on the CPU"
    assert warning.span is not None


@pytest.mark.parametrize("mode", ["solver_mode: CPU", ""])
def test_without_a_gpu_there_is_nothing_to_warn_about(mode):
    with Solver(solver_text(mode)) as solver:
        assert solver.warnings == []
