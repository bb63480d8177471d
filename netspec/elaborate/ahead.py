"""What braces say before they are built, and where they never are: names bound ahead, layers and arguments looked over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from netspec.diagnostics import Span, did_you_mean
from netspec.elaborate.arguments import bind, named, parameters
from netspec.elaborate.expressions import fail, unknown
from netspec.elaborate.scope import Binding, Failed, Scope
from netspec.language import syntax as s
from netspec.ops import OPERATORS

if TYPE_CHECKING:
    from netspec.elaborate.pipelines import Site

#: Blocks call blocks at most so deep.
DEEPEST = 100
#: Words that stand where a layer does, but are none.
SPECIAL = ("identity", "residual")


def declare_ahead(statements: tuple[s.Statement | s.Declaration, ...], scope: Scope) -> None:
    """Blocks may be used above their line; all other names only below, and an error says so."""
    taken = {*OPERATORS, *SPECIAL, *(getattr(statement, "name", "") for statement in statements if not isinstance(statement, s.Broken))}
    for statement in statements:
        if isinstance(statement, s.Block):
            if allowed_name(statement.name, statement.name_span, scope, "block"):
                scope.bind(statement.name, Binding("block", statement.name_span, statement, scope), statement.name_span)
        elif isinstance(statement, s.Broken):
            if statement.name and statement.name not in taken:
                scope.names.setdefault(statement.name, Binding("unknown", statement.span))
            if not statement.name or "\n" in statement.span.text:  # it may have bound any name
                scope.broken = True
        elif not isinstance(statement, s.Bare | s.Expect | s.Use | s.Section | s.Net):
            scope.later.setdefault(statement.name, statement.name_span.line)


def allowed_name(name: str, span: Span, scope: Scope, what: str) -> bool:
    """Values, shares and blocks cannot take the name of a layer."""
    if name not in OPERATORS and name not in SPECIAL:
        return True
    scope.problems.error("N108", span, f"{name} is a layer: a {what} cannot take its name", help=f"another name, such as `{name}_1`")
    scope.names.setdefault(name, Binding("unknown", span))  # what uses it is silent
    return False


def unknown_layer(stage: s.Call, scope: Scope) -> Failed:
    """Report a stage that names nothing which could stand there."""
    if scope.is_hidden(stage.name) or scope.bound_later(stage.name) is not None or scope.is_broken():
        return unknown(stage.name, stage.name_span, scope)
    known = [*OPERATORS, *SPECIAL, *scope.known("block", "share")]
    return fail(scope, "N303", stage.name_span, f"there is no layer or block {stage.name}",
                help=did_you_mean(stage.name, known, "`netspec layers` lists them all"))  # fmt: skip


def check_form(stage: s.Call, binding: Binding | None, scope: Scope) -> None:
    """Only `residual` has a body, and a share no arguments."""
    if binding is not None and binding.kind == "share" and (stage.arguments is not None or stage.body is not None):
        raise fail(scope, "N306", stage.span, f"{stage.name} is a share and takes no arguments")
    if stage.body is not None and stage.name != "residual":
        raise fail(scope, "N306", stage.body.span, f"{stage.name} has no body", help="only `residual` has one")


# ---- what is not built


def look_over(stage: s.Stage, site: Site, values: bool = True) -> None:
    """Report what is wrong with a stage whatever enters it; without ``values``, as of what was not chosen, names alone."""
    if isinstance(stage, s.Many):
        _look_along(stage.pipes, site, values)
    elif isinstance(stage, s.Group):
        look_within(stage, site, values)
    elif isinstance(stage, s.Call):
        with suppress(Failed):
            _look_at(stage, site, values)


def look_within(stage: s.Group, site: Site, values: bool = False) -> None:
    """Look over a group; of a choice it is not known which will be built."""
    if isinstance(stage.repeat, s.Each):
        scope = Scope(site.scope.problems, site.scope)
        scope.names[stage.repeat.name] = Binding("unknown", stage.repeat.name_span)
        site = replace(site, scope=scope)
    pipes = list(branches(stage.inner))
    _look_along(pipes, site, values and len(pipes) == 1)


def look_over_others(choice: s.Choice, chosen: s.Pipe, site: Site) -> None:
    """Look over what was not chosen."""
    _look_along([pipe for pipe in branches(choice) if pipe is not chosen], site, False)


def branches(inner: s.Pipe | s.Choice) -> Iterator[s.Pipe]:
    """All that may be chosen."""
    while isinstance(inner, s.Choice):
        yield inner.pipe
        inner = inner.otherwise
    yield inner


def _look_along(pipes: list[s.Pipe] | tuple[s.Pipe, ...], site: Site, values: bool) -> None:
    for pipe in pipes:
        if values or id(pipe) not in site.build.looked:
            site.build.looked.add(id(pipe))
            for stage in pipe.stages:
                look_over(stage, site, values)


def _look_at(stage: s.Call, site: Site, values: bool) -> None:
    scope, written = site.scope, stage.arguments or ()
    binding = scope.find(stage.name)
    check_form(stage, binding, scope)
    if binding is not None and binding.kind == "block":
        wanted = binding.what.parameters
        if values:
            parameters(stage.name, wanted, stage, scope, Scope(scope.problems, binding.scope, wall=True, input=()))
        else:
            names = [parameter.name for parameter in wanted]
            named(f"block {stage.name}", names, names, written, scope)
        _look_over_block(binding, site, stage)
    elif binding is None and stage.name == "residual":
        named("residual", ("shortcut",), ("shortcut",), written, scope)
        if stage.body is not None:
            _look_over_body(stage.body, replace(site, scope=Scope(scope.problems, scope, input=())))
    elif binding is None and stage.name in OPERATORS:
        kind = OPERATORS[stage.name]
        if values:
            bind(kind, written, scope, stage.name_span)
        else:
            named(kind.name, kind.positional(), kind.model_fields, written, scope)
    elif binding is None and stage.name not in SPECIAL:
        raise unknown_layer(stage, scope)


def look_over_unused(site: Site) -> None:
    """A block or share that nothing uses is never built; its layers and arguments are looked over all the same."""
    for binding in list(site.scope.names.values()):
        if binding.kind == "block" and not binding.used and binding.scope is site.scope:
            _look_over_block(binding, site)
        elif binding.kind == "share" and not binding.what.nodes:
            _look_along((binding.what.syntax.pipe,), replace(site, scope=binding.what.scope), True)


def _look_over_block(binding: Binding, site: Site, stage: s.Call | None = None) -> None:
    """Look over a block's body, once, and those of the blocks it calls; built ones have been."""
    block, around = binding.what, binding.scope
    site = enter(block, site, stage) if stage is not None else replace(site, blocks=(key(block),))
    if id(block) in site.build.looked or around is None:
        return
    site.build.looked.add(id(block))
    scope = Scope(around.problems, around, wall=True, input=())
    for parameter in block.parameters:
        scope.names.setdefault(parameter.name, Binding("unknown", parameter.span))
    _look_over_body(block.body, replace(site, scope=scope))


def enter(block: s.Block, site: Site, stage: s.Call) -> Site:
    """The site with one more block around; a circle of blocks is an error."""
    if key(block) in site.blocks:
        raise fail(site.scope, "N309", stage.span, f"block {block.name} calls itself",
                   label="in a circle", help="blocks can call blocks, but in no circle")  # fmt: skip
    if len(site.blocks) >= DEEPEST:
        raise fail(site.scope, "N301", stage.span, f"blocks call blocks deeper than {DEEPEST}", help="call them one after the other")
    return replace(site, blocks=(*site.blocks, key(block)))


def key(block: s.Block) -> str:
    """What tells a block from others of its name."""
    return f"{block.name}@{id(block)}"


def _look_over_body(body: s.Body, site: Site) -> None:
    scope = site.scope
    declare_ahead(body.statements, scope)
    for statement in body.statements:
        if isinstance(statement, s.Bind | s.Bare | s.Share):
            for stage in statement.pipe.stages:
                look_over(stage, site)
        if isinstance(statement, s.Let | s.Table | s.Bind | s.Share):
            scope.later.pop(statement.name, None)
            scope.names.setdefault(statement.name, Binding("unknown", statement.name_span))
    look_over_unused(site)
