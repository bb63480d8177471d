"""Faults of reading a spec's meaning: expressions, names, blocks, shortcuts, expectations, sections."""

from __future__ import annotations

from tests.planted.fault import Planted

T = "tests/elaborate/test_"

FAULTS: tuple[Planted, ...] = (
    # ---- places
    Planted(
        file="elaborate/scope.py", old="self.taken.add(name)", new="pass",
        tests=T + "blocks.py", rule="a block whose name ends in a number has places of its own",
    ),
    # ---- shares
    Planted(
        file="elaborate/statements.py", old=", *site.build.instances.setdefault(place, ({}, {}))", new="",
        tests=T + "share.py", rule="a share that a share brings with it is the same at each use",
    ),
    # ---- expressions
    Planted(
        file="elaborate/indexing.py", old="not 0 <= index < len(values)", new="not 0 <= index <= len(values)",
        tests=T + "expressions.py", rule="a list of two has no item 2",
    ),
    Planted(
        file="elaborate/indexing.py", old="not 0 <= index < len(values)", new="not -1 <= index < len(values)",
        tests=T + "expressions.py", rule="items count from 0, not from the end",
    ),
    Planted(
        file="elaborate/functions.py", old="math.floor(number) + (number - math.floor(number) >= 0.5)",
        new="round(number)",
        tests=T + "expressions.py", rule="a half is rounded up, not to even",
    ),
    Planted(
        file="elaborate/arithmetic.py", old="LARGEST = 2**63", new="LARGEST = 2**64",
        tests=T + "expressions.py", rule="whole numbers stay below 2 ** 63",
    ),
    Planted(
        file="elaborate/arithmetic.py", old='"%": operator.mod', new='"%": math.fmod',
        tests=T + "expressions.py", rule="a remainder has the divisor's sign",
    ),
    Planted(
        file="elaborate/arithmetic.py", old='"<=": operator.le', new='"<=": operator.lt',
        tests=T + "expressions.py", rule="2 <= 2",
    ),
    Planted(
        file="elaborate/arithmetic.py", old="value.is_integer() and", new="False and",
        tests=T + "expressions.py", rule="64/2 is the whole number 32",
    ),
    Planted(
        file="elaborate/expressions.py", old="range(first, last + 1)", new="range(first, last)",
        tests=T + "expressions.py", rule="both ends of a range count",
    ),
    Planted(
        file="elaborate/expressions.py", old="result.leaves > MOST_LEAVES", new="result.leaves >= MOST_LEAVES",
        tests=T + "limits.py::test_a_list_holds_a_million_items_with_those_of_its_lists", rule="a million items fit",
    ),
    Planted(
        file="elaborate/expressions.py", old="result.depth > DEEPEST_LIST", new="result.depth >= DEEPEST_LIST",
        tests=T + "limits.py::test_lists_stand_in_lists_100_deep", rule="lists stand in lists 100 deep",
    ),
    Planted(
        file="elaborate/expressions.py", old="if last - first >= LONGEST:", new="if last - first > LONGEST:",
        tests=T + "expressions.py", rule="a range has at most 100,000 items",
    ),
    Planted(
        file="elaborate/expressions.py", old="        return a is b\n", new="        return bool(a == b)\n",
        tests=T + "expressions.py", rule="1 is not true",
    ),
    Planted(
        file="elaborate/expressions.py", old='(sign == "or"):\n', new='(sign == "and"):\n',
        tests=T + "expressions.py", rule="`or` ends at the first that is true, `and` at the first that is false",
    ),
    Planted(
        file="elaborate/expressions.py", old="if result.leaves > MOST_LEAVES:", new="if len(result) > MOST_LEAVES:",
        tests=T + "limits.py", rule="the items of a list's lists count with it",
    ),
    Planted(
        file="elaborate/arithmetic.py", old="if base != 0 and exponent * math.log2",
        new="if abs(base) > 1 and exponent * math.log2",
        tests=T + "expressions.py", rule="0.5 ** -2000 is too large",
    ),
    # ---- names and blocks
    Planted(
        file="elaborate/scope.py", old='not (hidden and binding.kind == "value")', new="not hidden",
        tests=T + "blocks.py", rule="a block sees the constants, tables and blocks around it",
    ),
    Planted(
        file="elaborate/scope.py", old="hidden = hidden or scope.wall", new="hidden = False",
        tests=T + "blocks.py", rule="a block does not see the values around it",
    ),
    Planted(
        file="elaborate/scope.py", old='(name := kind if number == 1 else f"{kind}_{number}")',
        new='(name := f"{kind}_{number}")',
        tests=T + "net_declarations.py", rule="layers are numbered from the second of their kind",
    ),
    Planted(
        file="elaborate/arguments.py", old="value = evaluate(parameter.default, inner)",
        new="value = evaluate(parameter.default, outer)",
        tests=T + "blocks.py", rule="a block's defaults see the parameters before them",
    ),
    Planted(
        file="elaborate/arguments.py", old="elif position >= len(order):", new="elif position > len(order):",
        tests=T + "arguments.py", rule="as many arguments by position as there are, and not one more",
    ),
    Planted(
        file="elaborate/arguments.py", old="if name is not None and name in taken:", new="if False:",
        tests=T + "arguments.py", rule="an argument is given once",
    ),
    Planted(
        file="elaborate/arguments.py", old="(name, type(value), value) for name", new="(name, value) for name",
        tests=T + "arguments.py", rule="1 and true are different arguments",
    ),
    Planted(
        file="elaborate/calls.py", old="if len(site.blocks) >= DEEPEST:", new="if len(site.blocks) > DEEPEST:",
        tests=T + "blocks.py", rule="blocks call blocks 100 deep",
    ),
    Planted(
        file="elaborate/pipelines.py", old="if len(values) > 1 else entering", new="if values else entering",
        tests=T + "blocks.py", rule="advice has brackets around several values alone",
    ),
    Planted(
        file="elaborate/pipelines.py", old='one is not None and one.kind == "value"', new="one is not None",
        tests=T + "blocks.py", rule="what is no value is not advised to enter a layer",
    ),
    Planted(
        file="elaborate/pipelines.py", old="    if index >= len(values):\n", new="    if index > len(values):\n",
        tests=T + "blocks.py", rule="of two inputs of a block there is no in[2]",
    ),
    Planted(
        file="elaborate/pipelines.py", old="if count > MOST_LAYERS:", new="if count >= MOST_LAYERS:",
        tests=T + "repeat.py::test_the_limit_of_repetitions", rule="100,000 repetitions are within the limit",
    ),
    Planted(
        file="elaborate/declarations.py", old="if name not in OPERATORS and name not in SPECIAL:",
        new="if name not in OPERATORS:",
        tests=T + "net_declarations.py", rule="no value is called residual",
    ),
    Planted(
        file="elaborate/counting.py", old="return max(0, last - first + 1)", new="return max(0, last - first + 2)",
        tests=T + "repeat.py", rule="a range has both its ends and no more",
    ),
    Planted(
        file="elaborate/counting.py", old="return 1 + self._body(stage.body, scope, hidden)",
        new="return self._body(stage.body, scope, hidden)",
        tests="tests/elaborate/test_layers.py::test_too_many_layers_are_told_at_once", rule="a residual has its sum",
    ),
    # ---- what is not built
    Planted(
        file="elaborate/unbuilt.py", old="if pipe is not chosen], site, False)",
        new="if pipe is not chosen], site, True)",
        tests=T + "unbuilt.py::test_numbers_that_may_be_meant_for_another_case",
        rule="numbers of a branch that is not chosen may be meant for another case",
    ),
    Planted(
        file="elaborate/unbuilt.py", old="Scope(scope.problems, scope, input=())), values)",
        new="Scope(scope.problems, scope, input=())))",
        tests=T + "unbuilt.py::test_numbers_that_may_be_meant_for_another_case",
        rule="so may those of a residual in it",
    ),
    Planted(
        file="elaborate/pipelines.py", old="        look_within(stage, site)\n", new="        pass\n",
        tests=T + "unbuilt.py::test_names_that_are_wrong_in_what_is_not_chosen", rule="(p) * 0 is looked over",
    ),
    Planted(
        file="elaborate/unbuilt.py", old="if binding.kind == \"block\" and not binding.used",
        new="if False and not binding.used",
        tests=T + "unbuilt.py::test_a_block_that_nothing_uses", rule="a block that nothing uses is looked over",
    ),
    Planted(
        file="elaborate/files.py", old="into.broken = into.broken or path in self.lacking", new="pass",
        tests=T + "reading_files.py::test_only_what_a_used_file_may_have_lacked_is_silent",
        rule="no error that only follows from a line of a used file",
    ),
    # ---- shares and shortcuts
    Planted(
        file="elaborate/nodes.py", old="    if known != (op, shapes):\n", new="    if known[0] != op:\n",
        tests=T + "share.py", rule="what enters a share must fit its weights",
    ),
    Planted(
        file="elaborate/shortcuts.py", old="LARGEST_STRIDE = 64", new="LARGEST_STRIDE = 63",
        tests=T + "shortcuts.py", rule="strides of free sizes are tried up to 64",
    ),
    Planted(
        file="elaborate/shortcuts.py", old="low = -(-have // want)  #", new="low = have // want  #",
        tests=T + "shortcuts.py", rule="a stride of 2 makes 7 into 4",
    ),
    Planted(
        file="elaborate/shortcuts.py", old="return low if -(-have // low) == want else None", new="return low",
        tests=T + "shortcuts.py", rule="where no stride makes the sizes agree, it is an error",
    ),
    Planted(
        file="elaborate/shortcuts.py", old='if equal and kind in ("identity", "auto", "pad"):',
        new='if equal and kind in ("identity", "auto", "pad", "project"):',
        tests=T + "shortcuts.py", rule="project projects equal shapes too",
    ),
    Planted(
        file="elaborate/shortcuts.py", old='kind: str | Table = "identity"\n', new='kind: str | Table = "auto"\n',
        tests=T + "shortcuts.py", rule="a shortcut is never silently a projection",
    ),
    # ---- nets and expectations
    Planted(
        file="elaborate/nets.py", old="if not users or node.name in leaving or", new="if not users or",
        tests=T + "net_declarations.py", rule="the bias of an output stays",
    ),
    Planted(
        file="elaborate/nets.py", old="not all(isinstance(user.op, Norm) for user in users)",
        new="not any(isinstance(user.op, Norm) for user in users)",
        tests=T + "net_declarations.py", rule="a bias goes where the value goes only into norm",
    ),
    Planted(
        file="elaborate/nets.py", old="if len(dims) > 4:", new="if len(dims) > 5:",
        tests=T + "net_declarations.py", rule="an input has at most four sizes",
    ),
    Planted(
        file="elaborate/nets.py", old="if size is not None and size >= MOST_ELEMENTS:",
        new="if size is not None and size > MOST_ELEMENTS:",
        tests=T + "net_declarations.py", rule="a value's elements stay below 2 ** 31",
    ),
    Planted(
        file="elaborate/nets.py", old="                if weight < 0:\n", new="                if weight <= 0:\n",
        tests=T + "net_declarations.py", rule="the weight of an output may be 0",
    ),
    Planted(
        file="elaborate/expectations.py", old='cost.connections if name == "connections" else cost.macs\n    if',
        new="cost.connections\n    if",
        tests=T + "expectations.py", rule="macs are not connections",
    ),
    Planted(
        file="elaborate/expectations.py", old="deployed = graph.deployed()", new="deployed = graph",
        tests=T + "expectations.py", rule="expect net(…) is of the deployed net",
    ),
    Planted(
        file="elaborate/expectations.py", old="    if found != required:\n", new="    if found < required:\n",
        tests=T + "expectations.py", rule="a figure that is too large is an error too",
    ),
    # ---- sections
    Planted(
        file="elaborate/sections.py", old="(step.every is None) == (step.at is None)",
        new="step.every is None and step.at is None",
        tests=T + "sections.py", rule="step takes either `every:` or `at:`",
    ),
    Planted(
        file="elaborate/losses.py", old='train.loss.get(name) or train.loss.get("")',
        new='train.loss.get("") or train.loss.get(name)',
        tests=T + "sections.py", rule="a line for one output counts before the common one",
    ),
    Planted(
        file="elaborate/losses.py", old="            loss = _own_loss(end)\n", new='            loss = "mse"\n',
        tests=T + "sections.py", rule="where no line says a loss, it is the one that belongs to the last layer",
    ),
    Planted(
        file="elaborate/picture_sizes.py", old="(picture.maps == 1 and shape[0] == 3)", new="picture.maps == 1",
        tests=T + "picture_sizes.py", rule="a grey picture becomes three maps, not two",
    ),
    Planted(
        file="elaborate/labels.py", old="elif before != number:", new="elif False:",
        tests=T + "labels.py", rule="a class stands once in its file",
    ),
    # ---- the graph and sizes
    Planted(
        file="graph.py", old='place = 1 if local == "bias" else 0', new="place = 0",
        tests="tests/engine/running/test_parameters.py", rule="a bias has its own multiples",
    ),
    Planted(
        file="graph.py", old='1.0 if self.local_weights(node)[local].role == "kernel" else 0.0', new="1.0",
        tests="tests/engine/running/test_parameters.py", rule="decay reaches kernels only",
    ),
    Planted(
        file="graph.py", old="instead[node.name] = inputs[0]", new="instead[node.name] = node.inputs[0]",
        tests="tests/test_graph.py", rule="nodes that are left out one after the other lead to what the first read",
    ),
    Planted(
        file="graph.py", old="for value in dict.fromkeys(node.inputs):", new="for value in node.inputs:",
        tests="tests/test_graph.py", rule="a node that reads a value twice is one user",
    ),
    Planted(
        file="graph.py", old='getattr(node.op, "frozen", False)', new="False",
        tests="tests/test_graph.py", rule="frozen weights are not trained",
    ),
    Planted(
        file="shape.py", old="size.plus * times + plus * size.over", new="size.plus * times + plus",
        tests="tests/test_shape.py", rule="two roundings in one: ((x + b) // s + c) // t",
    ),
    Planted(
        file="shape.py", old="min(pad + stride - 1, reach - 1)", new="pad + stride - 1",
        tests="tests/test_shape.py", rule="rounded up, no window starts in the padding behind",
    ),
    Planted(
        file="shape.py", old="for n in (256, 512, 1024))", new="for n in (256, 512))",
        tests="tests/test_shape.py", rule="sizes agree at 1024 too",
    ),
    # ---- columns of a table
    Planted(
        file="elaborate/columns.py", old="len(names) != units and", new="len(names) > units and",
        tests=T + "sections.py", rule="too few columns are an error too",
    ),
    Planted(
        file="elaborate/columns.py", old='not (kind == "output" and len(names) == 1)', new="True",
        tests=T + "sections.py", rule="an output may have one column of classes",
    ),
    Planted(
        file="elaborate/columns.py", old="if len(graph.inputs) == 1 else None", new="if graph.inputs else None",
        tests=T + "sections.py", rule="of several inputs the line says which",
    ),
)  # fmt: skip
