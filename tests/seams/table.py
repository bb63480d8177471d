"""The table of places, as CONTRIBUTING.md has it."""

from __future__ import annotations

from tests.seams.places import SEAMS, Seam

HEAD = ("| a new | is declared as | and needs | in the tests | in the documents |", "| --- | --- | --- | --- | --- |")


def rows() -> list[str]:
    """The table, a line a row."""
    return [*HEAD, *map(_row, SEAMS)]


def _row(seam: Seam) -> str:
    cells = [
        "; ".join(place.where for place in seam.places if place.kind == kind) for kind in ("source", "tests", "docs")
    ]
    return f"| {' | '.join((seam.thing, seam.declaration, *cells))} |"
