"""Pipelines to nodes: what each stage does to the values that enter it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cache
from itertools import repeat
from typing import Any

from netspec.elaborate.arguments import bind, named, parameters
from netspec.elaborate.calls import check_form, enter, unknown_layer, written
from netspec.elaborate.declarations import SPECIAL
from netspec.elaborate.expressions import boolean, evaluate, incoming, unknown, whole
from netspec.elaborate.limits import MOST_LAYERS
from netspec.elaborate.nodes import add_node
from netspec.elaborate.scope import A_BLOCK, Binding, Failed, Place, Scope, Share, Value, fail
from netspec.elaborate.shortcuts import read_shortcut, shortcut
from netspec.elaborate.site import Site, Values
from netspec.elaborate.unbuilt import look_over, look_over_others, look_within
from netspec.elaborate.values import describe
from netspec.language import syntax as s
from netspec.ops import OPERATORS, Operator


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
    before = len(site.build.nodes)
    values = _STAGES[type(stage)](stage, site, entering, first)
    if site.scope.trace is not None:
        site.scope.trace.pass_through(stage, entering, values, before, len(site.build.nodes))
    return values


def _call(stage: s.Call, site: Site, entering: Values | None, first: bool) -> Values:
    """A name: of a value, which begins a pipeline, or of what a value goes through."""
    binding = site.scope.find(stage.name)
    if binding is not None and binding.kind == "value":
        return _value(stage, site, binding, first)
    if binding is not None and binding.kind == "unknown":
        raise Failed
    if entering is None:
        raise _no_beginning(stage, site.scope, binding)
    check_form(stage, binding, site.scope)
    return _CALLS[_kind(stage.name, binding)](stage, site, binding, entering)


def _kind(name: str, binding: Binding | None) -> str:
    """What a value goes through; a layer's name stays one where a constant has it."""
    if binding is not None and binding.kind in ("block", "share"):
        return binding.kind
    if name in SPECIAL:
        return name
    if name in OPERATORS:
        return "layer"
    return "nothing" if binding is None else "constant"


def _no_beginning(stage: s.Call, scope: Scope, binding: Binding | None) -> Failed:
    if binding is None and stage.name not in OPERATORS and stage.name not in SPECIAL:
        return unknown(stage.name, stage.name_span, scope, tuple(OPERATORS))
    if binding is not None and binding.kind == "constant" and stage.name not in OPERATORS:
        return fail(scope, "N302", stage.span, f"{stage.name} is {describe(binding.what)}, not a value of the net")
    values = _values_among(stage.arguments or (), scope)
    entering, layer = (", ".join(values), stage.name) if values else ("image", stage.span.text[:40])
    help = f"write `{f'[{entering}]' if len(values) > 1 else entering} -> {layer}`"
    return fail(scope, "N302", stage.span, "a pipeline begins with a value", help=help)


def _values_among(arguments: Sequence[s.Argument], scope: Scope) -> list[str]:
    """The values of the net that stand where a layer has its arguments, as other languages have them: `add(a, b)`."""
    given = [argument.value for argument in arguments]
    names = given[0].items if len(given) == 1 and isinstance(given[0], s.ListOf) else given
    found = [name.name for name in names if isinstance(name, s.Name) and name.arguments is None]
    bound = [scope.find(name) for name in found]
    return found if len(found) == len(names) and all(one is not None and one.kind == "value" for one in bound) else []


def _in(stage: s.In, site: Site, entering: Values | None, first: bool) -> Values:
    values = incoming(site.scope)
    if values is None:
        raise fail(
            site.scope, "N104", stage.span, "`in` is the input of a block or residual, and this is inside neither"
        )
    if not first:
        raise fail(
            site.scope, "N304", stage.span, "`in` is a value: nothing flows into it", help="begin a pipeline with it"
        )
    if stage.index is None:
        return values
    index = whole(stage.index, site.scope)
    if index >= len(values):
        number = f"{len(values)} value{'s' if len(values) > 1 else ''}"
        raise fail(site.scope, "N305", stage.span, f"there is no in[{index}]: {number} came in, and the first is in[0]")
    return (values[index],)


def _value(stage: s.Call, site: Site, binding: Binding, first: bool) -> Values:
    if not first:
        raise fail(site.scope, "N304", stage.span, f"{stage.name} is a value: nothing flows into it",
                   help=f"to join two values write `[…, {stage.name}] -> add`, or concat")  # fmt: skip
    if stage.arguments is not None or stage.body is not None:
        raise fail(site.scope, "N304", stage.span, f"{stage.name} is a value and takes no arguments")
    values: Values = binding.what
    return values


def _many(stage: s.Many, site: Site, entering: Values | None, first: bool) -> Values:
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


def _group(stage: s.Group, site: Site, entering: Values | None, first: bool) -> Values:
    if isinstance(stage.repeat, s.Times):
        count = _count(stage.repeat, site)
        site.build.ask(count * site.build.counting.pipe(stage.inner, site.scope), stage.span)
        return _repeated(stage, site, entering, repeat(site.scope, count))
    if isinstance(stage.repeat, s.Each):
        each = stage.repeat
        items = evaluate(each.items, site.scope)
        if not isinstance(items, list):
            raise fail(site.scope, "N105", each.items.span, f"`for` takes a list or a range, not {describe(items)}")
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
        raise fail(
            site.scope, "N301", times.span, f"{count:,} repetitions are past the limit of {MOST_LAYERS:,} layers"
        )
    return count


