"""What the page shows of an analysed text: problems, figure, layers, parameters and tables, as plain values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from math import inf
from typing import Any

from netspec.diagnostics import Problem, Span
from netspec.elaborate.values import describe
from netspec.graph import Graph
from netspec.language import syntax as s
from netspec.lsp.findings import shown
from netspec.lsp.parts import parts
from netspec.lsp.snapshot import Snapshot
from netspec.net import setting
from netspec.net.summary import summary
from netspec.report.drawing import Look, draw_net
from netspec.report.figure import Item, figure, walk
from netspec.report.homes import blocks
from netspec.tables import KernelTable, Table
from netspec.tables.written import WIDEST, cell_texts

#: A net of more layers has no figure here, and so many rows are shown of its table.
MOST_DRAWN, MOST_ROWS = 3_000, 1_000
#: So many tables are told of, and so many cells of those that generators make.
MOST_TABLES, MOST_CELLS = 500, 2**16

Told = dict[str, Any]


def told(snapshot: Snapshot, opened: Set[str] = frozenset()) -> Told:
    """All that the page shows of a version of a text; ``net`` is None while it has errors."""
    graph = None if snapshot.meaning is None or snapshot.problems.errors else snapshot.meaning.graph
    return {
        "problems": [_problem(snapshot, problem) for problem in snapshot.problems],
        "parameters": list(_parameters(snapshot)),
        "tables": list(_tables(snapshot)),
        "net": None if graph is None else _net(snapshot, graph, opened),
    }


def place(snapshot: Snapshot, span: Span) -> list[int]:
    """A stretch of the text: line from 0, UTF-16 unit, and the same of its end."""
    found = snapshot.places.range(span)
    return [found.start.line, found.start.character, found.end.line, found.end.character]


def _problem(snapshot: Snapshot, problem: Problem) -> Told:
    span = problem.span
    own = span is None or span.source.name == snapshot.source.name
    return {
        "code": problem.code,
        "severity": problem.severity,
        "message": problem.message,
        "label": problem.label,
        "help": problem.help,
        "place": place(snapshot, shown(span)) if span is not None and own else [0, 0, 0, 0],
        "file": "" if own or span is None else f"{span.source.name}:{span.line}",
    }


# ---- the net


def _net(snapshot: Snapshot, graph: Graph, opened: Set[str]) -> Told:
    tables = snapshot.meaning.tables if snapshot.meaning is not None else {}
    found = summary(graph, tables)
    lines = _lines(snapshot, graph)
    rows = [{**row, "line": lines.get(row["name"])} for row in found["layers"][:MOST_ROWS]]
    drawn = len(graph.nodes) <= MOST_DRAWN
    names = blocks(graph) if drawn else set()
    opened = opened & (names | {"all"})
    return {
        **{name: found[name] for name in ("net", "units", "parameters", "connections", "macs", "inputs", "outputs")},
        "layers": rows,
        "more": len(found["layers"]) - len(rows),
        "svg": draw_net(graph, Look(opened)).svg if drawn else "",
        "boxes": {item.key: [node.name for node in item.nodes] for item in _items(graph, opened)} if drawn else {},
        "blocks": sorted(names),
    }


def _items(graph: Graph, opened: Set[str]) -> Iterator[Item]:
    drawing = figure(graph, opened)
    return walk([drawing.net, *drawing.panels])


def _lines(snapshot: Snapshot, graph: Graph) -> dict[str, int]:
    """The line of the text, from 0, on which each layer stands; that of the call where it stands in another file."""
    if not any(isinstance(item, s.Use) for item in snapshot.file.items):
        return {node.name: node.line - 1 for node in graph.nodes}
    found: dict[str, int] = {}
    stages = [stage for pipe in parts(snapshot.file, s.Pipe) for stage in pipe.stages]
    built = [(stage, passed) for stage in stages if (passed := snapshot.trace.passed(stage)) is not None]
    for stage, passed in sorted(built, key=lambda one: one[1].first - one[1].last):  # the innermost last
        for node in graph.nodes[passed.first : passed.last]:
            found[node.name] = stage.span.line - 1
    return found


# ---- parameters and tables


def _parameters(snapshot: Snapshot) -> Iterator[Told]:
    net = next((item for item in snapshot.file.items if isinstance(item, s.Net)), None)
    for parameter in net.parameters if net is not None else ():
        written = None if parameter.default is None else parameter.default.span.text
        bound = snapshot.trace.bound(snapshot.source.name, parameter.name_span.start)
        value = bound.what if bound is not None and bound.kind == "constant" else setting(written or "")
        plain = isinstance(value, bool | int | float | str) and value not in (inf, -inf)  # JSON has none
        yield {
            "name": parameter.name,
            "default": written,
            "value": value if plain else describe(value),
            "place": None if parameter.default is None else place(snapshot, parameter.default.span),
            "said": parameter.name in snapshot.parameters and parameter.name not in snapshot.around.parameters,
        }


def _tables(snapshot: Snapshot) -> Iterator[Told]:
    """The tables of the text in its order, each as it is written: its rows, or what a generator makes."""
    left = MOST_CELLS
    for node in sorted(parts(snapshot.file, s.Table), key=lambda node: node.span.start)[:MOST_TABLES]:
        bound = snapshot.trace.bound(snapshot.source.name, node.name_span.start)
        table = bound.what if bound is not None and isinstance(bound.what, Table | KernelTable) else None
        made = table if isinstance(table, Table) and not isinstance(node.body, s.Picture) else None
        left -= 0 if made is None else made.inputs * made.outputs
        yield {
            "name": node.name,
            "kind": node.kind,
            "line": node.name_span.line - 1,
            **_sizes(table),
            "rows": [place(snapshot, row.span) for row in _rows(node)],
            "body": place(snapshot, _body(snapshot, node)),
            "drawn": None if made is None or left < 0 else _drawn(made),
        }


def _rows(node: s.Table) -> tuple[s.Row, ...]:
    """The rows of a picture that can be shown; none of a larger one."""
    rows = node.body.rows if isinstance(node.body, s.Picture) else ()
    return rows if len(rows) <= WIDEST and all(len(row.text.split()) <= WIDEST for row in rows) else ()


def _sizes(table: Table | KernelTable | None) -> Mapping[str, Any]:
    if isinstance(table, Table):
        return {"inputs": table.inputs, "outputs": table.outputs, "connections": table.connections,
                "weights": table.weights}  # fmt: skip
    if isinstance(table, KernelTable):
        return {"inputs": None, "outputs": None, "connections": table.count, "weights": table.weights}
    return {"inputs": None, "outputs": None, "connections": None, "weights": None}


def _body(snapshot: Snapshot, node: s.Table) -> Span:
    """What a picture would stand in place of: what is behind the sizes."""
    head = node.outputs or node.inputs
    return Span(node.span.source, head.span.end, node.span.end)


def _drawn(table: Table) -> list[list[str]] | None:
    """The cells of a table that a generator made; None where it is too large to draw."""
    if max(table.inputs, table.outputs) > WIDEST:
        return None
    grid = [["."] * table.outputs for _ in range(table.inputs)]
    for i, j, _, text in cell_texts(table):
        grid[i][j] = text
    return grid
