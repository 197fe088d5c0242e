"""Rows of the recurrent layers. No gradient goes to an exposed first state, so those rows leave out the comparison."""

from collections.abc import Iterator

from helpers.rows import Row

X, CONT, STATIC = (4, 3, 2), (4, 3), (3, 5)
SIZE = 5
STATE = (1, 3, SIZE)


def recurrent(type_name: str, states: int) -> Iterator[Row]:
    fields, marks = f"num_output: {SIZE}", {1: 2}
    exposed = f"recurrent_param {{ {fields} expose_hidden: true }}"
    first = (STATE,) * states
    for bottoms in ((X, CONT), ((1, 1, 3), (1, 1)), ((3, 2, 2, 3), (3, 2)), (X, CONT, STATIC)):
        yield Row(type_name, f"recurrent_param {{ {fields} }}", bottoms, integers=marks, batched=False)
    for bottoms in ((X, CONT, *first), (X, CONT, (3, 2, 2), *first)):
        yield Row(
            type_name,
            exposed,
            bottoms,
            tops=1 + states,
            integers=marks,
            gradient_tops=1,
            gradient=False,
            batched=False,
        )


ROWS = [
    *recurrent("LSTM", 2),
    *recurrent("RNN", 1),
    Row("LSTMUnit", "", ((1, 3, 2), (1, 3, 8), (1, 3)), tops=2, integers={2: 2}),
    Row("LSTMUnit", "", ((1, 1, 5), (1, 1, 20), (1, 1)), tops=2, integers={2: 2}),
]
