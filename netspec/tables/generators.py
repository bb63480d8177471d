"""Tables by rule: full, identity, groups, depthwise, band, random, rows (language.md section 5)."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Annotated

from netspec.diagnostics import Fault
from netspec.tables import rules
from netspec.tables.table import MOST_CONNECTIONS, Table, listed, ruled


def full(kind: str, inputs: int, outputs: int) -> Table:
    """Every input feeds every output."""
    _bounded(inputs * outputs)
    return Table("", kind, inputs, outputs)


def identity(kind: str, inputs: int, outputs: int) -> Table:
    """Input i to output i, as far as both go; in a residual table the cells are ``=``."""
    return _ruled(kind, rules.identity(inputs, outputs, equal=kind == "residual"))


def groups(kind: str, inputs: int, outputs: int, n: Annotated[int, "how many runs there are"]) -> Table:
    """``n`` equal runs of maps, each full in itself (``n`` divides inputs and outputs)."""
    _at_least_one("n", n)
    for what, size in (("input", inputs), ("output", outputs)):
        if size % n:
            raise Fault("N208", f"{size} {what} maps cannot be split into {n} equal groups", at="n")
    return _ruled(kind, rules.groups(inputs, outputs, n))


def depthwise(kind: str, inputs: int, outputs: int, m: Annotated[int, "how many outputs an input feeds"] = 1) -> Table:
    """Input i feeds outputs i·m … i·m+m−1 (``outputs`` = ``inputs`` · m)."""
    _at_least_one("m", m)
    if inputs * m != outputs:
        raise Fault(
            "N208",
            f"depthwise({m}) makes {inputs * m} outputs of {inputs} inputs, not {outputs}",
            at="m",
            help=f"write `{inputs} -> {inputs * m}`",
        )
    return _ruled(kind, rules.groups(inputs, outputs, inputs))


def band(kind: str, inputs: int, outputs: int, width: Annotated[int, "how many inputs an output takes"]) -> Table:
    """Output j takes ``width`` inputs from j·inputs//outputs − width//2 on, as far as they exist."""
    _at_least_one("width", width)
    return _ruled(kind, rules.band(inputs, outputs, width))


def random(
    kind: str,
    inputs: int,
    outputs: int,
    fan_in: Annotated[int, "how many inputs an output takes"],
    seed: Annotated[int, "what the choice follows from"] = 0,
) -> Table:
    """``fan_in`` different inputs for each output, the same everywhere for one seed."""
    _at_least_one("fan_in", fan_in)
    if fan_in > inputs:
        raise Fault("N208", f"an output cannot take {fan_in} different inputs: there are {inputs}", at="fan_in")
    if fan_in < inputs:
        _bounded(outputs * inputs, "cells that `random` chooses from")
    return _ruled(kind, rules.random(inputs, outputs, fan_in, seed))


def rows(
    kind: str, inputs: int, outputs: int, lists: Annotated[Sequence[Sequence[int]], "the inputs of each output"]
) -> Table:
    """A list of inputs for each output."""
    import numpy as np

    if not isinstance(lists, list) or not all(isinstance(row, list) for row in lists):
        raise Fault("N208", "rows takes a list of lists", at="lists", help="write `rows([[0, 1], [1, 2]])`")
    if len(lists) != outputs:
        raise Fault("N208", f"rows needs a list for each output: {outputs}, not {len(lists)}", at="lists")
    for j, row in enumerate(lists):
        for i in row:
            if not isinstance(i, int) or isinstance(i, bool) or not 0 <= i < inputs:
                raise Fault(
                    "N208", f"output {j} takes input {i}, but inputs are numbered 0 to {inputs - 1}", at="lists"
                )
        if len(set(row)) != len(row):
            twice = next(i for i, count in Counter(row).items() if count > 1)
            raise Fault("N208", f"output {j} takes input {twice} twice", at="lists")
    output = np.repeat(np.arange(outputs), [len(row) for row in lists])
    return listed(kind, inputs, outputs, output, np.array([i for row in lists for i in row], dtype=np.int64))


def _ruled(kind: str, rule: rules.Rule) -> Table:
    _bounded(rule.connections)
    return ruled(kind, rule)


def _at_least_one(name: str, value: object) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise Fault("N208", f"{name} is {value!r}, but must be a whole number of at least 1", at=name)


def _bounded(count: int, what: str = "connections") -> None:
    if count > MOST_CONNECTIONS:
        raise Fault("N209", f"a table of {count:,} {what} exceeds the limit of {MOST_CONNECTIONS:,}")


#: The generators by name; the arguments behind (kind, inputs, outputs) are what a file writes.
GENERATORS: dict[str, Callable[..., Table]] = {
    generator.__name__: generator for generator in (full, identity, groups, depthwise, band, random, rows)
}
