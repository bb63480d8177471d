"""What notebooks show: tables and texts as plain HTML, every text escaped, in the page's own colours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from html import escape
from typing import Any, cast

from netspec.diagnostics.printable import printable
from netspec.diagnostics.shortened import shortened


def page_table(
    title: str,
    head: Sequence[object],
    rows: Iterable[Sequence[object]],
    sums: Iterable[Sequence[object]] = (),
    texts: int = 1,
) -> str:
    """A table under its title; the first ``texts`` columns are aligned to the left, ``sums`` stand below in bold."""
    body = "".join(_row("td", row, texts) for row in rows)
    foot = "".join(_row("th", row, texts) for row in sums)
    return (
        f"<table><caption>{_text(title)}</caption><thead>{_row('th', head, texts)}</thead>"
        f"<tbody>{body}</tbody>{f'<tfoot>{foot}</tfoot>' if foot else ''}</table>"
    )


def page_text(text: str) -> str:
    """Lines as they are."""
    return f"<pre>{escape(printable(text, keep=chr(10)))}</pre>"


class Told:
    """A dataclass that a notebook shows as a table of its fields, but for those that its repr leaves out."""

    def _repr_html_(self) -> str:
        given = ((field.name, getattr(self, field.name)) for field in fields(cast(Any, self)) if field.repr)
        rows = ((name, shortened(_brief(value))) for name, value in given if not callable(value))
        return page_table(type(self).__name__, ("", ""), rows, texts=2)


def _brief(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else f"{value:,}" if type(value) is int else str(value)


def _row(cell: str, values: Sequence[object], texts: int) -> str:
    sides = ("left" if at < texts else "right" for at in range(len(values)))
    cells = (
        f'<{cell} style="text-align:{side}">{_text(value)}</{cell}>' for side, value in zip(sides, values, strict=True)
    )
    return f"<tr>{''.join(cells)}</tr>"


def _text(value: object) -> str:
    return escape(printable(value))
