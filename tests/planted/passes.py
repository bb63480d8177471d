"""Faults of the passes: what is folded, laid out, gathered, dropped and counted."""

from __future__ import annotations

from tests.planted.fault import rows_of

_TESTS = "tests/passes/test_"
FOLD, LOWER, DROP, SIZE, CONV = (
    f"{_TESTS}{name}.py" for name in ("fold_norm", "lower_tables", "training_only", "size", "dense_to_conv")
)


fault = rows_of("passes/{}.py")

# fmt: off
FAULTS = (
    fault("fold_norm", "1 / np.sqrt(variance + op.epsilon)", "1 / np.sqrt(variance)", FOLD,
          "1: epsilon is under the root"),
    fault("fold_norm", "(bias - mean.reshape(row))", "(bias + mean.reshape(row))", FOLD,
          "1: the mean is taken away"),
    fault("fold_norm", "gain * weights[norm.key(\"weight\")]", "weights[norm.key(\"weight\")]", FOLD,
          "1: the gain is over the root"),
    fault("fold_norm", "gain, shift = gain * weights", "shift, gain = gain * weights", FOLD,
          "1: the gain multiplies, the shift is added"),
    fault("fold_norm", "kernel.ndim - 2 - len(before.shape[1:])", "0", FOLD,
          "1: a local kernel's maps are behind its positions"),
    fault("fold_norm", "len(graph.users[value]) > 1 or", "", FOLD, "2: another reader keeps the layer"),
    fault("fold_norm", " or any(out.value == value for out in graph.outputs)", "", FOLD,
          "2: an output keeps the layer"),
    fault("fold_norm", "not isinstance(node.op, Norm) or uses[node.path] > 1", "not isinstance(node.op, Norm)",
          FOLD, "3: a shared norm stays"),
    fault("fold_norm", "if before is None or uses[before.path] > 1:", "if before is None:", FOLD,
          "3: a shared layer stays"),
    fault("fold_norm", "before.op.table is None or before.op.table.is_full", "True", FOLD,
          "4: a table's layer stays"),
    fault("fold_norm", "if least + norm.op.epsilon <= 0:", "if least + norm.op.epsilon < 0:", FOLD,
          "5: nothing divides by 0"),
    fault("fold_norm", "weights[path].min()", "weights[path].max()", FOLD, "5: the least variance counts"),
    fault("fold_norm", "if not np.isfinite(result).all():", "if np.isnan(result).any():", FOLD,
          "6: infinite numbers are a fault"),
    fault("lower_tables", "weights[key] = spread_taps(kernel, weights[key])", "pass", LOWER,
          "1: taps are laid out"),
    fault("lower_tables", "kernel=kernel.size)", "kernel=kernel.size[::-1])", LOWER,
          "1: a kernel is as high as its picture"),
    fault("lower_tables", "groups=pattern.groups", "groups=1", LOWER, "3: blocks are groups"),
    fault("lower_tables", "if (grouped and isinstance(op, Dense)) or", "if",
          f"{LOWER}::test_what_is_said_of_a_table_is_what_is_done_with_it", "3: units have no groups"),
    fault("lower_tables", "gather = Slice(maps=table.cells.input.tolist())",
          "gather = Slice(maps=sorted(table.cells.input.tolist()))", LOWER,
          "4: inputs are gathered output by output"),
    fault("lower_tables", ' or (pattern.kind == "even" and isinstance(op, Local))', "", LOWER,
          "4: local has nothing gathered"),
    fault("lower_tables", " and is_thin(table):", " and not is_thin(table):", LOWER,
          "5: large, thin groups of units stay"),
    fault("lower_tables", "add_fixed(table, dense, dense.shape[positions + 2 :], positions)", "pass", LOWER,
          "6: `=` and numbers are laid out"),
    fault("lower_tables", "done.setdefault(node.path, lowered[-1])", "pass", LOWER,
          "7: a share's weights are lowered once"),
    fault("training_only", "model.graph.deployed()", "model.graph", DROP, "1: auxiliary heads go"),
    fault("training_only", "isinstance(node.op, TRAINING_ONLY)", "False", DROP, "2: dropout goes"),
    fault("training_only", "if path in graph.weights}", "}", DROP, "3: weights that nothing reads go"),
    fault("size", "if count > LARGEST_MODEL:", "if count > LARGEST_MODEL * 2:", SIZE, "one file ends at 2 GiB"),
    fault("size", "graph.deployed()", "graph", SIZE, "heads are not counted"),
    fault("size", "count // kernel.weights * taps", "count", SIZE, "taps are laid out"),
    fault("size", 'in ("spread", "fixed")', 'in ("spread",)', SIZE, "a table of `=` is laid out"),
    fault("size", "return 0 if op.picks else", "return", SIZE, "a selection has no matrix"),
    fault("dense_to_conv", "or (1,) * rank", "or (3,) * rank", CONV, "1: units are maps of 1 x 1"),
    fault("dense_to_conv", '"rate", "decay", "frozen"', '"rate", "decay"', CONV, "1: a layer keeps its arguments"),
    fault("dense_to_conv", "and not isinstance(node.op, GlobalPool)", "", CONV,
          "5: what follows a global pool stays"),
    fault("dense_to_conv", "isinstance(op, Rbf | Reshape)", "isinstance(op, Rbf)", CONV,
          "6: a reshape has no form"),
    fault("dense_to_conv", "max(kernel) > 1", "max(kernel) > 9", CONV,
          "6: a table over flattened maps has no form"),
)
# fmt: on
