"""Mean average precision, against sums worked out by hand."""

from types import SimpleNamespace

import numpy as np
import pytest
from helpers.nets import input_layer

from netcc.errors import DataError, SolverError
from netcc.runtime.net import Net
from netcc.schema.caffe_pb2 import SolverParameter
from netcc.solver.detection import DetectionScores, make_scorer
from netcc.solver.evaluate import MeanScores, evaluate
from netcc.solver.events import Score
from netcc.types import TEST

RANKED = [(0.9, 1), (0.8, 0), (0.7, 1), (0.6, 1)]
"""Score and rightness of detections of label 1.

Precision is 1, 1/2, 2/3, 3/4; with 4 true boxes recall is 1/4, 1/4, 1/2, 3/4.
"""


def rows(ranked=RANKED, truths=4, label=1):
    return [(-1, label, truths, -1, -1), *((0, label, score, right, 1 - right) for score, right in ranked)]


def net_with(**outputs):
    """What scorers ask of a net."""
    blobs = {name: SimpleNamespace(data=np.array([[given]], np.float32)) for name, given in outputs.items()}
    return SimpleNamespace(outputs=list(outputs), blobs=blobs)


def scores(*batches, version="Integral", by_class=False):
    scorer = DetectionScores(version, by_class=by_class)
    for batch in batches:
        scorer.add(net_with(**batch) if isinstance(batch, dict) else net_with(out=batch))
    return {score.name: score.value for score in scorer.scores()}


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("Integral", (1 + 2 / 3 + 3 / 4) / 4),
        ("MaxIntegral", (1 + 3 / 4 + 3 / 4) / 4),
        # At recalls of 0.3 to 0.7 the best is 3/4, at 0, 0.1 and 0.2 it is 1, above there is none.
        ("11point", (5 * 3 / 4 + 3 * 1) / 11),
    ],
)
def test_versions(version, expected):
    assert scores(rows(), version=version) == {"out": pytest.approx(expected)}


def test_the_surest_come_first_and_equals_in_their_order():
    assert scores(rows([(0.6, 1), (0.9, 1), (0.7, 1), (0.8, 0)])) == scores(rows())
    assert scores(rows([(0.5, 0), (0.5, 1)], truths=1)) == {"out": 0.5}


def test_detections_of_all_batches_count_together():
    assert scores(rows(RANKED[:2], truths=3), rows(RANKED[2:], truths=1)) == scores(rows())


def test_the_mean_is_that_of_all_labels_with_true_boxes():
    both = [*rows([(0.9, 1)], truths=1, label=1), *rows([], truths=3, label=2), (0, 7, 0.9, 0, 1)]
    assert scores(both, by_class=True) == {"out": 0.5, "out class 1": 1.0, "out class 2": 0.0}


def test_what_is_neither_right_nor_wrong_does_not_count():
    assert scores([*rows([(0.5, 1)], truths=1), (0, 1, 0.9, 0, 0)]) == {"out": 1.0}


def test_every_output_has_its_own():
    batch = {"one": rows([(0.9, 1)], truths=1), "two": rows([(0.9, 1)], truths=2)}
    assert scores(batch) == {"one": 1.0, "two": 0.5}


def test_nothing_to_detect():
    assert scores(rows([], truths=0)) == {"out": 0.0}
    assert scores(np.empty((0, 5))) == {"out": 0.0}


def test_other_outputs_are_refused():
    with Net(input_layer("data", 2, 3), TEST) as net, pytest.raises(DataError) as error:
        evaluate(net, 1, scorer=DetectionScores("Integral", by_class=False))
    assert str(error.value) == (
        "error: output 'data' of the test net is 2 x 3; detections have rows of 5\n"
        '  eval_type: "detection" needs a DetectionEvaluate layer before every output'
    )


def test_outputs_of_changing_size_have_no_mean():
    with Net(input_layer("data", 2, 3), TEST) as net:
        scorer = MeanScores()
        scorer.add(net)
        net.forward(data=np.ones((4, 3)))
        with pytest.raises(DataError) as error:
            scorer.add(net)
    assert str(error.value) == (
        "error: the outputs of the test net have 12 elements, those of the batch before 6: they have no mean\n"
        '  detections are scored with eval_type: "detection"'
    )


def test_means_of_single_elements():
    with Net(input_layer("data", 1, 2), TEST) as net:
        scorer = MeanScores()
        for numbers in ([1, 2], [3, 6]):
            net.forward(data=np.array([numbers]))
            scorer.add(net)
    assert scorer.scores() == (Score("data", 2.0), Score("data", 4.0))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"eval_type": "detections"},
            "error: unknown eval_type 'detections'\n"
            "  expected one of: classification, detection\n"
            "  did you mean 'detection'?",
        ),
        (
            {"ap_version": "12point"},
            "error: unknown ap_version '12point'\n"
            "  expected one of: 11point, MaxIntegral, Integral\n"
            "  did you mean '11point'?",
        ),
    ],
)
def test_faults(fields, message):
    with pytest.raises(SolverError) as error:
        make_scorer(SolverParameter(**fields))
    assert str(error.value) == message
