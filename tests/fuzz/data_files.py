"""R15: IDX, gzip, npz, npy and CIFAR files with bytes changed: sound data, or a Fault that names the file."""

from __future__ import annotations

import gzip
import io
import random
from functools import cache
from pathlib import Path

import numpy as np

from netspec.data.needs import Needs
from netspec.data.sets import read_part
from netspec.diagnostics import Fault
from tests.fuzz.files import damaged, told
from tests.fuzz.frame import Harness

NEEDS = Needs({"x": (2, 3)}, {"y": 3}, frozenset({"y"}))


@cache
def corpus() -> list[dict[str, bytes]]:
    """Folders of data by the names of their files; the first file of each is the one that is damaged."""
    rng = np.random.default_rng(0)
    images, labels = (
        bytes((0, 0, 8, 3, 0, 0, 0, 5, 0, 0, 0, 4, 0, 0, 0, 6)) + rng.bytes(120),
        bytes((0, 0, 8, 1, 0, 0, 0, 5)) + bytes(range(5)),
    )
    arrays = {"x": rng.random((5, 2, 3)).astype(np.float32), "y": rng.integers(0, 3, 5)}
    plain, squeezed, one = io.BytesIO(), io.BytesIO(), io.BytesIO()
    np.savez(plain, **arrays)
    np.savez_compressed(squeezed, **arrays)
    np.save(one, arrays["x"])
    names = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte")
    return [
        {names[0]: images, names[1]: labels}, {names[1]: labels, names[0]: images},
        {f"{names[0]}.gz": gzip.compress(images, mtime=0), names[1]: labels},
        {f"{names[1]}.gz": gzip.compress(labels, mtime=0), names[0]: images},
        {"train.npz": plain.getvalue()}, {"train.npz": squeezed.getvalue()}, {"train/x.npy": one.getvalue()},
        {"batches.meta.txt": b"plane\ncar\r\nbird\n", "data_batch_1.bin": bytes((2,)) + bytes(3072)},
        {"data_batch_1.bin": bytes(3073) * 2, "batches.meta.txt": b"plane\ncar\n"}, {"train.bin": bytes(3074)},
        {"train.csv": b"x_0,x_1,x_2,x_3,x_4,x_5,y\n" + b"1,2,3e-1,-4,.5,6,car\n" * 5},
        {"t.tsv": b"y\tx_%d\r\n" % 0 + b'1\t"2"\r\n' * 3},
    ]  # fmt: skip


def _case(draw: random.Random, folder: Path) -> None:
    files = dict(draw.choice(corpus()))
    first = next(iter(files))
    files[first] = damaged(draw, files[first], next(iter(draw.choice(corpus()).values())))
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    try:
        part = read_part(folder, "train", draw.choice((None, ["car", "plane", "bird"])), NEEDS)
    except Fault as fault:
        return told(fault, "N707")
    arrays = getattr(part, "arrays", None) or {"images": part.images, "labels": part.labels}
    assert len({len(array) for array in arrays.values()}) == 1 and len(part)
    assert all(np.isfinite(np.asarray(array)).all() for array in arrays.values())


DATA_FILES = Harness("data_files", "R15", _case, short=1_500, long=50_000)
