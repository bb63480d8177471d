"""A connection table written back into the source of a spec: the picture, where the author has it or would put it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from netspec.diagnostics import Fault, Problems, Source, SpecError, did_you_mean
from netspec.language import parse
from netspec.language import syntax as s
from netspec.net.kept import Edit, edited

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Layers whose connections a table can say.
LAYERS = ("conv", "deconv", "local", "dense")
_LIST = re.compile(r"\s*(\d+)\s*:")


@dataclass(frozen=True)
class Site:
    """The layer of a statement, as it is called, and the drawn table that is its alone, if it has one."""

    statement: s.Bind | s.Output
    call: s.Call
    drawn: s.Table | None


def site(source: Source, statement: str) -> Site:
    """Where the layer of a statement stands. Raises Fault N101 for no statement, N728 for one without such a layer."""
    net = next(item for item in parse(source, Problems()).items if isinstance(item, s.Net))
    found = [item for item in net.body.statements if isinstance(item, s.Bind | s.Output) and item.name == statement]
    if not found:
        names = [item.name for item in net.body.statements if isinstance(item, s.Bind | s.Output)]
        raise Fault("N101", f"net {net.name} has no statement {statement}", help=did_you_mean(statement, names))
    calls = [stage for stage in found[0].pipe.stages if isinstance(stage, s.Call) and stage.name in LAYERS]
    if len(calls) != 1:
        what = "none" if not calls else f"{len(calls)}: {', '.join(call.name for call in calls)}"
        raise Fault("N728", f"{statement} must have one layer whose connections a table can say, and it has {what}",
                    help=f"such layers are {', '.join(LAYERS)}; give each a statement of its own")  # fmt: skip
    tables = {item.name: item for item in net.body.statements if isinstance(item, s.Table)}
    value = _argument(calls[0])
    own = tables.get(value.name) if isinstance(value, s.Name) else None
    uses = len(re.findall(rf"\b{re.escape(own.name)}\b", _bare(source.text))) if own else 0
    return Site(found[0], calls[0], own if own is not None and isinstance(own.body, s.Picture) and uses == 2 else None)


def with_table(source: Source, place: Site, inputs: int, feeds: Sequence[Sequence[int]]) -> str:
    """The text with the table in it; ``feeds`` has the inputs of each output."""
    text = source.text
    if place.drawn is not None:
        return edited(text, _redrawn(place.drawn, feeds))
    name = _fresh(place.statement.name, text)
    value = _argument(place.call)
    arguments = place.call.arguments or ()
    if value is not None:
        use = Edit(value.span.start, value.span.end, name)
    elif arguments:
        use = Edit(arguments[-1].span.end, arguments[-1].span.end, f", table: {name}")
    else:
        raise Fault("N728", f"{place.call.name} has no arguments to put a table beside")
    start = text.rfind("\n", 0, place.statement.span.start) + 1
    rows = "\n".join(_row(i, feeds) for i in range(inputs))
    declared = f"sparse table {name}: {inputs} -> {len(feeds)} {{\n{rows}\n}}\n"
    return edited(text, [Edit(start, start, declared), use])


def with_figures(text: str, wrong: SpecError) -> str:
    """The text whose expectations say what the net has now. Raises the error again where more than those is wrong."""
    edits = []
    for problem in wrong.problems.errors:
        found = re.match(r"([\d,]+) here", problem.label)
        if problem.code != "N401" or problem.span is None or found is None:
            raise wrong
        name = problem.span.text.split(":")[0]
        edits.append(Edit(problem.span.start, problem.span.end, f"{name}: {found[1].replace(',', '')}"))
    return edited(text, edits)


def _redrawn(table: s.Table, feeds: Sequence[Sequence[int]]) -> Iterator[Edit]:
    """Each row of the picture, or of its list form, as it is now; comments beside them stay."""
    assert isinstance(table.body, s.Picture)
    for number, row in enumerate(table.body.rows):
        listed = _LIST.match(row.text)
        new = f"{listed[1]}: {' '.join(map(str, feeds[int(listed[1])]))}" if listed else _row(number, feeds)
        yield Edit(row.span.start, row.span.end, new)


def _row(i: int, feeds: Sequence[Sequence[int]]) -> str:
    return " ".join("X" if i in taken else "." for taken in feeds)


def _argument(call: s.Call) -> s.Expression | None:
    """What stands behind ``table:``."""
    return next((argument.value for argument in call.arguments or () if argument.name == "table"), None)


def _fresh(statement: str, text: str) -> str:
    """A name for the table that the text does not have yet."""
    stem, taken = statement.lower(), set(re.findall(r"\w+", text))
    names = (stem, f"{stem}_table", *(f"{stem}_table_{n}" for n in range(2, 10_000)))
    return next(name for name in names if name not in taken)


def _bare(text: str) -> str:
    """The text without its comments."""
    return re.sub(r"#[^\n]*", "", text)
