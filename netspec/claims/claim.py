"""What a claim is, and what measuring it gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from netspec.diagnostics.html import Told, page_table

if TYPE_CHECKING:
    from netspec.claims.lab import Lab
    from netspec.report.curves import Line


class Verdict(StrEnum):
    """How what was found stands to what was said."""

    HOLDS = "holds"
    FAILS = "does not hold"
    OPEN = "not decided"


@dataclass(frozen=True)
class Chart:
    """Lines by name, their values at 1, 2, 3 …; ``across`` and ``up`` name the axes."""

    title: str
    lines: Mapping[str, Line]
    across: str
    up: str


@dataclass(frozen=True)
class Drawing:
    """A picture of its own, as the bytes of an SVG or PNG file."""

    title: str
    content: bytes
    suffix: str = ".svg"


@dataclass(frozen=True)
class Finding:
    """What was found: the verdict, one or two sentences with the figures, a table, and what is drawn."""

    verdict: Verdict
    found: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    drawn: Sequence[Chart | Drawing] = ()

    def _repr_html_(self) -> str:
        return page_table(f"{self.verdict}: {self.found}", self.head, self.rows)


@dataclass(frozen=True)
class Claim(Told):
    """``minutes`` are those of two cores with three seeds; ``pictures`` says whether it reads any of ``--data``."""

    name: str
    claim: str
    source: str
    measured: str
    minutes: float
    measure: Callable[[Lab], Finding] = field(repr=False)
    pictures: bool = False


def claim(
    text: str, *, source: str, measured: str, minutes: float, pictures: bool = False
) -> Callable[[Callable[[Lab], Finding]], Claim]:
    """Make a claim of the function that measures it; its name is that of the file, with dashes."""

    def made(measure: Callable[[Lab], Finding]) -> Claim:
        name = measure.__module__.rpartition(".")[2].replace("_", "-")
        return Claim(name, text, source, measured, minutes, measure, pictures)

    return made
