"""Learning rates against those of real Caffe, and against the formulas."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from google.protobuf import text_format
from hypothesis import given
from hypothesis import strategies as st

from netcc.errors import SolverError
from netcc.schema.caffe_pb2 import SolverParameter
from netcc.solver.policies import Progress
from netcc.solver.schedule import make_schedule, policy_names

GOLDEN = Path(__file__).parents[1] / "golden/solvers"
META = json.loads((GOLDEN / "meta.json").read_text())


def schedule(text):
    return make_schedule(text_format.Parse(text, SolverParameter()))


def rates(made, iterations, step=0, losses=None):
    progress, found = Progress(step), []
    for iteration, loss in zip(iterations, losses or [math.nan] * len(iterations), strict=True):
        progress = made.advance(iteration, progress, loss)
        found.append(made.rate(iteration, progress))
    return found


@pytest.mark.parametrize("name", [case["name"] for case in META["cases"]])
def test_rates_of_real_caffe(name):
    param = text_format.Parse((GOLDEN / f"{name}.solver.prototxt").read_text(), SolverParameter())
    expected = np.load(GOLDEN / f"{name}.npz")["lr"]
    relative, absolute = META["tolerance"]["lr"]
    np.testing.assert_allclose(rates(make_schedule(param), range(10)), expected, rtol=relative, atol=absolute)


def test_the_golden_cases_cover_every_policy():
    assert {case["policy"] for case in META["cases"]} == set(policy_names()) - {"plateau", "multifixed", "cosine"}


def test_multistep_moves_one_step_an_iteration():
    made = schedule('base_lr: 1 lr_policy: "multistep" gamma: 0.5 stepvalue: 2 stepvalue: 2 stepvalue: 3')
    assert rates(made, range(6)) == [1, 1, 0.5, 0.25, 0.125, 0.125]


def test_multistep_continues_from_the_saved_step():
    made = schedule('base_lr: 1 lr_policy: "multistep" gamma: 0.5 stepvalue: 2 stepvalue: 4')
    assert rates(made, [10, 11, 12], step=0) == [0.5, 0.25, 0.25]
    assert rates(made, [10, 11], step=2) == [0.25, 0.25]


def test_step_counts_from_the_iteration_alone():
    made = schedule('base_lr: 1 lr_policy: "step" gamma: 0.5 stepsize: 4')
    assert made.advance(9, Progress()).step == 2
    assert rates(made, [3, 4, 9], step=7) == [1, 0.5, 0.25]


def test_poly_stays_at_zero_after_the_last_iteration():
    made = schedule('base_lr: 1 lr_policy: "poly" power: 0.5 max_iter: 4')
    assert rates(made, [3, 4, 5]) == [0.5, 0, 0]


def test_a_rate_too_large_for_a_float_is_infinite():
    assert schedule('base_lr: 1 lr_policy: "exp" gamma: 10').rate(400, Progress()) == math.inf


def test_a_negative_rate_of_drop_is_followed():
    assert rates(schedule('base_lr: 1 lr_policy: "exp" gamma: -0.5'), range(3)) == [1, -0.5, 0.25]


@given(st.floats(0.001, 10), st.integers(-100, 100), st.integers(0, 1000))
def test_sigmoid_is_finite_and_symmetric(gamma, stepsize, distance):
    made = schedule(f'base_lr: 1 lr_policy: "sigmoid" gamma: {gamma} stepsize: {stepsize}')
    above, below = made.rate(stepsize + distance, Progress()), made.rate(stepsize - distance, Progress())
    assert 0 <= below <= 0.5 <= above <= 1
    assert above + below == pytest.approx(1)


PLATEAU = schedule('base_lr: 1 lr_policy: "plateau" gamma: 0.5 plateau_winsize: 2 plateau_winsize: 3')


def test_plateau_drops_when_the_loss_stops_falling():
    losses = [5, 4, 4, 4, 4, 4, 4, 3, 3, 3, 3, 3, 3]
    assert rates(PLATEAU, range(13), losses=losses) == [1, 1, 1, *[0.5] * 3, *[0.25] * 7]


def test_plateau_waits_while_the_loss_falls():
    assert rates(PLATEAU, range(5), losses=[5, 4, 3, 2, 1]) == [1] * 5


def test_plateau_goes_on_from_what_a_snapshot_keeps():
    progress = Progress(step=1, minimum_loss=2.0, last_event=10)
    assert PLATEAU.advance(12, progress, 2.0) == progress
    assert PLATEAU.advance(13, progress, 2.0) == Progress(2, 2.0, 13)
    assert PLATEAU.advance(13, progress, 1.5) == Progress(1, 1.5, 13)


def test_plateau_keeps_a_loss_that_a_solver_state_can_hold():
    assert PLATEAU.advance(0, Progress(), 0.1).minimum_loss == float(np.float32(0.1))


def test_multifixed_has_the_rate_of_each_stage_up_to_its_iteration():
    made = schedule('lr_policy: "multifixed" stagelr: 0.5 stageiter: 2 stagelr: 0.25 stageiter: 3')
    assert rates(made, range(6)) == [0.5, 0.5, 0.5, 0.25, 0.25, 0.25]


def test_cosine_falls_along_half_a_wave():
    made = schedule('base_lr: 2 lr_policy: "cosine" max_iter: 4')
    expected = [2, 1 + math.sqrt(0.5), 1, 1 - math.sqrt(0.5), 0, 0]
    assert rates(made, range(6)) == pytest.approx(expected)


@pytest.mark.parametrize("policy", ["cosine", "poly"])
def test_cosine_and_poly_end_at_the_least_rate(policy):
    made = schedule(f'base_lr: 1 lr_policy: "{policy}" power: 1 max_iter: 4 min_lr: 0.5')
    assert rates(made, [0, 2, 4, 5]) == pytest.approx([1, 0.75, 0.5, 0.5])


def test_the_least_rate_holds_for_every_policy():
    assert rates(schedule('base_lr: 1 lr_policy: "exp" gamma: 0.5 min_lr: 0.25'), range(4)) == [1, 0.5, 0.25, 0.25]


def test_a_warm_up_grows_evenly_to_the_base_rate():
    text = 'base_lr: 1 lr_policy: "step" gamma: 0.5 stepsize: 5 warmup_iter: 4 warmup_start_lr: 0.5'
    assert rates(schedule(text), range(6)) == [0.5, 0.625, 0.75, 0.875, 1, 0.5]


def test_a_ramp_up_grows_as_a_square():
    text = 'base_lr: 1 lr_policy: "fixed" rampup_interval: 4 rampup_lr: 0.5'
    assert rates(schedule(text), range(5)) == [0.5, 0.5 + 0.5 / 16, 0.625, 0.5 + 0.5 * 9 / 16, 1]


def test_a_policy_does_not_count_drops_during_the_warm_up():
    text = 'base_lr: 1 lr_policy: "multistep" gamma: 0.5 stepvalue: 1 stepvalue: 2 warmup_iter: 3 warmup_start_lr: 1'
    assert rates(schedule(text), range(6)) == [1, 1, 1, 0.5, 0.25, 0.25]


def test_growth_is_that_of_an_even_warm_up_alone():
    text = 'base_lr: 1 lr_policy: "exp" gamma: 0.5 '
    made = schedule(text + "warmup_iter: 2 warmup_start_lr: 0.5")
    assert [made.growth(iteration) for iteration in range(4)] == [1, 1.5, 1, 1]
    assert [schedule(text + "warmup_iter: 2").growth(iteration) for iteration in range(3)] == [1, 1, 1]
    assert schedule(text + "rampup_interval: 2 rampup_lr: 0.5").growth(1) == 1
    assert schedule(text).growth(1) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            'base_lr: 1 lr_policy: "multi_step"',
            "error: unknown lr_policy 'multi_step'\n"
            "  expected one of: fixed, step, exp, inv, multistep, poly, sigmoid, plateau, multifixed, cosine\n"
            "  did you mean 'multistep'?",
        ),
        (
            "base_lr: 1",
            "error: lr_policy is not given\n"
            "  expected one of: fixed, step, exp, inv, multistep, poly, sigmoid, plateau, multifixed, cosine",
        ),
        ('lr_policy: "fixed"', "error: lr_policy 'fixed' needs base_lr"),
        ('base_lr: 1 lr_policy: "step" gamma: 1', "error: lr_policy 'step' needs stepsize"),
        ('base_lr: 1 lr_policy: "multistep"', "error: lr_policy 'multistep' needs gamma and stepvalue"),
        ('base_lr: 1 lr_policy: "poly" power: 1', "error: lr_policy 'poly' needs max_iter"),
        (
            'base_lr: 1 lr_policy: "step" gamma: 1 stepsize: 0',
            "error: stepsize is 0, but must be at least 1",
        ),
        ('base_lr: 1 lr_policy: "plateau"', "error: lr_policy 'plateau' needs gamma and plateau_winsize"),
        (
            'base_lr: 1 lr_policy: "plateau" gamma: 1 plateau_winsize: 9 plateau_winsize: 0',
            "error: plateau_winsize is 0, but must be at least 1",
        ),
        (
            'lr_policy: "multifixed" stagelr: 1 stageiter: 2 stageiter: 3',
            "error: 1 stagelr for 2 stageiter\n"
            "  expected one stageiter, the last iteration of the stage, for each stagelr",
        ),
        (
            'lr_policy: "multifixed" stagelr: 1 stageiter: 2 warmup_iter: 3',
            "error: lr_policy 'multifixed' needs base_lr",
        ),
        ('base_lr: 1 lr_policy: "cosine"', "error: lr_policy 'cosine' needs max_iter"),
        ('base_lr: 1 lr_policy: "fixed" min_lr: -1', "error: min_lr is -1, but must be at least 0"),
        (
            'base_lr: 1 lr_policy: "fixed" warmup_iter: 1 rampup_interval: 1',
            "error: warmup_iter and rampup_interval exclude each other\n  both are a warm-up",
        ),
    ],
)
def test_faults(text, message):
    with pytest.raises(SolverError) as error:
        schedule(text)
    assert str(error.value) == message
