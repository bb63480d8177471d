"""The learning rate's multiple over time, by hand."""

from __future__ import annotations

from fractions import Fraction
from math import cos, pi
from pathlib import Path

import numpy as np
import pytest

from netspec.diagnostics import SpecError
from netspec.engine.training.events import Epoch
from netspec.engine.training.optimiser import Optimiser
from netspec.engine.training.schedule import Schedule
from netspec.net import load


def schedule(folder: Path, said: str, epochs: int = 10) -> Schedule:
    path = folder / "a.net"
    path.write_text(
        "netspec 1\nnet A {\n input x: 2\n output y = x -> dense(1)\n}\n"
        f"train {{ schedule: {said}\n epochs: {epochs} }}\n"
    )
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
        ("step(every: 1, factor: 0.5)", {0: 1, 0.99: 1, 1: 0.5, 9: 0.5**9}),
        ("step(at: [0, 1], factor: 0.5)", {0: 0.5, 0.99: 0.5, 1: 0.25}),
        ("poly", {0: 1, 2.5: 0.75, 10: 0}),
        ("warmup(5) -> poly", {2.5: 0.5, 5: 1, 7.5: 0.5, 10: 0}),
        ("warmup(10) -> cosine", {5: 0.5, 9.9: 0.99}),
        ("warmup(3) -> plateau(2)", {1.5: 0.5, 3: 1, 9: 1}),
    ],
)  # fmt: skip
def test_multiples(said: str, wanted: dict[float, float], tmp_path: Path) -> None:
    found = schedule(tmp_path, said)
    assert {at: found.at(at) for at in wanted} == pytest.approx(wanted)


