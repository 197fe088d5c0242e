"""Small files in the format of CIFAR-10."""

from __future__ import annotations

from pathlib import Path

import numpy as np

FILES = [*(f"data_batch_{number}.bin" for number in range(1, 6)), "test_batch.bin"]


def make_files(folder: Path, images: int = 3) -> dict[str, bytes]:
    """Writes the six files with `images` images each; label and pixels are noise."""
    random = np.random.default_rng(1)
    contents = {}
    for name in FILES:
        records = random.integers(0, 256, (images, 3073), np.uint8)
        records[:, 0] %= 10
        contents[name] = records.tobytes()
        (folder / name).write_bytes(contents[name])
    return contents
