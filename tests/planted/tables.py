"""Faults of connection tables: generators, joins, pictures, figures, and what kind of table one is."""

from __future__ import annotations

from tests.planted.fault import rows_of

_TESTS = "tests/tables/test_"
GENERATORS, TABLE, PICTURE, PATTERN, RULES, SPREAD = (
    f"{_TESTS}{name}.py" for name in ("generators", "table", "picture", "pattern", "rules", "spread")
)


fault = rows_of("tables/{}")

# fmt: off
FAULTS = (
    fault("generators.py", 'equal=kind == "residual"', "equal=False", GENERATORS,
          "identity in a residual table passes maps on"),
    fault("generators.py", 'an input feeds"] = 1', 'an input feeds"] = 2', GENERATORS,
          "depthwise has one output an input unless it says more"),
    fault("generators.py", "if fan_in > inputs:", "if fan_in > inputs + 1:", GENERATORS,
          "an output takes different inputs"),
    fault("generators.py", "0 <= i < inputs:", "0 <= i <= inputs:", GENERATORS, "rows takes inputs that exist"),
    fault("generators.py", "if len(set(row)) != len(row):", "if len(set(row)) > len(row):", GENERATORS,
          "rows takes no input twice (T5)"),
    fault("generators.py", "if count > MOST_CONNECTIONS:", "if count >= MOST_CONNECTIONS:", GENERATORS,
          "2**28 connections are allowed"),
    fault("generators.py", "if fan_in < inputs:", "if fan_in <= inputs:", GENERATORS,
          "all inputs need no choice, whatever the size"),
    fault("rules.py", "0xBF58476D1CE4E5B9", "0xBF58476D1CE4E5B1", GENERATORS,
          "random is the same everywhere for one seed (T3)"),
    fault("rules.py", "np.array([seed ^ j]", "np.array([seed + j]", GENERATORS,
          "random is the same everywhere for one seed"),
    fault("rules.py", "[:fan_in])", "[-fan_in:])", GENERATORS, "random takes the smallest hashes"),
    fault("rules.py", "- self.width // 2, 0)", "- (self.width - 1) // 2, 0)", GENERATORS,
          "a band begins width//2 before"),
    fault("rules.py", "j * self.inputs // self.outputs - self.width // 2 + self.width",
          "j * self.inputs // self.outputs + self.width", GENERATORS, "a band is width wide"),
    fault("rules.py", "int(outputs <= inputs)", "1", TABLE, "identity leaves the outputs behind its inputs unfed"),
    fault("rules.py", "return self._first(j + self.width // 2 + 1)", "return self._first(j + self.width // 2)",
          RULES, "a transposed band has the band's cells"),
    fault("joins.py", "free = ~_within(_keys(b), _keys(a))", "free = _within(_keys(b), _keys(b))", TABLE,
          "a union has a cell once, the first table's"),
    fault("joins.py", "((number + a.weights, word)", "((number, word)", TABLE, "a name belongs to its table (T4)"),
    fault("joins.py", "b.cells.weight + a.weights, -1)", "b.cells.weight, -1)", TABLE,
          "weights of a union stay apart"),
    fault("joins.py", "return output * table.inputs + input_", "return output * table.outputs + input_", TABLE,
          "a cell is its output and its input"),
    fault("joins.py", "return a if a.is_full else b if b.is_full and a.is_plain else None",
          "return a if a.is_full else b if b.is_full else None", TABLE,
          "of a union the first table's fixed cells stay"),
    fault("joins.py", "kept = _within(_keys(a), _keys(b))", "kept = ~_within(_keys(a), _keys(b))", TABLE,
          "an intersection keeps what both have"),
    fault("joins.py", "(cells.input, cells.output, cells.weight, cells.value)",
          "(cells.output, cells.input, cells.weight, cells.value)", TABLE, "transposed inputs are outputs"),
    fault("table.py", "trained = np.flatnonzero(self.cells.weight >= 0)[::-1]",
          "trained = np.flatnonzero(self.cells.weight >= 0)", TABLE,
          "a shared weight counts its first output's connections"),
    fault("table.py", "len(counts) == self.outputs else 0", "len(counts) else 0", TABLE,
          "an output without a cell has no connection"),
    fault("table.py", "int(self.given.weight.max(initial=-1)) + 1", "len(self.given.weight)", TABLE,
          "cells of one name are one weight"),
    fault("table.py", "np.lexsort((input_, output))", "np.lexsort((output, input_))", TABLE,
          "cells are ordered by output, then input"),
    fault("picture.py", "and not text[0].isupper()", "", PICTURE, "a name does not begin with a capital"),
    fault("picture.py", "if position < inputs and position not in taken:", "if position < inputs:", PICTURE,
          "a list takes no input twice (T5)"),
    fault("picture.py", "if output >= outputs or output in seen:", "if output >= outputs:", PICTURE,
          "a list has an output once"),
    fault("picture.py", "if len(rows) != self.high:", "if len(rows) > self.high:", PICTURE,
          "a picture has a row for each input"),
    fault("picture.py", '1.0 if sort == "=" else float(text)', '1.0 if sort == "=" else abs(float(text))', PICTURE,
          "a number's sign counts"),
    fault("picture.py", "taps[i * width + j]", "taps[j * height + i]", PICTURE, "taps are in row order"),
    fault("kernel.py", "sum(tap >= 0 for tap in self.taps)", "self.weights", PICTURE,
          "a shared tap is used at each of its places"),
    fault("pattern.py", "table.connections < SPARSE * cells", "table.connections <= SPARSE * cells", PATTERN,
          "a table of a tenth is no thin one"),
    fault("pattern.py", "cells >= LARGE", "cells > LARGE", PATTERN, "2**20 cells are large"),
    fault("pattern.py", "fan_in * 4 <= table.inputs", "fan_in * 4 < table.inputs", PATTERN,
          "a quarter of the inputs is gathered"),
    fault("pattern.py", "table.least_fan_in == fan_in and", "", PATTERN,
          "only equally many inputs an output are gathered"),
    fault("pattern.py", "plain = table.weights == table.trained == table.connections",
          "plain = table.trained == table.connections", PATTERN, "a letter used twice is no group"),
    fault("spread.py", "middle = tuple(k // 2 for k in taps)", "middle = tuple(0 for k in taps)", SPREAD,
          "`=` stands in the middle of a kernel"),
    fault("spread.py", "np.where(taps >= 0, weights[..., np.maximum(taps, 0)], 0)",
          "weights[..., np.maximum(taps, 0)]", SPREAD, "a tap that does not exist is 0"),
)
# fmt: on
