"""Each rule against its formula, written number by number in Python's own floats."""

from math import sqrt

import numpy as np
import pytest
from google.protobuf import text_format
from hypothesis import given
from hypothesis import strategies as st

from netcc.errors import SolverError
from netcc.schema.caffe_pb2 import SolverParameter
from netcc.solver.rules import make_rule

RATE = 0.1
gradients = st.lists(st.floats(-100, 100), min_size=1, max_size=6)


def rule_of(text):
    return make_rule(text_format.Parse(text, SolverParameter()))


def steps(rule, series, momentum=0.5):
    """What `rule` subtracts in each iteration from one number whose gradients are `series`.

    `momentum` is what SGD is given in every iteration.
    """
    moments = [np.zeros(1) for _ in range(rule.moments)]
    scratch = [np.full(1, np.nan), np.full(1, np.nan)]
    taken = []
    for iteration, number in enumerate(series):
        gradient = np.array([number])
        now = rule.at(iteration, momentum, 1.0)
        now.update(gradient, moments, now.rate(RATE, iteration), scratch)
        taken.append(float(gradient[0]))
    return taken


@given(gradients)
def test_momentum(series):
    velocity, expected = 0.0, []
    for g in series:
        velocity = 0.5 * velocity + RATE * g
        expected.append(velocity)
    assert steps(rule_of('type: "SGD" momentum: 0.5'), series) == pytest.approx(expected)


@given(gradients)
def test_nesterov(series):
    velocity, expected = 0.0, []
    for g in series:
        old, velocity = velocity, 0.5 * velocity + RATE * g
        expected.append(1.5 * velocity - 0.5 * old)
    assert steps(rule_of('type: "Nesterov" momentum: 0.5'), series) == pytest.approx(expected, abs=1e-12)


@given(gradients)
def test_adagrad(series):
    total, expected = 0.0, []
    for g in series:
        total += g * g
        expected.append(RATE * g / (sqrt(total) + 0.25))
    assert steps(rule_of('type: "AdaGrad" delta: 0.25'), series) == pytest.approx(expected)


@given(gradients)
def test_rmsprop(series):
    mean, expected = 0.0, []
    for g in series:
        mean = 0.75 * mean + 0.25 * g * g
        expected.append(RATE * g / (sqrt(mean) + 0.25))
    assert steps(rule_of('type: "RMSProp" rms_decay: 0.75 delta: 0.25'), series) == pytest.approx(expected)


@given(gradients)
def test_adadelta(series):
    squares = updates = 0.0
    expected = []
    for g in series:
        squares = 0.75 * squares + 0.25 * g * g
        update = g * sqrt((0.25 + updates) / (0.25 + squares))
        updates = 0.75 * updates + 0.25 * update * update
        expected.append(RATE * update)
    assert steps(rule_of('type: "AdaDelta" momentum: 0.75 delta: 0.25'), series) == pytest.approx(expected)


@given(gradients)
def test_adam(series):
    mean = squares = 0.0
    expected = []
    for t, g in enumerate(series, 1):
        mean = 0.5 * mean + 0.5 * g
        squares = 0.75 * squares + 0.25 * g * g
        expected.append(RATE * sqrt(1 - 0.75**t) / (1 - 0.5**t) * mean / (sqrt(squares) + 0.25))
    rule = rule_of('type: "Adam" momentum: 0.5 momentum2: 0.75 delta: 0.25')
    assert steps(rule, series) == pytest.approx(expected)


def test_the_default_rule_is_sgd_without_momentum():
    assert steps(rule_of("base_lr: 1"), [1.0, 2.0], momentum=0) == pytest.approx([RATE, 2 * RATE])
    assert rule_of("base_lr: 1 momentum: 0.25").momentum == 0.25


@given(gradients)
def test_adamw_without_decay(series):
    """As in the paper: both averages are corrected before they meet."""
    mean = squares = 0.0
    expected = []
    for t, g in enumerate(series, 1):
        mean = 0.5 * mean + 0.5 * g
        squares = 0.75 * squares + 0.25 * g * g
        expected.append(RATE * (mean / (1 - 0.5**t)) / (sqrt(squares / (1 - 0.75**t)) + 0.25))
    rule = rule_of('type: "AdamW" momentum: 0.5 momentum2: 0.75 delta: 0.25')
    assert rule.decays_weights
    assert steps(rule, series) == pytest.approx(expected)


def test_the_velocity_of_sgd_grows_with_the_rate_of_a_warm_up():
    """Old steps count as if they had been made with the new rate."""
    assert rule_of("momentum: 0.5").at(3, 0.5, 1.5).momentum == 0.75
    assert rule_of('type: "LARS" momentum: 0.5').at(3, 0.5, 1.5).momentum == 0.75
    assert rule_of('type: "Nesterov" momentum: 0.5').at(3, 0.9, 1.5).momentum == 0.5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            'type: "Adams"',
            "error: unknown solver type 'Adams'\n"
            "  expected one of: SGD, LARS, Nesterov, AdaGrad, RMSProp, AdaDelta, Adam, AdamW\n"
            "  did you mean 'Adam'?",
        ),
        ('type: "AdaGrad" momentum: 0.9', "error: AdaGrad works without momentum, but momentum is 0.9"),
        ('type: "RMSProp" momentum: 0.9', "error: RMSProp works without momentum, but momentum is 0.9"),
        ('type: "RMSProp" rms_decay: 1', "error: rms_decay is 1, but must be at least 0 and below 1"),
        ('type: "Adam" momentum: 1', "error: momentum is 1, but Adam needs it at least 0 and below 1"),
        ('type: "AdamW" momentum: 1', "error: momentum is 1, but AdamW needs it at least 0 and below 1"),
        ('type: "Adam" momentum2: -0.5', "error: momentum2 is -0.5, but Adam needs it at least 0 and below 1"),
    ],
)
def test_faults(text, message):
    with pytest.raises(SolverError) as error:
        rule_of(text)
    assert str(error.value) == message
