"""What differs between two nets: layer by layer, table by table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from netspec.graph import Graph, Node
from netspec.shape import show
from netspec.tables import KernelTable, Table
from netspec.tables.written import cell_texts

#: Cells of a table that are named one by one.
MOST_CELLS = 10

Tables = Mapping[str, Table | KernelTable]


def differences(a: Graph, b: Graph, tables_a: Tables, tables_b: Tables) -> Iterator[str]:
    """One line a difference; none where the nets are the same."""
    for name in dict.fromkeys([*a.inputs, *b.inputs]):
        yield from _differ(f"input {name}", *(show(g.inputs[name]) if name in g.inputs else "none" for g in (a, b)))
    first, second = ({node.name: node for node in graph.nodes} for graph in (a, b))
    for name in dict.fromkeys([*first, *second]):
        yield from _layers(name, first.get(name), second.get(name), a, b)
    for name in dict.fromkeys([*tables_a, *tables_b]):
        yield from _tables(name, tables_a.get(name), tables_b.get(name))
    yield from _differ("parameters", f"{a.parameters():,}", f"{b.parameters():,}")


def _differ(what: str, a: str, b: str) -> Iterator[str]:
    if a != b:
        yield f"{what}: {a} | {b}"


def _layers(name: str, x: Node | None, y: Node | None, a: Graph, b: Graph) -> Iterator[str]:
    if x is None or y is None:
        yield f"{name}: {x.op if x else 'none'} | {y.op if y else 'none'}"
        return
    yield from _differ(name, str(x.op), str(y.op))
    yield from _differ(f"{name} reads", ", ".join(x.inputs), ", ".join(y.inputs))
    yield from _differ(f"{name} shape", show(x.shape), show(y.shape))
    yield from _differ(f"{name} parameters", f"{a.node_parameters(x):,}", f"{b.node_parameters(y):,}")


def _tables(name: str, a: Table | KernelTable | None, b: Table | KernelTable | None) -> Iterator[str]:
    if not isinstance(a, Table) or not isinstance(b, Table):
        sides = ["none" if t is None else "a kernel table" if isinstance(t, KernelTable) else "a table" for t in (a, b)]
        if isinstance(a, KernelTable) and isinstance(b, KernelTable):
            sides = [" ".join(map(str, t.taps)) for t in (a, b)]
        yield from _differ(f"table {name}", *sides)
        return
    yield from _differ(f"table {name}", f"{a.inputs} -> {a.outputs}", f"{b.inputs} -> {b.outputs}")
    if (a.inputs, a.outputs) == (b.inputs, b.outputs) and not (a.is_full and b.is_full):
        cells = [{(i, j): text for i, j, _, text in cell_texts(table)} for table in (a, b)]
        changed = [at for at in sorted(cells[0].keys() | cells[1].keys()) if cells[0].get(at) != cells[1].get(at)]
        for i, j in changed[:MOST_CELLS]:
            yield f"table {name} [{i} -> {j}]: {cells[0].get((i, j), '.')} | {cells[1].get((i, j), '.')}"
        if len(changed) > MOST_CELLS:
            yield f"table {name}: {len(changed) - MOST_CELLS:,} more cells differ"
