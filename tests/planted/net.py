"""Faults of the net's room: reading, what is shown, memory, what a net answers."""

from __future__ import annotations

from tests.planted.fault import rows_of

fault = rows_of("net/{}", "tests/{}")

FAULTS = (
    fault(
        "pruning.py",
        "small = replace(small, path=net.path)",
        "pass",
        "net/test_pruning.py",
        "used files are kept beside a cut net",
    ),
    fault(
        "pruning.py",
        'np.argsort(-strengths, kind="stable")',
        'np.argsort(strengths, kind="stable")',
        "net/test_pruning.py",
        "the strongest connections stay",
    ),
    fault(
        "pruning.py",
        "kept = list(first.values())",
        "kept = list[int]()",
        "net/test_pruning.py",
        "each output keeps a connection",
    ),
    fault(
        "pruning.py",
        "kernels[cells.weight])",
        "kernels[::-1])",
        "net/test_pruning.py",
        "a kernel belongs to its connection",
    ),
    fault(
        "pruning.py",
        "kept = kept[np.argsort(table.cells.weight)]",
        "kept = kept[::-1]",
        "net/test_pruning.py",
        "kernels stand in the order of the new table",
    ),
    fault(
        "pruning.py", "(cc - c * c) * (zz - z * z)", "cc * zz", "net/test_pruning.py", "a correlation is about means"
    ),
    fault(
        "pruning.py",
        "kept[:, i] = flat[:, i]",
        "kept[:] = flat",
        "net/test_pruning.py",
        "one map at a time is looked at",
    ),
    fault(
        "pruning.py",
        "if table is not None and table.weights != table.connections:",
        "if False:",
        "net/test_pruning.py",
        "shared weights are not cut",
    ),
    fault(
        "pruning.py", 'if getattr(node.op, "groups", 1) != 1:', "if False:", "net/test_pruning.py", "groups are not cut"
    ),
    fault(
        "sparse_source.py",
        "and uses == 2 else None",
        "else None",
        "net/test_pruning.py",
        "a table that others use stays",
    ),
    fault(
        "sparse_source.py",
        "new = f\"{listed[1]}: {' '.join(map(str, feeds[int(listed[1])]))}\" if listed else _row(number, feeds)",
        "new = _row(number, feeds)",
        "net/test_pruning.py",
        "the list form stays a list",
    ),
    fault(
        "sparse_source.py",
        "Edit(arguments[-1].span.end, arguments[-1].span.end,",
        "Edit(arguments[0].span.start, arguments[0].span.start,",
        "net/test_pruning.py",
        "a table's argument comes last",
    ),
    fault(
        "sparse_source.py",
        "{found[1].replace(',', '')}",
        "0",
        "net/test_pruning.py",
        "figures are those of the new net",
    ),
    fault(
        "pruned.py",
        "RunFolder(out, False, False, (), print).claim([run]).release()",
        "str()",
        "net/test_pruning.py",
        "a folder that holds a run is refused at once",
    ),
    fault(
        "runs.py",
        "known.fields().items() if known is not None else ()",
        "()",
        "net/test_runs.py",
        "a rate that is the default has its cell too",
    ),
    fault(
        "shown.py",
        "if self.handle is None:",
        "if True:",
        "net/test_shown_progress.py",
        "a notebook's progress is one output",
    ),
    fault(
        "events.py",
        "self._asked = False",
        "self._asked = True",
        "net/test_fit.py",
        "a training that nobody iterates says so",
    ),
    fault(
        "fitting.py",
        "if callback(event) is True:",
        "if callback(event):",
        "net/test_fit.py",
        "a callback ends a training with True alone",
    ),
    fault(
        "asking.py",
        "averaged(answers[output.name], rows.stop - at,",
        "averaged(answers[output.name][::-1], rows.stop - at,",
        "net/test_fit.py",
        "answers are in the order of the examples",
    ),
    fault(
        "trained.py",
        "kept, last = self.log.best or self.log.lines[-1]",
        "kept, last = self.log.lines[-1]",
        "net/test_fit.py::test_figures_are_of_the_best_epoch_and_the_test",
        "figures are those of the weights that are kept",
    ),
    fault(
        "reading.py",
        'folder / "text", parameters, problems, folder, None)',
        'folder / "text", parameters, problems, folder.absolute().parent, None)',
        "net/test_shown.py",
        "a text uses nothing outside its folder",
    ),
    fault(
        "budget.py",
        "if known[batch] <= memory else (good, batch)",
        "if known[batch] < memory else (good, batch)",
        "net/test_budget.py",
        "what just fits, fits",
    ),
    fault(
        "budget.py",
        "good, bad = 0, most + 1",
        "good, bad = 0, most",
        "net/test_budget.py",
        "the most is one that may be taken",
    ),
    fault(
        "budget.py",
        "while bad - good > 1:",
        "while bad - good > 2:",
        "net/test_budget.py",
        "the search ends at the largest",
    ),
    fault(
        "budget.py",
        "kept = len(slots(settings.optimizer)) + (settings.average is not None)",
        "kept = len(slots(settings.optimizer))",
        "net/test_net.py",
        "an average takes memory too",
    ),
    fault(
        "summary.py",
        "parameters=graph.node_parameters(node) if first else 0",
        "parameters=graph.node_parameters(node)",
        "net/test_summary.py",
        "shared weights count once",
    ),
    fault(
        "summary.py",
        "return sum(known) if len(known) == len(costs) else None",
        "return sum(known)",
        "net/test_summary.py",
        "a cost that is not known makes the sum unknown",
    ),
    fault(
        "summary.py",
        "small = graph.deployed()",
        "small = graph",
        "net/test_summary.py",
        "auxiliary heads are not deployed",
    ),
    fault(
        "reading.py",
        "if problems.errors or len(file.items) != 1 or",
        "if problems.errors or",
        "net/test_reading.py",
        "a value of --set is one value",
    ),
    fault(
        "reading.py",
        "        return text\n    return value",
        "        return None\n    return value",
        "net/test_reading.py",
        "a name of nothing is its own text",
    ),
    fault(
        "reading.py",
        "    except Trouble:\n        raise\n",
        "",
        "net/test_reading.py",
        "a file that is not there ends with exit status 2",
    ),
    fault(
        "net.py",
        "return replace(self, graph=self.graph.sized(sizes)) if sizes else self",
        "return self",
        "net/test_net.py",
        "free sizes get their numbers",
    ),
    fault(
        "net.py",
        "self.meaning.train.seed if seed is None else seed",
        "self.meaning.train.seed",
        "net/test_net.py",
        "weights come from the seed that is given",
    ),
    fault(
        "asking.py", "np.moveaxis(y, -1, 1) for name, y", "y for name, y", "net/test_net.py", "answers have maps first"
    ),
    fault(
        "small.py", "if not _fall(first, then) <= form.lose", "if False", "net/test_small.py", "what loses is refused"
    ),
    fault(
        "small.py",
        "return before.accuracy - after.accuracy",
        "return after.accuracy - before.accuracy",
        "net/test_small.py",
        "a fall is one",
    ),
    fault(
        "small.py",
        "rise / abs(before.loss) if before.loss",
        "0.0 if before.loss",
        "net/test_small.py",
        "what has no accuracy is judged by its loss",
    ),
    fault(
        "small.py",
        "train = held_out(train, settings.validate, seed)[0]",
        "pass",
        "net/test_small.py",
        "what judges does not calibrate",
    ),
    fault(
        "small.py",
        "reduced = not machine.multiplies_bytes()",
        "reduced = False",
        "net/test_small.py",
        "weights have 7 bits without VNNI",
    ),
    fault(
        "small.py",
        "if lost > MANY * count:",
        "if lost > count:",
        "interop/test_float16.py",
        "weights that become 0 are told",
    ),
)
