"""What a run gave as one page of HTML that needs no other file: every text is escaped by the template's engine."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

#: Rows of a table that a page has at most.
MOST_ROWS = 500


@dataclass(frozen=True)
class Table:
    """A head and rows of cells; ``left`` columns are aligned to the left, the others to the right."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    left: int = 1

    @property
    def shown(self) -> Sequence[Sequence[str]]:
        """The rows that are shown."""
        return self.rows[:MOST_ROWS]

    @property
    def more(self) -> int:
        """How many are not."""
        return max(0, len(self.rows) - MOST_ROWS)


@dataclass(frozen=True)
class Picture:
    """An image's address, and the lines below it; of a ``coarse`` one each pixel is to be seen."""

    uri: str
    lines: Sequence[str] = ()
    coarse: bool = True


@dataclass(frozen=True)
class Judged:
    """How an output tells classes apart: a row for each, the confusion matrix as SVG, its worst mistakes."""

    output: str
    classes: Table
    confusion: str | None
    mistakes: Sequence[Picture] = ()
    wrong: Table | None = None
    count: int = 0


@dataclass(frozen=True)
class Page:
    """Texts and SVGs (``curves``, ``figure``, the matrices) of a run; ``tables`` by their headings."""

    title: str
    verdict: str
    facts: Mapping[str, str]
    curves: str | None = None
    part: str = ""
    judged: Sequence[Judged] = ()
    kernels: Picture | None = None
    figure: str | None = None
    tables: Mapping[str, Table] = field(default_factory=dict)


def html(page: Page) -> str:
    """The page as HTML."""
    return page_of("page.html", page=page)


def page_of(template: str, **values: Any) -> str:
    """A template of this folder, filled in; every text is escaped."""
    import jinja2

    engine = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return engine.get_template(template).render(**values)
