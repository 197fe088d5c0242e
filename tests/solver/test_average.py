from hypothesis import given
from hypothesis import strategies as st

from netcc.solver.average import AverageLoss


@given(st.integers(1, 5), st.lists(st.integers(-100, 100), min_size=1, max_size=12))
def test_the_value_is_the_mean_of_the_last_losses(size, losses):
    average = AverageLoss(size)
    for number, loss in enumerate(losses, 1):
        average.add(loss)
        last = losses[max(0, number - size) : number]
        assert average.value == sum(last) / len(last)


def test_clear_forgets():
    average = AverageLoss(2)
    average.add(100)
    average.add(200)
    average.add(300)
    average.clear()
    average.add(1)
    assert average.value == 1
    average.add(3)
    average.add(5)
    assert average.value == 4