def by_the_contract(said: str, epochs: int, steps: int) -> list[float]:
    """The multiple of every step of a training, from what docs/language.md and the papers say: step i of the n of a
    warm-up has i/n, counted from 1; all others tell it from the epochs that have passed when a step begins."""
    multiples = []
    for step in range(epochs * steps):
        time = Fraction(step, steps)
        multiples.append({
            "constant": lambda at: 1.0,
            "cosine": lambda at: 0.5 * (1 + cos(pi * float(at / epochs))),
            "poly(2)": lambda at: float(1 - at / epochs) ** 2,
            "poly": lambda at: float(1 - at / epochs),
            "step(every: 2, factor: 0.5)": lambda at: 0.5 ** (at // 2),
            "step(at: [1, 3], factor: 0.1)": lambda at: 0.1 ** sum(at >= when for when in (1, 3)),
            "warmup(2)": lambda at: min((at * steps + 1) / (2 * steps), 1),
            "warmup(0.5)": lambda at: min((at * steps + 1) / Fraction(steps, 2), 1),
            "warmup(2) -> cosine": lambda at: (at * steps + 1) / (2 * steps) if at < 2
            else 0.5 * (1 + cos(pi * float((at - 2) / (epochs - 2)))),
            "warmup(2) -> poly": lambda at: (at * steps + 1) / (2 * steps) if at < 2
            else float(1 - (at - 2) / (epochs - 2)),
            "warmup(1.5) -> step(at: [3], factor: 0.1)": lambda at: min((at * steps + 1) / Fraction(3 * steps, 2),
                1) if at < 1.5 else 0.1 ** (at >= 3),
        }[said](time))  # fmt: skip
    return [float(multiple) for multiple in multiples]


@pytest.mark.parametrize("steps", [1, 3, 7])
@pytest.mark.parametrize("said", [
    "constant", "cosine", "poly(2)", "poly", "step(every: 2, factor: 0.5)", "step(at: [1, 3], factor: 0.1)",
    "warmup(2)", "warmup(0.5)",
    "warmup(2) -> cosine", "warmup(2) -> poly", "warmup(1.5) -> step(at: [3], factor: 0.1)",
])  # fmt: skip
def test_every_step_of_a_training(said: str, steps: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    epochs, multiples = 5, []
    for part in ("train", "test"):
        np.savez(tmp_path / f"{part}.npz", x=np.ones((2 * steps - 1, 2)), y=np.ones((2 * steps - 1, 1)))
    text = "netspec 1\nnet A {\n input x: 2\n output y = x -> dense(1)\n}\n"
    text += f"train {{ schedule: {said}\n epochs: {epochs}\n batch: 2 }}\n"
    (tmp_path / "a.net").write_text(text)
    measure = Optimiser.finite
    monkeypatch.setattr(Optimiser, "finite", lambda self, loss: multiples.append(self.multiple) or measure(self, loss))
    rates = [
        event.rate for event in load(tmp_path / "a.net").train(tmp_path, seed=1, workers=1) if isinstance(event, Epoch)
    ]
    wanted = by_the_contract(said, epochs, steps)
    assert multiples[::2] == pytest.approx(wanted)  # asked once in the step and once after it
    assert multiples[1::2] == pytest.approx(wanted)
    assert rates == pytest.approx([0.01 * multiple for multiple in wanted[steps - 1 :: steps]])


def test_no_step_of_a_warm_up_is_lost(tmp_path: Path) -> None:
    found = schedule(tmp_path, "warmup(2) -> cosine")
    assert [found.at(step / 4, 1 / 4) for step in range(9)] == pytest.approx(
        [1 / 8, 2 / 8, 3 / 8, 4 / 8, 5 / 8, 6 / 8, 7 / 8, 1, 1]
    )


@pytest.mark.parametrize(
    "said", ["warmup(2) -> warmup(3)", "warmup(2) -> warmup(3) -> cosine", "warmup(1) -> warmup(1) -> warmup(1)"]
)
def test_a_second_warm_up_is_an_error(said: str, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="N504"):
        schedule(tmp_path, said)


def test_a_plateau_waits_for_its_patience(tmp_path: Path) -> None:
    found = schedule(tmp_path, "plateau(2, 0.5)")
    multiples = []
    for loss in (3.0, 2.0, 2.0, 2.5, 1.9, 2.0, 2.0, 2.0, 2.0):
        found.seen(loss)
        multiples.append(found.at(1))
    assert multiples == [1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.125]


@pytest.mark.parametrize(
    ("losses", "multiple"),
    [
        ([3.0], 1.0),
        ([3.0, 3.0], 1.0),  # one epoch without a fall
        ([3.0, 3.0, 3.0], 0.5),  # an equal loss has not fallen
        ([3.0, 3.1, 2.9, 3.0, 2.8], 1.0),  # a fall in time begins anew
        ([3.0, 4.0, 5.0, 4.0, 3.5], 0.25),  # better than before, not better than the best
        ([3.0, 4.0, 5.0, 2.0, 2.0], 0.5),
    ],
)  # fmt: skip
def test_a_plateau_at_its_corners(losses: list[float], multiple: float, tmp_path: Path) -> None:
    found = schedule(tmp_path, "plateau(2, 0.5)")
    for loss in losses:
        found.seen(loss)
    assert found.at(9) == multiple


def test_a_plateau_behind_a_warm_up_lowers_the_rate_that_the_warm_up_came_to(tmp_path: Path) -> None:
    found = schedule(tmp_path, "warmup(4) -> plateau(1, 0.5)")
    for loss in (1.0, 1.0, 1.0):
        found.seen(loss)
    assert [found.at(at) for at in (2, 4)] == [0.5, 0.25]


def test_what_a_plateau_remembers_goes_on(tmp_path: Path) -> None:
    first = schedule(tmp_path, "plateau(3, 0.5)")
    for loss in (1.0, 2.0, 2.0, 2.0, 2.0):
        first.seen(loss)
    assert first.memory() == (0.5, 1.0, 1)
    again = Schedule(first.steps, first.epochs, *first.memory())
    for loss in (2.0, 2.0):
        again.seen(loss)
    assert again.memory() == (0.25, 1.0, 0)


def test_no_plateau_hears_nothing(tmp_path: Path) -> None:
    found = schedule(tmp_path, "cosine")
    for _ in range(50):
        found.seen(1.0)
    assert found.at(5) == pytest.approx(0.5)
