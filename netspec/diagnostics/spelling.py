"""Did you mean …? The nearest known name, or none."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that differs only by case, else the closest within a third of its length; of equals the one that starts alike."""
    names = sorted(set(known))
    for other in names:
        if other.lower() == name.lower():
            return other
    scored = sorted((distance(name.lower(), other.lower()), other[:1] != name[:1], other) for other in names if other)
    if scored and scored[0][0] <= max(1, max(len(name), len(scored[0][-1])) // 3) and len(name) > 1:
        return scored[0][-1]
    return None


def did_you_mean(name: str, known: Iterable[str], otherwise: str = "") -> str:
    """Help for an unknown name: the nearest known one, or ``otherwise``."""
    guess = nearest(name, known)
    return f"did you mean `{guess}`?" if guess else otherwise


def distance(a: str, b: str) -> int:
    """Edits that turn ``a`` into ``b``; two neighbours swapped count one (optimal string alignment)."""
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        last, row, older = row, [i], before
        before = last
        for j, y in enumerate(b, 1):
            best = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                best = min(best, older[j - 2] + 1)
            row.append(best)
    return row[-1]
