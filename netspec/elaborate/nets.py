"""A net: its parameters, inputs, statements and outputs, and what is decided once all of it is there."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from netspec.diagnostics import Problems, did_you_mean
from netspec.elaborate import expectations
from netspec.elaborate.arguments import named
from netspec.elaborate.declarations import allowed_name, declare_ahead
from netspec.elaborate.expressions import boolean, evaluate, number
from netspec.elaborate.scope import Binding, Failed, Halted, Place, Scope, Value, fail
from netspec.elaborate.site import Build, Expected, Site
from netspec.elaborate.statements import bind_value, run_body, run_statement, warn_unused
from netspec.elaborate.unbuilt import look_over_unused
from netspec.elaborate.values import Size, describe
from netspec.graph import Graph, Node, Output
from netspec.language import syntax as s
from netspec.ops import Operator, Trained
from netspec.ops.norm import Norm
from netspec.shape import MOST_ELEMENTS, Dim, Free, Shape, elements


def build(net: s.Net, scope: Scope, problems: Problems) -> Graph | None:
    """The graph of a net whose parameters ``scope`` has; None where something is wrong, which is reported.

    The `expect` lines of a statement are checked even where another statement is at fault.
    """
    state = _Net(Build(problems, run_body, effort=scope.effort), scope)
    complete = state.run(net)
    found = Graph(
        net.name,
        state.inputs,
        tuple(state.build.nodes),
        tuple(state.outputs),
        state.names,
        state.build.calls,
        frozenset(state.build.shares),
    )
    graph = _without_useless_biases(found)
    if scope.trace is not None:
        scope.trace.graph = graph
    # Of a net that is not complete it is not known whether a last layer's value would have gone into a norm.
    undecided = (
        set()
        if complete
        else {node.name for node in found.nodes if _may_lose_bias(node) and not found.users[node.name]}
    )
    for expected in state.build.expected:
        if complete or expected.node.target != "net":
            expectations.check(expected, state.build.ranges, state.build.nodes, graph, undecided)
    return graph if complete else None


def set_parameters(net: s.Net, scope: Scope, given: Mapping[str, Any]) -> None:
    """Bind the net's parameters: what was given, else the default; one without either is an error."""
    names = [parameter.name for parameter in net.parameters]
    for name in given:
        if name not in names:
            parameters = f"its parameters are {', '.join(names)}" if names else "it has no parameters"
            scope.problems.error(
                "N113",
                net.name_span,
                f"net {net.name} has no parameter {name}",
                help=did_you_mean(name, names, parameters),
            )
    for parameter in net.parameters:
        binding = Binding("unknown", parameter.span)
        if parameter.name in given:
            binding = Binding("constant", parameter.span, given[parameter.name])
        elif parameter.default is None:
            scope.problems.error(
                "N114", parameter.span, f"the parameter {parameter.name} of net {net.name} has no value",
                help=f"give it one: `--set {parameter.name}=…`, or a default in the spec",
            )  # fmt: skip
        else:
            with contextlib.suppress(Failed):
                binding = Binding("constant", parameter.span, evaluate(parameter.default, scope))
        scope.bind(parameter.name, binding, parameter.span)


