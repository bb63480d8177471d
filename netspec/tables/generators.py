"""Tables by rule: full, identity, groups, depthwise, band, random, rows (language.md section 5)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from netspec.diagnostics import Fault
from netspec.tables.table import MOST_CONNECTIONS, Table, one_a_cell

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def full(kind: str, inputs: int, outputs: int) -> Table:
    """Every input feeds every output."""
    _bounded(inputs * outputs)
    return Table("", kind, inputs, outputs)


def identity(kind: str, inputs: int, outputs: int) -> Table:
    """Input i feeds output i, as far as both go; in a residual table the cells are ``=``."""
    import numpy as np

    both = np.arange(_bounded(min(inputs, outputs)))
    return one_a_cell("", kind, inputs, outputs, both, both, equal=kind == "residual")


def groups(kind: str, inputs: int, outputs: int, n: int) -> Table:
    """``n`` equal runs of maps, each full in itself (``n`` divides inputs and outputs)."""
    import numpy as np

    _at_least_one("n", n)
    for what, size in (("input", inputs), ("output", outputs)):
        if size % n:
            raise Fault("N208", f"{size} {what} maps do not part into {n} equal groups", at="n")
    width, height = inputs // n, outputs // n
    _bounded(outputs * width)
    output = np.repeat(np.arange(outputs), width)
    return one_a_cell("", kind, inputs, outputs, output, output // height * width + np.tile(np.arange(width), outputs))


def depthwise(kind: str, inputs: int, outputs: int, m: int = 1) -> Table:
    """Input i feeds outputs i·m … i·m+m−1 (``outputs`` = ``inputs`` · m)."""
    import numpy as np

    _at_least_one("m", m)
    if inputs * m != outputs:
        raise Fault(
            "N208",
            f"depthwise({m}) makes {inputs} inputs into {inputs * m} outputs, not {outputs}",
            at="m",
            help=f"write `{inputs} -> {inputs * m}`",
        )
    output = np.arange(_bounded(outputs))
    return one_a_cell("", kind, inputs, outputs, output, output // m)


def band(kind: str, inputs: int, outputs: int, width: int) -> Table:
    """Output j takes ``width`` inputs from j·inputs//outputs − width//2 on, as far as they exist."""
    import numpy as np

    _at_least_one("width", width)
    _bounded(outputs * min(width, inputs))
    first = np.arange(outputs) * inputs // outputs - width // 2
    low, high = np.maximum(first, 0), np.minimum(first + width, inputs)
    counts = np.maximum(high - low, 0)
    output = np.repeat(np.arange(outputs), counts)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return one_a_cell("", kind, inputs, outputs, output, np.repeat(low, counts) + within)


def random(kind: str, inputs: int, outputs: int, fan_in: int, seed: int = 0) -> Table:
    """``fan_in`` different inputs for each output, the same everywhere for one seed.

    Output j takes the inputs i with the smallest SplitMix64 hashes of (seed, j, i), so the choice depends
    on no library's random stream (Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators").
    """
    import numpy as np

    _at_least_one("fan_in", fan_in)
    if fan_in > inputs:
        raise Fault("N208", f"an output cannot take {fan_in} different inputs of {inputs}", at="fan_in")
    _bounded(outputs * inputs)  # every one of them is hashed
    chosen = np.empty((outputs, fan_in), dtype=np.int64)
    every = np.arange(inputs, dtype=np.uint64)
    for j in range(outputs):
        base = int(_mixed(np.array([seed % 2**64], dtype=np.uint64))[0]) ^ j
        keys = _mixed(_mixed(np.array([base], dtype=np.uint64)) + every)
        chosen[j] = np.sort(np.argpartition(keys, fan_in - 1)[:fan_in])
    return one_a_cell("", kind, inputs, outputs, np.repeat(np.arange(outputs), fan_in), chosen.reshape(-1))


def _mixed(z: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """SplitMix64 of an array of uint64."""
    import numpy as np

    with np.errstate(over="ignore"):
        z = z + np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def rows(kind: str, inputs: int, outputs: int, lists: Sequence[Sequence[int]]) -> Table:
    """A list of inputs for each output."""
    import numpy as np

    if not isinstance(lists, list) or not all(isinstance(row, list) for row in lists):
        raise Fault("N208", "rows takes a list of lists", at="lists", help="write `rows([[0, 1], [1, 2]])`")
    if len(lists) != outputs:
        raise Fault("N208", f"rows has {len(lists)} lists, and the table {outputs} outputs", at="lists")
    for j, row in enumerate(lists):
        for i in row:
            if not isinstance(i, int) or isinstance(i, bool) or not 0 <= i < inputs:
                raise Fault("N208", f"output {j} takes input {i}, and inputs count 0 to {inputs - 1}", at="lists")
        if len(set(row)) != len(row):
            raise Fault("N208", f"output {j} takes an input twice", at="lists")
    output = np.repeat(np.arange(outputs), [len(row) for row in lists])
    return one_a_cell("", kind, inputs, outputs, output, np.array([i for row in lists for i in row], dtype=np.int64))


def _at_least_one(name: str, value: object) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise Fault("N208", f"{name} is {value!r}, and a whole number of at least 1 is wanted", at=name)


def _bounded(connections: int) -> int:
    if connections >= MOST_CONNECTIONS:
        raise Fault("N209", f"a table of {connections:,} connections is past the limit of {MOST_CONNECTIONS:,}")
    return connections


#: The generators by name; the arguments behind (kind, inputs, outputs) are what a file writes.
GENERATORS: dict[str, Callable[..., Table]] = {
    made.__name__: made for made in (full, identity, groups, depthwise, band, random, rows)
}
