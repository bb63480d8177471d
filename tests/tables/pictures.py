"""Tables from spec text, and tables as pictures: a row an input, a cell an output."""

from __future__ import annotations

from netspec.diagnostics import Problems, Source, SpecError
from netspec.elaborate import elaborate
from netspec.language import parse
from netspec.tables import KernelTable, Table


def declared(text: str) -> dict[str, Table | KernelTable]:
    """The tables of these lines; SpecError where one of them is wrong."""
    problems = Problems()
    meaning = elaborate(parse(Source("t.net", f"netspec 1\n{text}\n"), problems), problems)
    if problems.errors:
        raise SpecError(problems)
    return dict(meaning.tables)


def table(text: str) -> Table:
    """The last table of these lines."""
    *_, last = declared(text).values()
    assert isinstance(last, Table)
    return last


def picture(table: Table) -> str:
    """Its cells; a weight by its number, a fixed value as `=` or the number."""
    columns = table.cells.output, table.cells.input, table.cells.weight, table.cells.value
    cells = {
        (int(input_), int(output)): str(int(weight)) if weight >= 0 else "=" if value == 1 else f"{value:g}"
        for output, input_, weight, value in zip(*columns, strict=True)
    }
    return "\n".join(" ".join(cells.get((i, o), ".") for o in range(table.outputs)) for i in range(table.inputs))


def drawn(*rows: str) -> str:
    """A picture with X as whatever weight: numbered output by output, then input by input."""
    grid = [row.split() for row in rows]
    number = 0
    for output in range(len(grid[0])):
        for row in grid:
            if row[output] == "X":
                row[output] = str(number)
                number += 1
    return "\n".join(" ".join(row) for row in grid)
