"""Faults of tables of numbers: which columns are meant, what a row gives, and what is wrong with it."""

from __future__ import annotations

from tests.planted.fault import rows_of

fault = rows_of("{}.py", "tests/{}.py")
TABLE = "data/test_table"

FAULTS = (
    fault("data/table", "found = sorted(", "found = list(", TABLE, "columns are in the order of their numbers"),
    fault("data/table", "order == list(range(order[0],", "sorted({*order, *range(3)}) == list(range(order[0],", TABLE,
     "two columns of one number are none"),
    fault("data/table", " and order[0] in (0, 1)", "", TABLE, "numbered columns begin with 0 or 1"),
    fault("data/table", "values[kept]", "values[: len(kept)]", "runtime/test_given",
     "a wrong row takes no other's place"),
    fault("data/table", "header = _header(rows)\n    if not", "header = _header(each_row(path))\n    if not", TABLE,
     "the header is no row"),
    fault("data/table", "if column in header:", "if False:", TABLE, "a name that looks like a pattern is a name first"),
    fault("data/table", "if name == labelled:", "if True:", TABLE, "a second output's classes are numbers"),
    fault("data/table", "own = names = names or in_order(set(labels))", "own = names = in_order(set(labels))", TABLE,
     "classes that are known keep their numbers"),
    fault("data/table", "np.moveaxis(values.reshape(len(values), *(size or 1 for size in shape)), 1, -1)",
     "values.reshape(len(values), *(size or 1 for size in (*shape[1:], shape[0])))", TABLE,
     "a row has the first map first"),
    fault("data/table", 'float(cell) if "_" not in cell else np.nan', "float(cell)", TABLE,
     "1_0 is no number, however Python reads it"),
    fault("data/table", "~(np.abs(found) <= MOST)", "np.isnan(found)", TABLE, "numbers are finite in single precision"),
    fault("data/table", " if free else f\"add {wanted}\"", "", TABLE, "no column is offered where none is left"),
    fault("data/parts", "0 < len(numbers) < len(", "0 < len(numbers) <= len(", "cli/test_data",
     "numbers among names of classes are told, numbers alone are not"),
    fault("data/table", "name in needs.inputs or name not in needs.rebuilt", "name in needs.inputs", TABLE,
     "an output without a column is told"),
    fault("data/texts", "if of_parts:  #", "if False:  #", TABLE, "a part beside a table is one"),
    fault("runtime/given", "if not table.lines and not table.wrong:", "if False:", "cli/test_tables",
     "a header alone is told"),
    fault("runtime/given", "        self._reads(path)\n", "", "cli/test_tables", "a table is not written over"),
    fault("runtime/given", "            self._reads(Path(argument[1:]))\n", "", "cli/test_tables",
     "a list is not written over"),
    fault("cli/eval", "*([out] if inside else [])", "", "cli/test_tables", "a data set is not written over"),
    fault("net/layers_of", "if value in session.inputs:", "if False:", "cli/test_tables",
     "an input of a model has no features"),
    fault("net/structure", "if value in self.graph.inputs:", "if False:", "cli/test_tables",
     "an input has no features"),
    fault("data/texts", "needs.by_columns and _is_no_list(path)", "False", TABLE,
     "a table of other names says which it lacks"),
    fault("data/held_out", "part.labels if part.labels is not None else", "part.labels if hasattr(part, 'images') else",
     TABLE, "each class of a table gives its share"),
    fault("data/rows", "yield line, [field.strip() for field in fields]",
     "yield reader.line_num, [field.strip() for field in fields]", TABLE, "a row's line is the one that it begins in"),
    fault("net/evaluation", "not _is_other(model, folder, held_out)", "True", "cli/test_tables",
     "of other data all is judged"),
    fault("net/evaluation", 'known.get("set of val examples") != digest(held_out)', "True", "cli/test_tables",
     "data that moved is the same"),
    fault("runtime/given", "sorted([*places, *table.wrong])", "[*places, *table.wrong]", "runtime/test_given",
     "rows of a table come in their order, wrong ones too"),
    fault("runtime/predict", "Needs(self.shapes, columns=self.data.columns)", "Needs(self.shapes)", "cli/test_tables",
     "a model asks a table for the columns that it was trained on"),
)  # fmt: skip
