"""`netspec run` in constant memory: a row and a picture are not kept."""

from __future__ import annotations

import gc
import os
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from netspec.cli import main
from tests.cli.test_run import CLASSES, write


def peak(folder: str) -> int:
    """Bytes that were held at most, above those that were held before."""
    gc.collect()
    tracemalloc.start()
    try:
        assert main(["run", "m.onnx", folder, "--top", "2", "--csv", "rows.csv", "--jsonl", "rows.jsonl"]) == 0
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.slow
def test_memory_is_the_same_for_many_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not collected yet comes to a few hundred bytes a picture; names come so many at a time (`below`).

    A row that is kept is more than 700, with its path more than 1,000.
    """
    monkeypatch.chdir(tmp_path)
    write("softmax", "cross_entropy", "Softmax", CLASSES, axis=1)
    Image.fromarray(np.array([[2, 0]], np.uint8)).save("one.png")
    for folder, count in (("few", 300), ("many", 1500)):
        Path(folder).mkdir()
        for number in range(count):
            os.link("one.png", Path(folder) / f"{number:08}.png")
    peak("few")  # what is made once
    few, many = peak("few"), peak("many")
    assert len(Path("rows.jsonl").read_text(encoding="utf-8").splitlines()) == 1500
    assert many - few < 1200 * 450
