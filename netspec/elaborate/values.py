"""What expressions come to, and how an error speaks of it."""

from __future__ import annotations

from typing import Any

from netspec.diagnostics import printable
from netspec.elaborate.scope import Value
from netspec.shape import show
from netspec.tables import KernelTable, Table

#: So many items of a list, and signs of a value, does a figure show.
BRIEF, LONGEST = 6, 24


class Size(tuple[int, ...]):
    """A size, ``3 x 1``: a tuple that errors and files write with an x."""

    def __str__(self) -> str:
        return show(self)


class Items(list[Any]):
    """A list that knows how many items it has, with those of the lists in it.

    Lists can share lists, so that a few lines hold more than any machine does: ask this before walking one.
    """

    leaves = 1
    depth = 1

    @staticmethod
    def of(values: list[Any]) -> Items:
        """A list with its figures."""
        result = Items(values)
        result.leaves = 1 + sum(map(leaves, values))
        result.depth = 1 + max((value.depth for value in values if isinstance(value, Items)), default=0)
        return result


def leaves(value: Any) -> int:
    """How much a value holds: 1 for what is no list, more for a long string."""
    if isinstance(value, Items):
        return value.leaves
    if isinstance(value, list):
        return 1 + sum(map(leaves, value))
    return 1 + len(value) // 16 if isinstance(value, str) else 1


def describe(value: Any) -> str:
    """A value in the words of an error."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value[:40]}"'
    if isinstance(value, Size):
        return f"the size {value}"
    if isinstance(value, list):
        return (
            f"a list of {len(value)}"
            if len(value) > 6 or leaves(value) > 20
            else "[" + ", ".join(map(describe, value)) + "]"
        )
    if isinstance(value, Table):
        return f"the table {value.name}"
    if isinstance(value, KernelTable):
        return f"the kernel table {value.name}"
    if isinstance(value, Value):
        return f"the value {value.label}"
    if isinstance(value, tuple):
        return "several values"
    return short(value)


def brief(value: Any) -> str:
    """A value as a figure shows it: as a file writes it, without quotes, and cut where it is long."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        text = f"[{', '.join(map(brief, value[:BRIEF]))}{', …' if len(value) > BRIEF else ''}]"
    elif isinstance(value, Table | KernelTable):
        text = value.name
    else:
        text = f"{value:.6g}" if isinstance(value, float) else printable(short(value)[: 2 * LONGEST])
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def short(value: Any) -> str:
    """A number, cut where it is long."""
    if isinstance(value, int) and abs(value) >= 10**20:
        return "a number of more than 20 digits"
    return f"{value:.12g}" if isinstance(value, float) else str(value)
