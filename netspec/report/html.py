"""A table for notebooks: plain HTML, every text escaped, in the page's own colours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from netspec.diagnostics import printable


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


def _row(cell: str, values: Sequence[object], texts: int) -> str:
    sides = ("left" if at < texts else "right" for at in range(len(values)))
    cells = (
        f'<{cell} style="text-align:{side}">{_text(value)}</{cell}>' for side, value in zip(sides, values, strict=True)
    )
    return f"<tr>{''.join(cells)}</tr>"


def _text(value: object) -> str:
    return escape(printable(value))
