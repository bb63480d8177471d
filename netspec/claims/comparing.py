"""Nets trained alike, side by side: what most claims measure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import fmean

from netspec import Net
from netspec.claims.claim import Chart, Verdict
from netspec.claims.deciding import spread, together
from netspec.claims.lab import Lab, Learned
from netspec.claims.pictures import Pictures
from netspec.diagnostics import Fault

#: The trainings of each seed, by what is compared.
Runs = Mapping[str, Sequence[Learned]]
#: Whether ours are better than others, or as good: ``better`` and ``as_good``.
Judge = Callable[[Sequence[float], Sequence[float], int], Verdict]
#: Rates that are tried, and the epochs of a trial.
RATES, TRIAL = (0.01, 0.03, 0.1), 3
#: Steps whose mean loss is looked at: that of one batch alone says little.
WINDOW = 20
HEAD = ("", "parameters", "macs", "last training loss", "right in training", "right in the test")


def compared(
    lab: Lab, nets: Mapping[str, Net], pictures: Pictures, epochs: int, rates: Mapping[str, float] | None = None
) -> Runs:
    """Train each net with every seed, on the same pictures in the same order; at its spec's rate if none is given."""
    asked = rates or {}
    return {
        name: [lab.learn(net, pictures, epochs, seed, rate=asked.get(name)) for seed in lab.seeds]
        for name, net in nets.items()
    }


def best_rates(lab: Lab, nets: Mapping[str, Net], pictures: Pictures) -> dict[str, float]:
    """The rate of each net from a short grid."""
    return {name: best_rate(lab, net, pictures, RATES) for name, net in nets.items()}


def best_rate(lab: Lab, net: Net, pictures: Pictures, rates: Sequence[float]) -> float:
    """The rate with the most right answers on the last fifth of the training part, on the mean of the seeds."""
    tried = rates[: lab.few(len(rates), 1)]
    return max(tried, key=lambda rate: fmean(_trial(lab, net, pictures, seed, rate) for seed in lab.seeds))


def _trial(lab: Lab, net: Net, pictures: Pictures, seed: int, rate: float) -> float:
    """The share of right answers after a few epochs; 0 where it diverges."""
    try:
        return lab.learn(net, pictures.validating(), TRIAL, seed, rate).accuracy
    except Fault as fault:
        if fault.code != "N704":
            raise
        return 0.0


def tests(runs: Runs) -> dict[str, list[float]]:
    """The shares of right answers at the end, a seed each."""
    return {name: [run.accuracy for run in of] for name, of in runs.items()}


def last_losses(runs: Runs) -> dict[str, list[float]]:
    """The last training losses, a seed each."""
    return {name: [run.losses[-1] for run in of] for name, of in runs.items()}


def steps_until(losses: Sequence[float], level: float) -> int:
    """Steps until the mean loss of WINDOW in a row is at or below a level; all of them where it never is."""
    ends = range(WINDOW, len(losses) + 1)
    return next((n for n in ends if fmean(losses[n - WINDOW : n]) <= level), len(losses))


def residual_units(paths: Iterable[str]) -> list[str]:
    """The units of `residual.net` or `path_lengths.net`, in order, from the paths of weights."""
    return list(dict.fromkeys(path.split("/path/")[0] for path in paths if "/path/" in path))


def learnt(runs: Runs, least: float = 0.2) -> Verdict:
    """Not decided where a training has got fewer of its own examples right: then those of others say nothing."""
    return Verdict.HOLDS if all(run.accuracies[-1] >= least for of in runs.values() for run in of) else Verdict.OPEN


def side_by_side(judge: Judge, runs: Runs, ours: str, others: str, count: int, least: float = 0.2) -> Verdict:
    """``judge`` by the shares of right answers of two nets, on ``count`` examples; ``least`` is that of ``learnt``."""
    right = tests(runs)
    return together([judge(right[ours], right[others], count), learnt(runs, least)])


def rows(runs: Runs) -> list[tuple[str, ...]]:
    """A row for each net, below HEAD: medians and ranges of the seeds."""
    return [
        (
            name,
            f"{of[0].net.parameters:,}",
            f"{of[0].net.summary()['macs']:,}",
            spread([run.losses[-1] for run in of], ".3f"),
            spread([run.accuracies[-1] for run in of]),
            spread([run.accuracy for run in of]),
        )
        for name, of in runs.items()
    ]


def loss_chart(runs: Runs, title: str) -> Chart:
    """The training losses of the first seed."""
    return Chart(
        f"{title}: training loss, first seed", {name: of[0].losses for name, of in runs.items()}, "epoch", "loss"
    )


def test_chart(runs: Runs, title: str) -> Chart:
    """The shares of right answers of the first seed, epoch by epoch."""
    return Chart(
        f"{title}: right in the test, first seed", {n: of[0].tests for n, of in runs.items()}, "epoch", "share"
    )
