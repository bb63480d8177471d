"""Examples from disk: arrays for nets that read no pictures, CIFAR's records;
whatever is wrong is told before the first step."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from netspec.data.sets import read_set
from netspec.diagnostics import Fault
from netspec.net import load

PAIRS = """netspec 1
net Pairs {
    input left: 1 x 6 x 6
    input sound: 2 x 9
    output kind = [left -> dense(4) -> tanh, sound -> conv(3, 3) -> dense(4)] -> concat -> dense(3) -> softmax
    output size = left -> conv(2, 3) -> dense(1)
}
train {
    loss kind: cross_entropy
    loss size: mae
    epochs: 2
    batch: 8
}
data { prepare: scale(0.5) }
"""


def arrays(count: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(count)
    return {
        "left": rng.integers(0, 255, (count, 1, 6, 6), dtype=np.uint8), "sound": rng.standard_normal((count, 2, 9)),
        "kind": rng.integers(0, 3, count), "size": rng.standard_normal(count),
    }  # fmt: skip


def folder(tmp_path: Path, **changed: np.ndarray | None) -> Path:
    for part, count in (("train", 20), ("test", 7)):
        result = {name: array for name, array in (arrays(count) | changed).items() if array is not None}
        np.savez(tmp_path / f"{part}.npz", **{name: array[:count] for name, array in result.items()})
    (tmp_path / "pairs.net").write_text(PAIRS)
    return tmp_path


@pytest.mark.slow
def test_a_net_of_two_inputs_and_two_losses_trains_and_is_evaluated(tmp_path: Path) -> None:
    from netspec.net.evaluation import evaluate

    data = folder(tmp_path)
    event = list(load(data / "pairs.net").train(data, out=data / "run"))[-1]
    session, found = evaluate(data / "run" / "model.onnx", data, "cpu")
    first = found.scores[next(iter(session.outputs))]
    assert (first.right, first.count) == (event.test_right, 7)
    for name, figures in event.outputs.items():
        assert (found.scores[name].loss, found.scores[name].accuracy) == (
            pytest.approx(figures.test_loss, rel=1e-5),
            figures.test_accuracy,
        )


@pytest.mark.slow
def test_mapped_arrays_give_the_same_run(tmp_path: Path) -> None:
    data = folder(tmp_path)
    for part in ("train", "test"):
        (tmp_path / "mapped" / part).mkdir(parents=True)
        with np.load(data / f"{part}.npz") as packed:
            for name in packed.files:
                np.save(tmp_path / "mapped" / part / f"{name}.npy", packed[name])
    losses = [
        [event.loss for event in load(data / "pairs.net").train(where) if hasattr(event, "number")]
        for where in (data, tmp_path / "mapped")
    ]
    assert losses[0] == losses[1]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"sound": None}, "nothing for input sound"),
        ({"size": None}, "nothing for output size"),
        ({"kind": np.full(20, 3)}, "has a class 3, but output kind gives 3"),
        ({"kind": np.full(20, -1)}, "has a class -1"),
        ({"kind": np.full(20, 0.5)}, "float64 numbers"),
        ({"size": np.zeros((20, 2))}, "numbers of 2 for output size"),
        ({"left": np.zeros((20, 1, 6, 5))}, "is 1 x 6 x 5, but the net reads 1 x 6 x 6"),
        ({"sound": np.array(["a"] * 20)}, "holds <U1"),
        ({"sound": np.array([None] * 20)}, "cannot be read"),
    ],
)
def test_what_does_not_fit_is_told(changed: dict[str, np.ndarray | None], message: str, tmp_path: Path) -> None:
    data = folder(tmp_path, **changed)
    with pytest.raises(Fault, match=message):
        list(load(data / "pairs.net").train(data))


def test_a_class_of_the_test_set_that_no_output_has_is_told_before_training(tmp_path: Path) -> None:
    data = folder(tmp_path)
    with np.load(data / "test.npz") as packed:
        np.savez(data / "test.npz", **{**packed, "kind": np.full(7, 5)})
    with pytest.raises(Fault, match="has a class 5"):
        next(iter(load(data / "pairs.net").train(data)))


def test_cifar(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 255, (5, 3, 32, 32), dtype=np.uint8)
    for name, n in (("data_batch_1.bin", 3), ("data_batch_2.bin", 2), ("test_batch.bin", 5)):
        start = 3 if name == "data_batch_2.bin" else 0
        rows = np.concatenate(
            [np.arange(start, start + n, dtype=np.uint8)[:, None], images[start : start + n].reshape(n, -1)], axis=1
        )
        (tmp_path / name).write_bytes(rows.tobytes())
    (tmp_path / "batches.meta.txt").write_text("plane\ncar\nbird\ncat\ndeer\n")
    for part in ("train", "test"):
        found = read_set(tmp_path, part)
        assert found.labels.tolist() == [0, 1, 2, 3, 4] and found.classes == ["plane", "car", "bird", "cat", "deer"]
        assert (np.moveaxis(found.images, -1, 1) == images).all()
    (tmp_path / "test_batch.bin").write_bytes(b"123")
    with pytest.raises(Fault, match="3 bytes"):
        read_set(tmp_path, "test")
