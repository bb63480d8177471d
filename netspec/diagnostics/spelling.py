"""Did you mean …? The nearest known name, or none."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
from collections.abc import Iterable
from functools import lru_cache
from itertools import islice

#: No more names than these are compared, and none that are longer.
MOST, LONGEST = 1_000, 64


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that differs only by case, or that others call so; else the closest within a third of its length.

    Of equals it is the one that starts alike.
    """
    names = sorted(set(islice(known, MOST)))
    for other in names:
        if other.lower() == name.lower():
            return other
    from netspec.diagnostics.synonyms import ours

    return ours(name, names) or _closest(name, names)


def _closest(name: str, names: list[str]) -> str | None:
    if not 1 < len(name) <= LONGEST:
        return None
    lowered, letters = name.lower(), _letters(name.lower())
    best: tuple[int, bool, str] | None = None
    for other in names:
        bound = max(1, max(len(name), len(other)) // 3)
        if not other or len(other) > LONGEST or abs(len(name) - len(other)) > bound:
            continue
        if (_letters(other.lower()) & ~letters).bit_count() > bound:  # each letter that is missing is an edit
            continue
        found = distance(lowered, other.lower()), other[:1] != name[:1], other
        if found[0] <= bound and (best is None or found < best):
            best = found
    return best[-1] if best else None


@lru_cache(maxsize=4096)
def _letters(name: str) -> int:
    """The letters of a name as bits."""
    bits = 0
    for c in name:
        bits |= 1 << (ord(c) & 63)
    return bits


def did_you_mean(name: str, known: Iterable[str], otherwise: str = "") -> str:
    """Help for an unknown name: what to do in its place, the nearest known one, or ``otherwise``."""
    from netspec.diagnostics.synonyms import advice

    names = list(islice(known, MOST))
    text = advice(name, names) if name not in names else None
    if text:
        return text
    guess = nearest(name, names)
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
