"""The learning rate's multiple over time, by hand."""

from __future__ import annotations

from math import cos, pi
from pathlib import Path

import pytest

from netspec.engine.schedule import Schedule
from netspec.net import load


def schedule(folder: Path, said: str, epochs: int = 10) -> Schedule:
    path = folder / "a.net"
    path.write_text(f"netspec 1\nnet A {{\n input x: 2\n output y = x -> dense(1)\n}}\ntrain {{ schedule: {said}\n epochs: {epochs} }}\n")
    train = load(path).train_settings
    return Schedule(train.schedule, train.epochs)


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("constant", {0: 1, 9.9: 1}),
        ("step(every: 3, factor: 0.5)", {0: 1, 2.9: 1, 3: 0.5, 5.9: 0.5, 6: 0.25, 9: 0.125}),
        ("step(at: [4, 8], factor: 0.1)", {3.9: 1, 4: 0.1, 7.9: 0.1, 8: 0.01}),
        ("cosine", {0: 1, 5: 0.5, 2.5: 0.5 * (1 + cos(pi / 4)), 10: 0}),
        ("poly(2)", {0: 1, 5: 0.25, 9: 0.01, 10: 0}),
        ("warmup(2) -> cosine", {0: 0, 1: 0.5, 2: 1, 6: 0.5, 10: 0}),
        ("warmup(2) -> step(at: [4], factor: 0.1)", {0.5: 0.25, 3: 1, 4: 0.1}),
        ("warmup(4)", {1: 0.25, 4: 1, 9: 1}),
    ],
)  # fmt: skip
def test_multiples(said: str, wanted: dict[float, float], tmp_path: Path) -> None:
    found = schedule(tmp_path, said)
    assert {at: found.at(at) for at in wanted} == pytest.approx(wanted)


def test_a_plateau_waits_for_its_patience(tmp_path: Path) -> None:
    found = schedule(tmp_path, "plateau(2, 0.5)")
    multiples = []
    for loss in (3.0, 2.0, 2.0, 2.5, 1.9, 2.0, 2.0, 2.0, 2.0):
        found.seen(loss)
        multiples.append(found.at(1))
    assert multiples == [1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.125]