def _repeated(stage: s.Group, site: Site, entering: Values | None, scopes: Iterable[Scope]) -> Values:
    values, none = entering, True
    for scope in scopes:
        none = False
        site.build.step(stage.span)
        within, inner = site if scope is site.scope else replace(site, scope=scope), stage.inner
        while isinstance(inner, s.Choice):
            inner = inner.pipe if boolean(inner.condition, scope) else inner.otherwise
        if isinstance(stage.inner, s.Choice):
            look_over_others(stage.inner, inner, within)
        values = run(inner, within, values)
    if none:
        look_within(stage, site)
    if values is None:
        raise fail(
            site.scope,
            "N302",
            stage.span,
            "a pipeline begins with a value",
            help="put a value and `->` before the parenthesis",
        )
    return values


# ---- what a value goes through


def _layer(stage: s.Call, site: Site, binding: Binding | None, entering: Values) -> Values:
    kind = OPERATORS[stage.name]
    scope, op = site.build.bound.get(id(stage), (None, None))
    if op is None or (scope is not site.scope and stage.arguments):
        op = bind(kind, stage.arguments or (), site.scope, stage.name_span, site.build.known)
        site.build.bound[id(stage)] = site.scope, op
    if len(entering) != 1 and not kind.joins:
        raise fail(
            site.scope, "N307", stage.name_span, f"{stage.name} takes one value, and {len(entering)} enter",
            help="join them before it: `-> add`, `-> concat`, `-> multiply` or `-> subtract`",
        )  # fmt: skip
    return (add_node(op, entering, site, stage.span, stage.arguments or (), stage.name_span),)


def _identity(stage: s.Call, site: Site, binding: Binding | None, entering: Values) -> Values:
    if named("identity", (), (), stage.arguments or (), site.scope):
        raise Failed
    return entering


def _constant(stage: s.Call, site: Site, binding: Binding | None, entering: Values) -> Values:
    assert binding is not None
    raise fail(site.scope, "N303", stage.name_span, f"{stage.name} is {describe(binding.what)}, not a layer")


def _nothing(stage: s.Call, site: Site, binding: Binding | None, entering: Values) -> Values:
    raise unknown_layer(stage, site.scope)


def _block(stage: s.Call, site: Site, binding: Binding | None, entering: Values) -> Values:
    assert binding is not None and binding.scope is not None
    block: s.Block = binding.what
    blocks = enter(block, site, stage)
    site.scope.effort.spend(A_BLOCK, site.scope.problems, stage.span)
    site.build.ask(site.build.counting.stage(stage, site.scope), stage.span)
    scope = Scope(site.build.problems, binding.scope, wall=True, input=entering)
    parameters(block.name, block.parameters, stage, site.scope, scope)
    site.build.looked.add(id(block))
    inner = Site(site.build, scope, site.place.inner(block.name), blocks, site.share)
    site.build.calls[inner.place.path] = written(block, stage.arguments or (), scope)
    return site.build.run_body(block.body, inner)


def _share(stage: s.Call, site: Site, binding: Binding | None, entering: Values) -> Values:
    assert binding is not None
    share: Share = binding.what
    site.build.shares.add(share.place)
    inner = Site(site.build, share.scope, Place(share.place), site.blocks, share)
    values = run(share.syntax.pipe, inner, entering)
    if share.shape is None and len(values) == 1:
        share.shape = values[0].shape
    return values


def _residual(stage: s.Call, site: Site, binding: Binding | None, entering: Values) -> Values:
    if stage.body is None:
        raise fail(site.scope, "N306", stage.span, "residual needs a body", help="write `residual { … }`")
    if len(entering) != 1:
        raise fail(
            site.scope,
            "N307",
            stage.name_span,
            f"residual takes one value, and {len(entering)} enter",
            help="join them before it",
        )
    kind = read_shortcut(stage, site)
    scope = Scope(site.build.problems, site.scope, input=entering)
    values = site.build.run_body(stage.body, Site(site.build, scope, site.place, site.blocks, site.share))
    if len(values) != 1:
        raise fail(
            site.scope,
            "N307",
            stage.body.span,
            f"the body of a residual must give one value, and this one gives {len(values)}",
        )
    around = shortcut(kind, entering[0], values[0], stage, site)
    return (add_node(_sum(), (values[0], around), site, stage.span, (), stage.name_span),)


@cache
def _sum() -> Operator:
    return OPERATORS["add"]()


#: What each stage of a pipeline does, by its kind.
_STAGES: dict[type, Callable[[Any, Site, Values | None, bool], Values]] = {
    s.In: _in,
    s.Many: _many,
    s.Group: _group,
    s.Call: _call,
}
#: What a value goes through, by what its name stands for.
_CALLS: dict[str, Callable[[s.Call, Site, Binding | None, Values], Values]] = {
    "layer": _layer,
    "block": _block,
    "share": _share,
    "identity": _identity,
    "residual": _residual,
    "constant": _constant,
    "nothing": _nothing,
}
