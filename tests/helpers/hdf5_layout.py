"""What an HDF5 file looks like to other programs: all but its numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py


def layout(path: Path) -> dict[str, tuple[Any, ...]]:
    """Every group and dataset by its path, with how it is linked, stored and typed, and its attributes."""
    found: dict[str, tuple[Any, ...]] = {}
    with h5py.File(path, "r") as file:
        found["/"] = ("file", *sorted(file.attrs), file.userblock_size)

        def visit(name: str, item: Any) -> None:
            link = type(file.get(name, getlink=True)).__name__
            links = h5py.h5o.get_info(item.id).rc
            facts = _facts(item) if isinstance(item, h5py.Dataset) else ("group",)
            found[name] = (*facts, link, links, *sorted(item.attrs))

        file.visititems(visit)
    return found


def _facts(dataset: Any) -> tuple[Any, ...]:
    stored, kind = dataset.id.get_create_plist(), dataset.id.get_type()
    text = (kind.get_strpad(), kind.get_cset()) if kind.get_class() == h5py.h5t.STRING else ()
    storage = (stored.get_layout(), stored.get_nfilters(), stored.get_fill_time(), stored.get_alloc_time())
    return ("dataset", dataset.shape, dataset.dtype.str, dataset.maxshape, *storage, *text)
