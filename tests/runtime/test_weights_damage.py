"""Damaged files are read or refused, never a traceback: bytes of real files are changed at random."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netcc.errors import WeightsError
from netcc.runtime.solverstate import read_solverstate
from netcc.runtime.weights import read_caffemodel
from netcc.schema.binaryproto import read_binaryproto

GOLDEN = Path(__file__).parents[1] / "golden" / "weights"
READERS = {
    "oldweights_v0.caffemodel": read_caffemodel,
    "oldweights_v1.caffemodel": read_caffemodel,
    "oldweights_v2unpacked.caffemodel": read_caffemodel,
    "oldweights_hdf5.caffemodel.h5": read_caffemodel,
    "nofirst_iter_4.caffemodel": read_caffemodel,
    "nofirst_iter_4.solverstate": read_solverstate,
    "png_mean.binaryproto": read_binaryproto,
}


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=4))
def test_a_changed_file_is_read_or_refused_with_its_name(name, changes, tmp_path):
    content = bytearray((GOLDEN / name).read_bytes())
    for place, value in changes:
        content[int(place**2 * len(content))] = value  # squared: most of what decides stands at the beginning
    path = tmp_path / "changed"
    path.write_bytes(content)
    assert refusal(READERS[name], path).startswith((str(path), "read"))


def refusal(reader: Callable[[Path], object], path: Path) -> str:
    """What `reader` says against the file, or "read"."""
    try:
        reader(path)
    except WeightsError as error:
        return error.message
    return "read"
