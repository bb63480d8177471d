"""A small net with its data in the current folder, trained by the command; for the tests of runs and their folders."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from netspec.cli import main

SPEC = """netspec 1
sparse table t: 2 -> 2 = band(1)
net R(part = 0.3) {
    input x: 2 x 4 x 4
    output y = x -> conv(2, 3, pad: 1, table: t) -> norm -> relu -> dropout(part) -> dense(3) -> softmax
}
train {
    optimizer: sgd(rate: 0.2)
    schedule: constant
    batch: 10
    epochs: 2
}
data { prepare: augment -> scale(1) }
"""
OURS = {
    "spec.net", "settings.json", "weights.safetensors", "log.jsonl", "metrics.csv", "model.onnx", "state.safetensors",
    "environment.json", "curves.svg", "confusion.svg", "confusion.csv", "report.html",
}  # fmt: skip
#: Those that come when an epoch is done, and at the end.
OF_EPOCHS = {"log.jsonl", "metrics.csv", "curves.svg", "confusion.svg", "confusion.csv", "report.html"}


def make_data(folder: Path, seed: int = 0, count: int = 25) -> None:
    rng = np.random.default_rng(seed)
    folder.mkdir()
    for part in ("train", "test"):
        np.savez(folder / f"{part}.npz", x=rng.random((count, 2, 4, 4), dtype="f4"), y=rng.integers(0, 3, count))


def begin() -> None:
    """The spec and its data, in the current folder."""
    Path("s.net").write_text(SPEC)
    make_data(Path("d"))


def train(*words: str, spec: str = "s.net", data: str = "d") -> int:
    return main(["train", spec, "--data", data, "--threads", "1", *words])


def content(folder: str | Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes() for path in sorted(Path(folder).rglob("*")) if path.is_file()
    }
