"""The largest batch that fits, against a search of all, and in few plans."""

from __future__ import annotations

import random
from typing import Any

import pytest

from netspec import machine
from netspec.diagnostics import Fault
from netspec.net.budget import Budget, in_words, largest


@pytest.mark.parametrize("seed", range(300))
def test_it_is_the_largest(seed: int) -> None:
    draw = random.Random(seed)
    most, fixed, slope, step = draw.randint(1, 500), draw.randint(0, 1000), draw.randint(0, 50), draw.randint(1, 40)
    tried: list[int] = []

    def bytes_of(batch: int) -> int:
        tried.append(batch)
        return fixed + slope * batch + 700 * (batch // step) * draw_steps

    draw_steps = draw.randint(0, 1)
    memory = draw.randint(0, 30_000)
    found = largest(bytes_of, memory, most)
    assert found == max(
        (n for n in range(1, most + 1) if fixed + slope * n + 700 * (n // step) * draw_steps <= memory), default=0
    )
    assert len(tried) == len(set(tried)) and len(tried) <= 30
    assert all(1 <= batch <= most for batch in tried)


def test_a_straight_line_is_met_in_few_steps() -> None:
    tried: list[int] = []

    def bytes_of(batch: int) -> int:
        tried.append(batch)
        return 5_000_000 + 113_000_000 * batch

    assert largest(bytes_of, 8_000_000_000, 2**20) == 70
    assert len(tried) <= 7


# ---- what a training may take


class Straight:
    """A net whose training takes 100 bytes an example, and 60 with activations computed again."""

    def training_bytes(self, batch: int, workers: int | None, recompute: bool) -> int:
        return (60 if recompute else 100) * batch

    def largest_batch(self, memory: int, workers: int | None, recompute: bool, most: int) -> int:
        return min(memory // (60 if recompute else 100), most)


def settled(
    monkeypatch: pytest.MonkeyPatch, free: int | None, budget: Budget, batch: int = 64, examples: int = 1000
) -> Any:
    found = None if free is None else machine.Memory(free, "what the machine has free")
    monkeypatch.setattr(machine, "memory", lambda: found)
    return budget.settle(Straight(), batch, examples, None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("free", "budget", "result"),
    [
        (None, Budget(), (64, False)),  # nobody says a limit
        (None, Budget(recompute=True), (64, True)),
        (6400, Budget(), (64, False)),  # just fits
        (6399, Budget(), (64, True)),  # fits with activations computed again
        (3840, Budget(), (64, True)),
        (None, Budget(8000), (64, False)),  # never larger than the spec's
        (None, Budget(6400), (64, False)),
        (None, Budget(6399), (64, True)),  # the spec's batch, with activations computed again
        (None, Budget(3840), (64, True)),
        (None, Budget(3839), (63, True)),  # the largest that fits
        (None, Budget(60), (1, True)),
        (None, Budget(8000, recompute=True), (64, True)),
        (None, Budget(8000, asked=True), (64, False)),  # a batch that is given stays
        (None, Budget(4000, asked=True), (64, True)),
        (3000, Budget(10**9), (50, True)),  # what is asked for makes the machine no larger
        (10**9, Budget(3000), (50, True)),
    ],
)
def test_the_batch_and_how_it_fits(
    free: int | None, budget: Budget, result: tuple[int, bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert settled(monkeypatch, free, budget) == result


def test_no_batch_is_larger_than_the_training_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settled(monkeypatch, 1500, Budget(), examples=15) == (15, False)
    assert settled(monkeypatch, None, Budget(10**6), examples=15) == (15, False)


@pytest.mark.parametrize(
    ("free", "budget", "limit", "advice"),
    [
        (
            3839,
            Budget(),
            ": what the machine has free",
            "use a batch of 63, the largest that fits, with `--checkpoint-activations`",
        ),
        (
            None,
            Budget(3000, asked=True),
            "",
            "use a batch of 50, the largest that fits, with `--checkpoint-activations`",
        ),
        (59, Budget(), ": what the machine has free", "give training more memory: not even one example fits"),
        (None, Budget(59), "", "give training more memory: not even one example fits"),
    ],
)
def test_what_does_not_fit_names_the_limit_and_what_would(
    free: int | None, budget: Budget, limit: str, advice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Fault) as caught:
        settled(monkeypatch, free, budget)
    assert (caught.value.code, caught.value.help) == ("N712", advice)
    assert caught.value.message.endswith(f"may be used{limit}")


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0.0 MB"), (1_500_000, "1.5 MB"), (10**9 - 10**6, "999.0 MB"), (10**9, "1.00 GB")]
)
def test_bytes_in_words(count: int, text: str) -> None:
    assert in_words(count) == text
