"""Pipelines to nodes: what each stage does to the values that enter it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import repeat
from math import prod
from typing import Any

from netspec.diagnostics import Fault, Problems, Span
from netspec.elaborate.ahead import (
    DEEPEST,
    SPECIAL,
    check_form,
    enter,
    look_over,
    look_over_others,
    look_within,
    unknown_layer,
)
from netspec.elaborate.arguments import bind, named, parameters, place
from netspec.elaborate.counting import Counting
from netspec.elaborate.expressions import boolean, describe, evaluate, fail, incoming, unknown, whole
from netspec.elaborate.scope import A_BLOCK, Binding, Effort, Failed, Halted, Place, Scope, Share, Value
from netspec.graph import Node
from netspec.language import syntax as s
from netspec.ops import OPERATORS, Operator, Weight
from netspec.shape import MOST_ELEMENTS, Free, Shape, elements, show
from netspec.tables import Table

#: A net has at most so many layers, and takes at most so many steps to build.
MOST_LAYERS, MOST_STEPS = 100_000, 1_000_000
#: Blocks that call blocks as deep as they may, with brackets in each, take so many frames of Python.
FRAMES = 20_000

Values = tuple[Value, ...]

@dataclass
class Build:
    """The nodes made so far, and what must be known about them at the end."""

    problems: Problems
    nodes: list[Node] = field(default_factory=list)
    spans: dict[str, Span] = field(default_factory=dict)
    warned: set[tuple[str, int]] = field(default_factory=set)
    made: dict[tuple[int, str], tuple[int, int, Binding]] = field(default_factory=dict)
    expected: list[Any] = field(default_factory=list)
    looked: set[int] = field(default_factory=set)  # pipelines that were not chosen and blocks, looked over or built
    effort: Effort = field(default_factory=Effort)
    bound: dict[int, tuple[Scope, Operator]] = field(default_factory=dict)  # layers of repeats, whose arguments stay the same
    known: dict[Any, Operator] = field(default_factory=dict)  # layers by their arguments
    figures: dict[Any, tuple[Shape, dict[str, Weight]]] = field(default_factory=dict)  # of layers by what enters them
    counting: Counting = field(default_factory=Counting)
    steps: int = 0

    def ask(self, layers: int, span: Span) -> None:
        """Whether so many layers more fit into the net; counted before they are made, where their text tells it."""
        if len(self.nodes) + layers > MOST_LAYERS:
            self.problems.error("N301", span, f"at least {len(self.nodes) + layers:,} layers are past the limit of {MOST_LAYERS:,}", help="repeat less")
            raise Halted

    def step(self, span: Span) -> None:
        """Count one more thing done; a limit stops the building."""
        self.steps += 1
        self.effort.at = span
        if self.steps > MOST_STEPS or len(self.nodes) > MOST_LAYERS:
            what = f"{MOST_LAYERS:,} layers" if len(self.nodes) > MOST_LAYERS else f"{MOST_STEPS:,} steps of building"
            self.problems.error("N301", span, f"the net is past the limit of {what}", help="repeat less")
            raise Halted


@dataclass(frozen=True)
class Site:
    """Where a pipeline is built: its names, the place of its layers, the blocks around, the share it is of."""

    build: Build
    scope: Scope
    place: Place
    blocks: tuple[str, ...] = ()
    share: Share | None = None


def run(pipe: s.Pipe, site: Site, entering: Values | None) -> Values:
    """What comes out of a pipeline. Reports what is wrong and raises Failed."""
    values = entering
    for number, stage in enumerate(pipe.stages):
        try:
            values = _stage(stage, site, values, number == 0)
        except Failed:
            for later in pipe.stages[number + 1 :]:
                look_over(later, site)
            raise
    assert values is not None
    return values


def _stage(stage: s.Stage, site: Site, entering: Values | None, first: bool) -> Values:
    site.build.step(stage.span)
    if isinstance(stage, s.In):
        return _in(stage, site, first)
    if isinstance(stage, s.Many):
        return _many(stage, site, entering)
    if isinstance(stage, s.Group):
        return _group(stage, site, entering)
    binding = site.scope.find(stage.name)
    if binding is not None and binding.kind == "value":
        return _value(stage, site, binding, first)
    if binding is not None and binding.kind == "unknown":
        raise Failed
    if entering is None:
        if binding is None and stage.name not in OPERATORS and stage.name not in SPECIAL and stage.arguments is None:
            raise unknown(stage.name, stage.name_span, site.scope, tuple(OPERATORS))
        if binding is not None and binding.kind == "constant" and stage.name not in OPERATORS:
            raise fail(site.scope, "N302", stage.span, f"{stage.name} is {describe(binding.what)}, not a value of the net")
        raise fail(site.scope, "N302", stage.span, "a pipeline begins with a value", help=f"write `image -> {stage.span.text[:40]}`")
    check_form(stage, binding, site.scope)
    if binding is not None and binding.kind == "block":
        return _block(stage, site, binding, entering)
    if binding is not None and binding.kind == "share":
        return _share(stage, site, binding.what, entering)
    if stage.name == "identity":
        if named("identity", (), (), stage.arguments or (), site.scope):
            raise Failed
        return entering
    if stage.name == "residual":
        return _residual(stage, site, entering)
    if stage.name in OPERATORS:
        return (_layer(stage, site, OPERATORS[stage.name], entering),)
    if binding is not None:
        raise fail(site.scope, "N303", stage.name_span, f"{stage.name} is {describe(binding.what)}, not a layer")
    raise unknown_layer(stage, site.scope)


def _in(stage: s.In, site: Site, first: bool) -> Values:
    values = incoming(site.scope)
    if values is None:
        raise fail(site.scope, "N104", stage.span, "`in` is the input of a block or of a residual, and here is neither")
    if not first:
        raise fail(site.scope, "N304", stage.span, "`in` is a value: nothing flows into it", help="begin a pipeline with it")
    if stage.index is None:
        return values
    index = whole(stage.index, site.scope)
    if index >= len(values):
        told = f"{len(values)} value{'s' if len(values) > 1 else ''}"
        raise fail(site.scope, "N305", stage.span, f"there is no in[{index}]: {told} came in, and they count from 0")
    return (values[index],)


def _value(stage: s.Call, site: Site, binding: Binding, first: bool) -> Values:
    if not first:
        raise fail(site.scope, "N304", stage.span, f"{stage.name} is a value: nothing flows into it",
                   help=f"to join two values write `[…, {stage.name}] -> add`, or concat")  # fmt: skip
    if stage.arguments is not None or stage.body is not None:
        raise fail(site.scope, "N304", stage.span, f"{stage.name} is a value and takes no arguments")
    return binding.what  # type: ignore[no-any-return]


def _many(stage: s.Many, site: Site, entering: Values | None) -> Values:
    values: list[Value] = []
    good = True
    for pipe in stage.pipes:
        try:
            values += run(pipe, site, entering)
        except Failed:
            good = False
    if not good:
        raise Failed
    return tuple(values)


def _group(stage: s.Group, site: Site, entering: Values | None) -> Values:
    if isinstance(stage.repeat, s.Times):
        count = _count(stage.repeat, site)
        site.build.ask(count * site.build.counting.pipe(stage.inner, site.scope), stage.span)
        return _repeated(stage, site, entering, repeat(site.scope, count))
    if isinstance(stage.repeat, s.Each):
        each = stage.repeat
        items = evaluate(each.items, site.scope)
        if not isinstance(items, list):
            raise fail(site.scope, "N105", each.items.span, f"`for` takes a list or a range, and this is {describe(items)}")
        site.build.ask(len(items) * site.build.counting.pipe(stage.inner, site.scope), stage.span)
        return _repeated(stage, site, entering, (_with(each, item, site.scope) for item in items))
    return _repeated(stage, site, entering, [site.scope])


def _with(each: s.Each, item: Any, around: Scope) -> Scope:
    inner = Scope(around.problems, around)
    inner.names[each.name] = Binding("constant", each.name_span, item)
    return inner


def _count(times: s.Times, site: Site) -> int:
    count = whole(times.count, site.scope)
    if count > MOST_LAYERS:
        raise fail(site.scope, "N301", times.span, f"{count:,} repetitions are past the limit of {MOST_LAYERS:,} layers")
    return count


def _repeated(stage: s.Group, site: Site, entering: Values | None, scopes: Iterable[Scope]) -> Values:
    values, none = entering, True
    for scope in scopes:
        none = False
        site.build.step(stage.span)
        here, inner = site if scope is site.scope else replace(site, scope=scope), stage.inner
        while isinstance(inner, s.Choice):
            inner = inner.pipe if boolean(inner.condition, scope) else inner.otherwise
        if isinstance(stage.inner, s.Choice):
            look_over_others(stage.inner, inner, here)
        values = run(inner, here, values)
    if none:
        look_within(stage, site)
    if values is None:
        raise fail(site.scope, "N302", stage.span, "a pipeline begins with a value", help="put a value and `->` before the parenthesis")
    return values


# ---- layers


def _layer(stage: s.Call, site: Site, kind: type[Operator], entering: Values) -> Value:
    scope, op = site.build.bound.get(id(stage), (None, None))
    if op is None or scope is not site.scope:
        op = bind(kind, stage.arguments or (), site.scope, stage.name_span, site.build.known)
        site.build.bound[id(stage)] = site.scope, op
    if len(entering) != 1 and not kind.joins:
        raise fail(
            site.scope, "N307", stage.name_span, f"{stage.name} takes one value, and {len(entering)} enter",
            help="join them before it: `-> add`, `-> concat`, `-> multiply` or `-> subtract`",
        )  # fmt: skip
    return add_node(op, entering, site, stage.span, stage.arguments or (), stage.name_span)


def add_node(
    op: Operator, entering: Values, site: Site, span: Span, written: tuple[s.Argument, ...] = (), name: Span | None = None
) -> Value:
    """A node for the operator at this place; its value."""
    build, xs = site.build, [value.shape for value in entering]
    path = site.place.layer(op.name)
    key = id(op), *xs
    if key not in build.figures:
        try:
            figures = op.shape(xs), op.weights(xs)
        except Fault as fault:
            raise place(fault, site.scope, written, op.positional(), name or span, entering[0]) from None
        _bounded(*figures, site.scope, name or span)
        build.known.setdefault(id(op), op)  # it is known by its address: it must stay
        build.figures[key] = figures
    shape, weights = build.figures[key]
    node_name = path
    if site.share is not None:
        node_name = _shared_name(op, path, weights, site, name or span)
    node = Node(node_name, path, op, tuple(value.name for value in entering), shape, span.line)
    build.nodes.append(node)
    build.spans[node_name] = span
    build.step(span)
    _warn_unfed(op, site, span)
    return Value(node_name, shape, f"the value of {op.name}", span.line)


def _bounded(shape: Shape, weights: dict[str, Weight], scope: Scope, span: Span) -> None:
    """Report a value or a weight that is too large, or a free size that no picture could meet."""
    for what, size in (("value", elements(shape)), *(("weight", prod(w.shape)) for w in weights.values())):
        if size is not None and size >= MOST_ELEMENTS:
            raise fail(scope, "N219", span, f"a {what} of {size:,} numbers is past the limit of 2 ** 31",
                       label=show(shape) if what == "value" else "")  # fmt: skip
    for dim in shape:
        if isinstance(dim, Free) and (dim.times >= MOST_ELEMENTS * dim.over or max(dim.over, abs(dim.plus)) >= 2**63):
            raise fail(scope, "N219", span, "a free size grows here past the limit of 2 ** 31 whatever it is")
        if isinstance(dim, Free) and dim.depth > DEEPEST:
            raise fail(scope, "N219", span, f"a free size is rounded here more than {DEEPEST} times over", help="give the input numbers")


def _shared_name(op: Operator, path: str, weights: dict[str, Any], site: Site, span: Span) -> str:
    share = site.share
    assert share is not None
    shapes = {local: w.shape for local, w in weights.items()}
    known = share.weights.setdefault(path, (op, shapes))
    if known != (op, shapes):
        raise fail(
            site.scope, "N308", span,
            f"share {share.syntax.name} has one set of weights, and they do not fit what enters here",
            label=f"{path} would need {_told(shapes) or 'other layers'}, and has {_told(known[1]) or 'others'}",
            help="give every use the same number of maps, or use a block, which has weights of its own each time",
        )  # fmt: skip
    share.nodes[path] = uses = share.nodes.get(path, 0) + 1
    return path if uses == 1 else f"{path}#{uses}"


def _told(shapes: dict[str, tuple[int, ...]]) -> str:
    return ", ".join(f"{local} {show(shape)}" for local, shape in shapes.items())


def _warn_unfed(op: Operator, site: Site, span: Span) -> None:
    """Warn of an output map of a trained layer that its table connects to nothing."""
    table = op.arguments()["table"] if "table" in type(op).model_fields else None
    if not isinstance(table, Table) or op.name == "connect" or table.is_full:
        return
    unfed = table.unfed
    key = (table.name, span.start)
    if unfed and key not in site.build.warned:
        site.build.warned.add(key)
        which = ", ".join(map(str, unfed[:5])) + ("" if len(unfed) < 6 else ", …")
        plural = "s" if len(unfed) > 1 else ""
        site.build.problems.warning(
            "N220", span, f"table {table.name} connects output map{plural} {which} to nothing",
            help="only a bias can reach it",
        )  # fmt: skip


# ---- blocks, shares, residuals


def _block(stage: s.Call, site: Site, binding: Binding, entering: Values) -> Values:
    block: s.Block = binding.what
    within = enter(block, site, stage)
    assert binding.scope is not None
    site.scope.effort.spend(A_BLOCK, site.scope.problems, stage.span)
    site.build.ask(site.build.counting.stage(stage, site.scope), stage.span)
    scope = Scope(site.build.problems, binding.scope, wall=True, input=entering)
    parameters(block.name, block.parameters, stage, site.scope, scope)
    from netspec.elaborate.bodies import run_body

    site.build.looked.add(id(block))
    inner = replace(within, scope=scope, place=site.place.inner(block.name))
    return run_body(block.body, inner)


def _share(stage: s.Call, site: Site, share: Share, entering: Values) -> Values:
    inner = replace(site, scope=share.scope, place=Place(share.place), share=share)
    values = run(share.syntax.pipe, inner, entering)
    if share.shape is None and len(values) == 1:
        share.shape = values[0].shape
    return values


def _residual(stage: s.Call, site: Site, entering: Values) -> Values:
    if stage.body is None:
        raise fail(site.scope, "N306", stage.span, "residual needs a body", help="write `residual { … }`")
    if len(entering) != 1:
        raise fail(site.scope, "N307", stage.name_span, f"residual takes one value, and {len(entering)} enter", help="join them before it")
    from netspec.elaborate.bodies import run_body
    from netspec.elaborate.shortcuts import read_shortcut, shortcut

    kind = read_shortcut(stage, site)
    scope = Scope(site.build.problems, site.scope, input=entering)
    values = run_body(stage.body, replace(site, scope=scope))
    if len(values) != 1:
        raise fail(site.scope, "N307", stage.body.span, f"the body of a residual gives one value, and this gives {len(values)}")
    around = shortcut(kind, entering[0], values[0], stage, site)
    return (add_node(OPERATORS["add"](), (values[0], around), site, stage.span, (), stage.name_span),)