class _Net:
    def __init__(self, build: Build, scope: Scope) -> None:
        self.build, self.scope = build, scope
        self.site = Site(build, scope, Place())
        self.inputs: dict[str, Shape] = {}
        self.outputs: list[Output] = []
        self.names: dict[str, str] = {}
        self.free: set[str] = set()

    def run(self, net: s.Net) -> bool:
        declare_ahead(net.body.statements, self.scope)
        expected: list[Expected] = []
        good = True
        for statement in net.body.statements:
            try:
                if isinstance(statement, s.Input):
                    self.input(statement)
                elif isinstance(statement, s.Output):
                    self.output(statement)
                elif isinstance(statement, s.Broken):
                    good = False
                else:
                    self.statement(statement, expected)
            except Failed:
                good = False
            except Halted:
                return False
        self.build.expected += expected
        look_over_unused(self.site)
        good = self.complete(net) and good
        if good:
            warn_unused(self.scope, None)
        return good and not self.build.problems.errors

    def statement(self, statement: s.Statement, expected: list[Expected]) -> None:
        values = run_statement(statement, self.site, expected)
        if isinstance(statement, s.Bind) and values is not None and len(values) == 1:
            self.names[statement.name] = values[0].name
        if isinstance(statement, s.Bare):
            self.build.problems.warning(
                "N312",
                statement.span,
                "nothing uses the value of this line",
                help="give it a name: `name = …`, or `output name = …`",
            )

    def complete(self, net: s.Net) -> bool:
        if any(problem.severity == "error" for problem in self.build.problems):
            return False
        for what, there in (("input", self.inputs), ("output", self.outputs)):
            if not there:
                example = "`input image: 1 x 32 x 32`" if what == "input" else "`output digit = …`"
                self.build.problems.error(
                    "N313", net.name_span, f"net {net.name} has no {what}", help=f"add one: {example}"
                )
        return bool(self.inputs and self.outputs)

    def input(self, node: s.Input) -> None:
        good_name = allowed_name(node.name, node.name_span, self.scope, "value")
        binding = Binding("unknown", node.name_span)
        try:
            shape = self.shape(node)
            self.inputs.setdefault(node.name, shape)  # bound twice, the first counts
            binding = Binding("value", node.name_span, (Value(node.name, shape, node.name, node.span.line),))
        finally:
            if good_name:
                self.scope.bind(node.name, binding, node.name_span)

    def shape(self, node: s.Input) -> Shape:
        parts = node.shape.parts if isinstance(node.shape, s.Size) else (node.shape,)
        dims: list[Dim] = []
        for part in parts:
            dims += self.dims(part, bool(dims))
        if len(dims) > 4:
            raise fail(
                self.scope,
                "N221",
                node.shape.span,
                f"an input has at most 4 sizes, and this one has {len(dims)}",
                help="write `maps x depth x height x width`, without the batch",
            )
        size = elements(tuple(dims))
        if size is not None and size >= MOST_ELEMENTS:
            raise fail(
                self.scope, "N219", node.shape.span, f"a value of {size:,} numbers is past the limit of 2 ** 31 - 1"
            )
        return tuple(dims)

    def dims(self, part: s.Expression, behind_first: bool) -> list[Dim]:
        if isinstance(part, s.Name) and part.arguments is None and self.scope.find(part.name) is None and behind_first:
            line = self.scope.bound_later(part.name)
            if line is None:
                return [Free(part.name)]
        value = evaluate(part, self.scope)
        sizes = list(value) if isinstance(value, Size) else [value]
        for size in sizes:
            if isinstance(size, bool) or not isinstance(size, int) or size < 1:
                raise fail(
                    self.scope,
                    "N221",
                    part.span,
                    f"a size must be a whole number of at least 1, not {describe(size)}",
                )
        return list(sizes)

    def output(self, node: s.Output) -> None:
        try:
            train, weight = self.head(node)
        finally:  # what is wrong with the pipeline is reported too
            values = bind_value(node.name, node, self.site)
        assert values is not None
        if len(values) != 1:
            raise fail(
                self.scope,
                "N307",
                node.span,
                f"an output is one value, and {node.name} has {len(values)}",
                help="join them: `-> concat` or `-> add`",
            )
        binding = self.scope.names.get(node.name)
        if binding is not None:
            binding.used = True
        self.names[node.name] = values[0].name
        self.outputs.append(Output(node.name, values[0].name, train, weight))

    def head(self, node: s.Output) -> tuple[bool, float]:
        train, weight = False, 1.0
        for name, argument in named("an output", ("train",), ("train", "weight"), node.arguments, self.scope):
            if name is None:
                raise Failed
            if name == "weight":
                weight = float(number(argument.value, self.scope))
                if weight < 0:
                    raise fail(
                        self.scope,
                        "N112",
                        argument.span,
                        f"the weight of an output must be at least 0, not {weight:g}",
                    )
            elif argument.name is not None:
                train = boolean(argument.value, self.scope)
            elif isinstance(argument.value, s.Name) and argument.value.name == "train":
                train = True
            else:
                text = argument.span.text
                help = did_you_mean(text, ("train", "weight"), "it takes train, and weight: 0.3")
                raise fail(self.scope, "N110", argument.span, f"an output takes no argument {text}", help=help)
        return train, weight


def _without_useless_biases(graph: Graph) -> Graph:
    """Leave out a bias of which nothing is said and whose value goes only into ``norm``, at every use of a share."""
    leaving = {output.value for output in graph.outputs}
    kept: set[str] = set()
    for node in graph.nodes:
        if _may_lose_bias(node):
            users = graph.users[node.name]
            if not users or node.name in leaving or not all(isinstance(user.op, Norm) for user in users):
                kept.add(node.path)

    decided: dict[tuple[int, bool], Operator] = {}  # one for all that are alike

    def without(node: Node) -> Node | None:
        if not _may_lose_bias(node):
            return None
        key = id(node.op), node.path in kept
        if key not in decided:
            decided[key] = node.op.replaced(bias=node.path in kept)
        return Node(node.name, node.path, decided[key], node.inputs, node.shape, node.line)

    return graph.replace(without)


def _may_lose_bias(node: Node) -> bool:
    return isinstance(node.op, Trained) and node.op.bias is None
