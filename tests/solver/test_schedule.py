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
from netcc.solver.schedule import make_schedule, policy_names

GOLDEN = Path(__file__).parents[1] / "golden/solvers"
META = json.loads((GOLDEN / "meta.json").read_text())


def schedule(text):
    return make_schedule(text_format.Parse(text, SolverParameter()))


def rates(made, iterations, step=0):
    found = []
    for iteration in iterations:
        step = made.advance(iteration, step)
        found.append(made.rate(iteration, step))
    return found


@pytest.mark.parametrize("name", [case["name"] for case in META["cases"]])
def test_rates_of_real_caffe(name):
    param = text_format.Parse((GOLDEN / f"{name}.solver.prototxt").read_text(), SolverParameter())
    expected = np.load(GOLDEN / f"{name}.npz")["lr"]
    relative, absolute = META["tolerance"]["lr"]
    np.testing.assert_allclose(rates(make_schedule(param), range(10)), expected, rtol=relative, atol=absolute)


def test_the_golden_cases_cover_every_policy():
    assert {case["policy"] for case in META["cases"]} == set(policy_names())


def test_multistep_moves_one_step_an_iteration():
    made = schedule('base_lr: 1 lr_policy: "multistep" gamma: 0.5 stepvalue: 2 stepvalue: 2 stepvalue: 3')
    assert rates(made, range(6)) == [1, 1, 0.5, 0.25, 0.125, 0.125]


def test_multistep_continues_from_the_saved_step():
    made = schedule('base_lr: 1 lr_policy: "multistep" gamma: 0.5 stepvalue: 2 stepvalue: 4')
    assert rates(made, [10, 11, 12], step=0) == [0.5, 0.25, 0.25]
    assert rates(made, [10, 11], step=2) == [0.25, 0.25]


def test_step_counts_from_the_iteration_alone():
    made = schedule('base_lr: 1 lr_policy: "step" gamma: 0.5 stepsize: 4')
    assert made.advance(9, 0) == 2
    assert rates(made, [3, 4, 9], step=7) == [1, 0.5, 0.25]


def test_poly_stays_at_zero_after_the_last_iteration():
    made = schedule('base_lr: 1 lr_policy: "poly" power: 0.5 max_iter: 4')
    assert rates(made, [3, 4, 5]) == [0.5, 0, 0]


def test_a_rate_too_large_for_a_float_is_infinite():
    assert schedule('base_lr: 1 lr_policy: "exp" gamma: 10').rate(400, 0) == math.inf


def test_a_negative_rate_of_drop_is_followed():
    assert rates(schedule('base_lr: 1 lr_policy: "exp" gamma: -0.5'), range(3)) == [1, -0.5, 0.25]


@given(st.floats(0.001, 10), st.integers(-100, 100), st.integers(0, 1000))
def test_sigmoid_is_finite_and_symmetric(gamma, stepsize, distance):
    made = schedule(f'base_lr: 1 lr_policy: "sigmoid" gamma: {gamma} stepsize: {stepsize}')
    above, below = made.rate(stepsize + distance, 0), made.rate(stepsize - distance, 0)
    assert 0 <= below <= 0.5 <= above <= 1
    assert above + below == pytest.approx(1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            'base_lr: 1 lr_policy: "multi_step"',
            "error: unknown lr_policy 'multi_step'\n"
            "  expected one of: fixed, step, exp, inv, multistep, poly, sigmoid\n"
            "  did you mean 'multistep'?",
        ),
        (
            "base_lr: 1",
            "error: lr_policy is not given\n  expected one of: fixed, step, exp, inv, multistep, poly, sigmoid",
        ),
        ('lr_policy: "fixed"', "error: lr_policy 'fixed' needs base_lr"),
        ('base_lr: 1 lr_policy: "step" gamma: 1', "error: lr_policy 'step' needs stepsize"),
        ('base_lr: 1 lr_policy: "multistep"', "error: lr_policy 'multistep' needs gamma and stepvalue"),
        ('base_lr: 1 lr_policy: "poly" power: 1', "error: lr_policy 'poly' needs max_iter"),
        (
            'base_lr: 1 lr_policy: "step" gamma: 1 stepsize: 0',
            "error: stepsize is 0, but must be at least 1",
        ),
    ],
)
def test_faults(text, message):
    with pytest.raises(SolverError) as error:
        schedule(text)
    assert str(error.value) == message
