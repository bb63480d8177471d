"""What fine-tuning is for: a net trained on five digits learns the five others from four pictures of each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netspec.data.idx import read_idx
from netspec.data.shipped import DEMO
from netspec.engine.training.events import Epoch
from netspec.net import Net, load

SPEC = """netspec 1
block vgg(maps) { conv(maps, 3, pad: same) -> norm -> relu -> conv(maps, 3, pad: same) -> norm -> relu -> maxpool(2) }
net V {
    input image: 1 x 14 x 14
    stem = image -> vgg(8) -> vgg(16)
    output label = stem -> dense(5) -> softmax
}
train {
    optimizer: adam(rate: 0.01)
    batch: 25
    epochs: 2
}
"""


def digits(part: str) -> tuple[Any, Any]:
    """The shipped digits at half their size."""
    pictures, labels = read_idx(DEMO / f"{part}-images-idx3-ubyte.gz", DEMO / f"{part}-labels-idx1-ubyte.gz")
    small = np.asarray(pictures).reshape(-1, 1, 14, 2, 14, 2).mean((3, 5)) / 255
    return small.astype(np.float32), np.asarray(labels, np.int64)


def write(folder: Path, train: Any, test: Any) -> None:
    folder.mkdir()
    for part, (pictures, labels) in (("train", train), ("test", test)):
        np.savez(folder / f"{part}.npz", image=pictures, label=labels)


def accuracy(net: Net, data: Path, **how: Any) -> float:
    events = [event for event in net.train(data, workers=1, **how) if isinstance(event, Epoch)]
    return events[-1].test_right / events[-1].test_count


@pytest.mark.slow
def test_fine_tuning_beats_training_from_nothing_on_few_pictures(tmp_path: Path) -> None:
    (x, y), (tx, ty) = digits("train"), digits("t10k")
    few = np.concatenate([np.flatnonzero(y == digit)[:4] for digit in range(5, 10)])
    write(tmp_path / "old", (x[y < 5][:2000], y[y < 5][:2000]), (tx[ty < 5][:100], ty[ty < 5][:100]))
    write(tmp_path / "new", (x[few], y[few] - 5), (tx[ty > 4], ty[ty > 4] - 5))
    (tmp_path / "v.net").write_text(SPEC)
    net = load(tmp_path / "v.net")
    assert accuracy(net, tmp_path / "old", out=tmp_path / "run") > 0.9
    begin = {"start": tmp_path / "run", "fresh": ["label/*"]}
    found = {"nothing": 0.0, "tuned": 0.0, "frozen": 0.0}
    for seed in range(3):  # means, since one drawing of five outputs says little
        found["nothing"] += accuracy(net, tmp_path / "new", epochs=20, seed=seed) / 3
        found["tuned"] += accuracy(net, tmp_path / "new", epochs=20, seed=seed, **begin) / 3
        found["frozen"] += accuracy(net, tmp_path / "new", epochs=20, seed=seed, freeze=["stem/*"], **begin) / 3
    assert found["tuned"] > found["nothing"] + 0.08, found
    assert found["frozen"] > found["nothing"] + 0.1, found
