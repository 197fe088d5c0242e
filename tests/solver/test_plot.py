import json

import pytest
from helpers.solver_story import short_run

from netcc.errors import DataError, OutputError
from netcc.solver.metrics import Metrics
from netcc.solver.plot import draw_curves, losses_in_tests, losses_in_training, scores_in_tests

PNG = b"\x89PNG\r\n\x1a\n"


def rows():
    lines = []
    metrics = Metrics(lines.append)
    for event in short_run():
        event.tell(metrics)
    return [json.loads(line) for line in lines]


def test_the_curves_of_a_run():
    assert losses_in_training(rows()) == [(0, 2.34567891), (5, 1e-7), (10, 0.5)]
    assert losses_in_tests(rows()) == [(0, 2.5), (10, 0.3)]
    assert scores_in_tests(rows()) == {"acc": [(0, 0.125), (10, 0.875)]}


def test_a_resumed_run_overwrites_what_it_repeats():
    repeated = [*rows(), {"event": "train", "iteration": 5, "loss": 0.75, "lr": 0.1, "outputs": {}, "losses": []}]
    assert losses_in_training(repeated) == [(0, 2.34567891), (5, 0.75), (10, 0.5)]


def test_a_loss_that_was_not_finite_leaves_a_gap():
    gap = [*rows(), {"event": "train", "iteration": 7, "loss": None, "lr": 0.1, "outputs": {}, "losses": []}]
    assert losses_in_training(gap) == losses_in_training(rows())


@pytest.mark.parametrize("lr", [False, True])
def test_a_picture_from_rows_and_from_a_file(tmp_path, lr):
    metrics = tmp_path / "metrics.jsonl"
    metrics.write_text("".join(json.dumps(row) + "\n" for row in rows()))
    for source in (rows(), metrics):
        draw_curves(source, tmp_path / "curves.png", lr=lr)
        assert (tmp_path / "curves.png").read_bytes().startswith(PNG)


def test_nothing_to_draw(tmp_path):
    with pytest.raises(DataError) as error:
        draw_curves(rows()[:1], tmp_path / "curves.png")
    assert str(error.value) == "error: the run has nothing to draw: no loss was displayed, no test made"
    assert list(tmp_path.iterdir()) == []


def test_no_folder_for_the_picture(tmp_path):
    with pytest.raises(OutputError) as error:
        draw_curves(rows(), tmp_path / "none" / "curves.png")
    assert str(error.value) == (
        f"error: cannot write {tmp_path / 'none' / 'curves.png'}: the folder {tmp_path / 'none'} does not exist"
    )
