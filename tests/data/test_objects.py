"""Boxes seen through windows, and crops that keep enough of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netcc.data.objects import Objects, coverage, overlap, shared
from netcc.data.sampler import check_samplers, draw_window, meets
from netcc.errors import LayerError
from netcc.schema import caffe_pb2
from netcc.types import Array

SHARES = st.floats(0, 1, width=32)
BOX = st.tuples(SHARES, SHARES, SHARES, SHARES).map(
    lambda b: (min(b[0], b[2]), min(b[1], b[3]), max(b[0], b[2]), max(b[1], b[3]))
)


def objects(*boxes: tuple[float, float, float, float]) -> Objects:
    return Objects(np.array(boxes, float).reshape(-1, 4), np.array([[3, 1, 0]] * len(boxes), float).reshape(-1, 3))


def test_from_a_message() -> None:
    message = caffe_pb2.AnnotatedDatum()
    group = message.annotation_group.add(group_label=7)
    annotation = group.annotation.add(instance_id=2)
    annotation.bbox.MergeFrom(caffe_pb2.NormalizedBBox(xmin=0.25, ymin=0.5, xmax=0.75, ymax=1, difficult=True))
    assert Objects.from_message(message).rows(4).tolist() == [[4, 7, 2, 0.25, 0.5, 0.75, 1, 1]]
    assert Objects.from_message(caffe_pb2.AnnotatedDatum()).rows(0).shape == (0, 8)


def test_by_hand() -> None:
    seen = objects((0, 0, 0.5, 0.5), (0.5, 0.5, 1, 1), (0.9, 0.9, 1, 1)).seen_through((0.25, 0.25, 0.75, 0.75))
    assert seen.boxes.tolist() == [[0, 0, 0.5, 0.5], [0.5, 0.5, 1, 1]]


def test_a_window_around_the_image() -> None:
    seen = objects((0, 0, 1, 1)).seen_through((-1, -0.5, 3, 1.5))
    assert seen.boxes.tolist() == [[0.25, 0.25, 0.5, 0.75]]


def test_emit_constraints() -> None:
    found, window = objects((0, 0, 0.4, 0.4), (0, 0, 0.2, 0.2)), (0.1, 0.1, 1, 1)
    centre = caffe_pb2.EmitConstraint()
    assert found.seen_through(window, centre).boxes.shape == (2, 4)
    assert found.seen_through((0.15, 0.15, 1, 1), centre).boxes.shape == (1, 4)
    enough = caffe_pb2.EmitConstraint(emit_type=caffe_pb2.EmitConstraint.MIN_OVERLAP, emit_overlap=0.5)
    assert found.seen_through(window, enough).boxes.shape == (1, 4)


@given(st.lists(BOX, max_size=4))
def test_mirroring_twice(boxes: list) -> None:
    found = objects(*boxes)
    np.testing.assert_allclose(found.mirrored().mirrored().boxes, found.boxes, atol=1e-12)
    np.testing.assert_array_equal(found.mirrored().boxes[:, [1, 3]], found.boxes[:, [1, 3]])


def measures(box: tuple, window: tuple) -> list[float]:
    boxes: Array = np.array([box], float)
    return [float(function(boxes, window)[0]) for function in (shared, coverage, overlap)]


@given(BOX, BOX)
def test_measures_of_overlap(box: tuple, window: tuple) -> None:
    common, share, jaccard = measures(box, window)
    assert common == pytest.approx(measures(window, box)[0])
    assert jaccard == pytest.approx(measures(window, box)[2])
    assert 0 <= jaccard <= share + 1e-9 <= 1 + 2e-9


def test_measures_by_hand() -> None:
    assert measures((0, 0, 0.5, 0.5), (0.25, 0.25, 0.75, 1)) == pytest.approx([0.0625, 0.25, 0.0625 / 0.5625])
    assert measures((0, 0, 0.5, 0.5), (0.5, 0.5, 1, 1)) == [0, 0, 0]


def sampler(**constraint: float) -> caffe_pb2.BatchSampler:
    made = caffe_pb2.BatchSampler(max_sample=1, max_trials=50)
    made.sampler.MergeFrom(caffe_pb2.Sampler(min_scale=0.3, max_scale=1, min_aspect_ratio=0.5, max_aspect_ratio=2))
    made.sample_constraint.MergeFrom(caffe_pb2.SampleConstraint(**constraint))
    return made


@pytest.mark.parametrize(
    "constraint",
    [
        {},
        {"min_jaccard_overlap": 0.5},
        {"max_jaccard_overlap": 0.2},
        {"min_object_coverage": 0.9},
        {"min_sample_coverage": 0.4},
    ],
)
def test_windows_meet_their_constraints(constraint: dict[str, float]) -> None:
    found, made = objects((0.2, 0.3, 0.8, 0.8), (0, 0, 0.1, 0.1)), sampler(**constraint)
    windows = [draw_window([made], found, np.random.default_rng(seed)) for seed in range(60)]
    drawn = [window for window in windows if window is not None]
    assert len(drawn) > 40
    for window in drawn:
        left, top, right, bottom = window
        assert 0 <= left < right <= 1 + 1e-9
        assert 0 <= top < bottom <= 1 + 1e-9
        assert 0.49 < (right - left) / (bottom - top) < 2.01
        assert meets(window, found, made.sample_constraint)


def test_the_first_limit_decides() -> None:
    found, window = objects((0, 0, 0.5, 0.5)), (0.0, 0.0, 1.0, 1.0)
    both = caffe_pb2.SampleConstraint(min_jaccard_overlap=0.2, min_sample_coverage=0.9)
    assert meets(window, found, both)
    assert not meets(window, found, caffe_pb2.SampleConstraint(min_jaccard_overlap=0.3, min_object_coverage=0.9))
    assert not meets(window, objects(), both)


def test_impossible_constraints_find_nothing() -> None:
    impossible = sampler(min_jaccard_overlap=1.1)
    assert draw_window([impossible], objects((0, 0, 1, 1)), np.random.default_rng(0)) is None
    assert draw_window([], objects((0, 0, 1, 1)), np.random.default_rng(0)) is None
    impossible.use_original_image = False
    impossible.ClearField("sample_constraint")
    assert draw_window([impossible], objects((0, 0, 1, 1)), np.random.default_rng(0)) is None


def test_one_of_all_samplers_is_picked() -> None:
    whole = caffe_pb2.BatchSampler(max_sample=1, max_trials=1)
    picked = {draw_window([whole, sampler()], objects(), np.random.default_rng(seed)) for seed in range(30)}
    assert (0, 0, 1, 1) in picked
    assert len(picked) > 5


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"min_scale": 0}, "a sampler needs 0 < min_scale <= max_scale <= 1"),
        ({"min_scale": 0.9, "max_scale": 0.5}, "a sampler needs 0 < min_scale <= max_scale <= 1"),
        ({"max_scale": 1.5}, "a sampler needs 0 < min_scale <= max_scale <= 1"),
        ({"min_aspect_ratio": 0}, "a sampler needs 0 < min_aspect_ratio <= max_aspect_ratio"),
        ({"min_aspect_ratio": 2}, "a sampler needs 0 < min_aspect_ratio <= max_aspect_ratio"),
        ({"max_aspect_ratio": float("inf")}, "a sampler needs 0 < min_aspect_ratio <= max_aspect_ratio"),
    ],
)
def test_samplers_that_nothing_can_be_drawn_from(limits: dict[str, float], message: str) -> None:
    samplers = [sampler(), caffe_pb2.BatchSampler(sampler=caffe_pb2.Sampler(**limits))]
    with pytest.raises(LayerError) as caught:
        check_samplers(samplers)
    assert caught.value.message == message
    assert caught.value.field == ("annotated_data_param", "batch_sampler", "1")
