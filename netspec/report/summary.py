"""The table of a net: a row for each layer and the sums, as text and as HTML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from netspec.report.columns import columns, number
from netspec.report.html import page_table

#: Columns that are texts; the others are numbers.
_TEXTS = 3


def table(
    summary: Mapping[str, Any], seen: Mapping[str, tuple[str, str, str]] | None = None, bold: bool = False
) -> str:
    """What `netspec show` prints of a net's summary, with what each layer ``seen`` of the input where that is given.

    ``bold`` writes head and sums so, for a terminal.
    """
    rows, sums = list(_rows(summary, seen or {})), list(_sums(summary))
    heavy = {0, *range(len(rows), len(rows) + len(sums))} if bold else ()
    lines = columns([*rows, *sums], 2, heavy)
    if summary["macs"] is None:
        lines.append("costs marked - depend on a free size: give it a number with --at")
    return "\n".join(lines)


def html(summary: Mapping[str, Any]) -> str:
    """The same for a notebook, every text escaped."""
    head, *rows = _rows(summary, {})
    return page_table(f"net {summary['net']}", head, rows, list(_sums(summary)), _TEXTS)


def _rows(summary: Mapping[str, Any], seen: Mapping[str, tuple[str, str, str]]) -> Iterator[tuple[str, ...]]:
    """The head, the inputs, and each layer, with what it sees where that is asked for."""
    head = ("layer", "kind", "shape", "units", "parameters", "connections", "macs")
    yield (*head, *(("field", "stride", "offset") if seen else ()))
    yield from ((name, "input", shape, "", "", "", "") for name, shape in summary["inputs"].items())
    for layer in summary["layers"]:
        counts = (number(layer["units"]), number(layer["parameters"] or None))
        costs = (*counts, number(layer["connections"]), number(layer["macs"]))
        cells = (layer["name"], layer["kind"], layer["shape"], *costs)
        yield (*map(_quiet, cells), *seen.get(layer["name"], ()))


def _sums(summary: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    yield (
        "sum",
        "",
        "",
        number(summary["units"]),
        number(summary["parameters"]),
        number(summary["connections"]),
        number(summary["macs"]),
    )
    if "deployed" in summary:
        deployed = summary["deployed"]
        yield ("deployed", "", "", "", number(deployed["parameters"]), "", number(deployed["macs"]))


def _quiet(cell: Any) -> str:
    return "" if cell in ("-", "0") else str(cell)
