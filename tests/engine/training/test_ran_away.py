"""Numbers that run away: what is said of the weights is true."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netspec.diagnostics import Fault
from netspec.engine.training.events import Epoch
from netspec.net import load


@pytest.mark.parametrize(
    ("schedule", "epochs", "told"),
    [
        ("step(at: [0], factor: 1e30)", 0, "no epoch was finished: there are no weights to go back to"),
        ("step(at: [1], factor: 1e30)", 1, "`clip: 1` or a warm-up"),
        ("step(at: [2], factor: 1e30)", 2, "`clip: 1` or a warm-up"),
    ],
)
def test_weights_are_spoken_of_only_where_there_are_some(schedule: str, epochs: int, told: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for part in ("train", "test"):
        np.savez(tmp_path / f"{part}.npz", x=rng.standard_normal((8, 2)), y=rng.standard_normal((8, 1)))
    path = tmp_path / "a.net"
    path.write_text(
        "netspec 1\nnet A {\n input x: 2\n output y = x -> dense(4) -> dense(1)\n}\n"
        f"train {{ schedule: {schedule}\n epochs: 4\n batch: 4 }}\n"
    )
    done: list[Any] = []
    with pytest.raises(Fault) as raised:
        done.extend(event for event in load(path).train(tmp_path, seed=1, workers=1) if isinstance(event, Epoch))
    assert raised.value.code == "N704" and raised.value.help is not None and raised.value.help.endswith(told)
    assert len(done) == epochs
