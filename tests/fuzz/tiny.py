"""A training of a moment, to be broken in every way: its files, and what it comes to when nothing breaks it."""

from __future__ import annotations

import json
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from netspec.interop.weight_files import load_weights
from netspec.net import load

SPEC = """netspec 1
net R(part = 0.3) {
    input x: 1 x 4 x 4
    output y = x -> conv(2, 3) -> norm -> relu -> dropout(part) -> dense(3) -> softmax
}
train {
    optimizer: sgd(rate: 0.1, momentum: 0.9)
    schedule: constant
    batch: 8
    average: 0.9
    epochs: 4
}
"""
FINAL = ("weights.safetensors", "model.onnx", "state.safetensors")
FILES = (*FINAL, "log.jsonl", "settings.json", "spec.net")


def prepare(folder: Path) -> None:
    """The spec and its data in a folder."""
    (folder / "s.net").write_text(SPEC)
    (folder / "d").mkdir()
    rng = np.random.default_rng(0)
    for part in ("train", "test"):
        np.savez(folder / "d" / f"{part}.npz", x=rng.random((20, 1, 4, 4), dtype="f4"), y=rng.integers(0, 3, 20))


def train(folder: Path, **more: Any) -> None:
    """Train to the end, or wherever it breaks."""
    for _ in load(folder / "s.net").train(folder / "d", workers=1, **{"epochs": 4, **more}):
        pass


@cache
def unbroken(epochs: int = 4) -> dict[str, bytes]:
    """The files of the run that nothing breaks."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder)
        train(folder, out=folder / "a", epochs=epochs)
        return {path.name: path.read_bytes() for path in (folder / "a").iterdir()}


#: What tells of a run that has ended; where it cannot be written, the run is whole all the same.
REPORT = {"report.html", "curves.svg", "confusion.svg", "confusion.csv"}


def same_end(run: Path, reported: bool = True) -> None:
    """A run has come to what the unbroken one came to, and has nothing that is not its own.

    Unless it is ``reported``, it may lack what tells of it.
    """
    whole = unbroken()
    names = {path.name for path in run.iterdir()}
    assert names <= set(whole) and set(whole) - names <= (set() if reported else REPORT), names ^ set(whole)
    for name in FINAL:
        assert (run / name).read_bytes() == whole[name], name
    rows = [
        [{**json.loads(line), "seconds": 0} for line in text.splitlines()]
        for text in ((run / "log.jsonl").read_bytes(), whole["log.jsonl"])
    ]
    assert rows[0] == rows[1]


def intact(run: Path) -> None:
    """Whatever stands under a final name is whole."""
    import onnx

    for path in run.iterdir() if run.is_dir() else ():
        if path.suffix == ".safetensors":
            load_weights(path)
        elif path.suffix == ".onnx":
            onnx.checker.check_model(onnx.load_from_string(path.read_bytes()))
        elif path.name == "settings.json":
            json.loads(path.read_bytes())
        elif path.name == "log.jsonl":
            assert all(isinstance(json.loads(line), dict) for line in path.read_bytes().splitlines())
        elif path.name == "spec.net":
            load(path)
