"""What is not built is looked over all the same: for names, layers and arguments that are wrong whatever enters.

There are two levels. What stands behind a fault in its pipeline, and the body of a block that nothing uses, would be
built if all were well: its arguments are evaluated (``values``). A branch that is not chosen and `(p) * 0` may be meant
for other parameters, where a number that is wrong now would be right: there only names count.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from netspec.elaborate.arguments import bind, named, parameters
from netspec.elaborate.calls import check_form, enter, key, unknown_layer
from netspec.elaborate.declarations import SPECIAL, declare_ahead
from netspec.elaborate.scope import Binding, Failed, Scope
from netspec.elaborate.site import Site
from netspec.language import syntax as s
from netspec.ops import OPERATORS


def look_over(stage: s.Stage, site: Site, values: bool = True) -> None:
    """Report what is wrong with a stage whatever enters it; of what was not chosen, without ``values``, names alone."""
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
        declared = binding.what.parameters
        if values:
            parameters(stage.name, declared, stage, scope, Scope(scope.problems, binding.scope, wall=True, input=()))
        else:
            names = [parameter.name for parameter in declared]
            named(f"block {stage.name}", names, names, written, scope)
        _look_over_block(binding, site, stage)
    elif binding is None and stage.name == "residual":
        named("residual", ("shortcut",), ("shortcut",), written, scope)
        if stage.body is not None:
            _look_over_body(stage.body, replace(site, scope=Scope(scope.problems, scope, input=())), values)
    elif binding is None and stage.name in OPERATORS:
        kind = OPERATORS[stage.name]
        if values:
            bind(kind, written, scope, stage.name_span)
        else:
            named(kind.name, kind.positional(), kind.fields(), written, scope)
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
    blocks = enter(block, site, stage) if stage is not None else (key(block),)
    if id(block) in site.build.looked or around is None:
        return
    site.build.looked.add(id(block))
    scope = Scope(around.problems, around, wall=True, input=())
    for parameter in block.parameters:
        scope.names.setdefault(parameter.name, Binding("unknown", parameter.span))
    _look_over_body(block.body, replace(site, scope=scope, blocks=blocks))


def _look_over_body(body: s.Body, site: Site, values: bool = True) -> None:
    scope = site.scope
    declare_ahead(body.statements, scope)
    for statement in body.statements:
        if isinstance(statement, s.Bind | s.Bare | s.Share):
            for stage in statement.pipe.stages:
                look_over(stage, site, values)
        if isinstance(statement, s.Let | s.Table | s.Bind | s.Share):
            scope.later.pop(statement.name, None)
            scope.names.setdefault(statement.name, Binding("unknown", statement.name_span))
    look_over_unused(site)
