"""The table of a net: a row for each layer and the sums, as text, HTML, CSV and Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from netspec.diagnostics.html import page_table
from netspec.report.columns import as_csv, as_markdown, columns, size

#: Columns whose cells are texts, and those that are shown unless others are chosen.
TEXTS = ("layer", "kind", "shape")
USUAL = (*TEXTS, "units", "parameters", "connections", "macs", "activations")
#: What a layer sees of the input.
FIELDS = ("field", "stride", "offset")
#: All that can be chosen.
COLUMNS = (*USUAL, *FIELDS, "line")
#: What stands in a row, by column; None is not known.
Row = Mapping[str, Any]


@dataclass(frozen=True)
class NetTable:
    """The columns ``names`` of a net's ``summary``; ``seen`` is what each layer sees of the input, by its name."""

    summary: Mapping[str, Any]
    names: Sequence[str] = USUAL
    seen: Mapping[str, tuple[str, str, str]] = field(default_factory=dict)

    def text(self, bold: bool = False) -> str:
        """What `netspec show` prints; ``bold`` writes head and sums so, for a terminal."""
        rows, sums = self._rows(), self._sums()
        heavy = {0, *range(1 + len(rows), 1 + len(rows) + len(sums))} if bold else ()
        lines = columns([self.names, *self._cells([*rows, *sums])], self._left(("layer", "kind")), heavy)
        if any(name in row and row[name] is None for row in sums for name in self.names):
            lines.append("costs marked - depend on a free size: give it a number with --at")
        return "\n".join(lines)

    def html(self) -> str:
        """For a notebook, every text escaped."""
        title = f"net {self.summary['net']}"
        return page_table(title, self.names, self._cells(self._rows()), self._cells(self._sums()), len(TEXTS))

    def csv(self) -> str:
        """The rows of inputs and layers, without sums: whole numbers, activations in bytes; empty if not known."""
        return as_csv([self.names, *([row.get(name) for name in self.names] for row in self._rows())])

    def markdown(self) -> str:
        """The rows and the sums."""
        return as_markdown(self.names, self._cells([*self._rows(), *self._sums()]), self._left(TEXTS))

    def _left(self, texts: Sequence[str]) -> set[int]:
        return {at for at, name in enumerate(self.names) if name in texts}

    def _rows(self) -> list[Row]:
        """The inputs, and each layer."""
        inputs = self.summary["inputs"].items()
        return [
            *({"layer": name, "kind": "input", "shape": shape} for name, shape in inputs),
            *({**row, "layer": row["name"], **self._field(row["name"])} for row in self.summary["layers"]),
        ]

    def _field(self, name: str) -> Row:
        return dict(zip(FIELDS, self.seen.get(name, ()), strict=False))

    def _sums(self) -> list[Row]:
        sums: list[Row] = [{"layer": "sum", **{name: self.summary[name] for name in USUAL if name not in TEXTS}}]
        if "deployed" in self.summary:
            deployed = self.summary["deployed"]
            sums.append({"layer": "deployed", **{name: deployed[name] for name in ("parameters", "macs")}})
        return sums

    def _cells(self, rows: Iterable[Row]) -> list[list[str]]:
        return [[_cell(name, row.get(name, "")) for name in self.names] for row in rows]


def _cell(name: str, value: Any) -> str:
    """Nothing where there is nothing, a dash where it is not known."""
    if value is None:
        return "-"
    if isinstance(value, str) or not value:
        return value or ""
    return size(value) if name == "activations" else f"{value:,}"
