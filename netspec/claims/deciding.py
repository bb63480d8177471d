"""When a sentence holds: with every seed, and by more than the test set's own chance.

A difference of two shares of right answers counts where it is larger than two standard errors of what so many examples
give: a half of that would come up by chance in one of six comparisons.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from math import sqrt
from statistics import fmean, median

from netspec.claims.claim import Verdict

#: Standard errors from which on a difference counts.
ERRORS = 2.0


def decided(outcomes: Iterable[bool]) -> Verdict:
    """Holds where every seed agrees, does not hold where none does, and is not decided otherwise."""
    found = list(outcomes)
    if not found:
        return Verdict.OPEN
    return Verdict.HOLDS if all(found) else Verdict.OPEN if any(found) else Verdict.FAILS


def together(verdicts: Iterable[Verdict]) -> Verdict:
    """Of several parts of a sentence: it holds with all of them, and does not where one of them does not."""
    found = set(verdicts)
    return Verdict.FAILS if Verdict.FAILS in found else Verdict.OPEN if Verdict.OPEN in found else Verdict.HOLDS


def error(shares: Sequence[float], count: int) -> float:
    """The standard error of the mean of shares of right answers, each of ``count`` examples."""
    mean = fmean(shares)
    return sqrt(mean * (1 - mean) / (count * len(shares)))


def better(ours: Sequence[float], others: Sequence[float], count: int) -> Verdict:
    """Whether more is right here than there, seed by seed and by more than chance; ``count`` examples test each."""
    differences = [a - b for a, b in zip(ours, others, strict=True)]
    least = ERRORS * sqrt(error(ours, count) ** 2 + error(others, count) ** 2)
    if abs(fmean(differences)) <= least:
        return Verdict.OPEN
    return decided(difference > 0 for difference in differences)


def as_good(ours: Sequence[float], others: Sequence[float], count: int) -> Verdict:
    """Whether no less is right here than there, but for what chance and one point in a hundred explain.

    That is asked of the mean; where the mean is worse, of every seed.
    """
    least = max(0.01, ERRORS * sqrt(error(ours, count) ** 2 + error(others, count) ** 2))
    if fmean(ours) - fmean(others) > -least:
        return Verdict.HOLDS
    return decided(a - b > -least for a, b in zip(ours, others, strict=True))


def ordered(values: Mapping[str, Sequence[float]], names: Sequence[str]) -> Verdict:
    """Whether the values rise from name to name, with every seed; it does not hold where no seed has that order."""
    return decided(all(a < b for a, b in pairwise(row)) for row in zip(*(values[n] for n in names), strict=True))


def rising(values: Mapping[str, Sequence[float]]) -> list[str]:
    """The names from the smallest median to the largest."""
    return sorted(values, key=lambda name: median(values[name]))


def spread(values: Sequence[float], form: str = ".1%") -> str:
    """Median and range, as a table has them: `97.1% (96.8% to 97.3%)`."""
    low, middle, high = (format(value, form) for value in (min(values), median(values), max(values)))
    return middle if low == high else f"{middle} ({low} to {high})"
