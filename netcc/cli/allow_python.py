"""`--allow-python`: layers of type Python run, and find netcc at `import caffe`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec


@contextmanager
def allowed() -> Iterator[None]:
    """Inside, layers of type Python run the code that they name."""
    from netcc.layers.python_objects import allow_python

    with allow_python(), _caffe_at_hand():
        yield


@contextmanager
def _caffe_at_hand() -> Iterator[None]:
    """Inside, `import caffe` is netcc where no other caffe is installed: the modules of published layers begin so."""
    if find_spec("caffe") is not None:
        yield
        return
    from netcc.pycaffe import install

    install()
    try:
        yield
    finally:
        for name in [name for name in sys.modules if name == "caffe" or name.startswith("caffe.")]:
            del sys.modules[name]
