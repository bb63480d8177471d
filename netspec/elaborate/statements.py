"""The statements in braces: constants, tables, shares, named values; a block's value is that of its last."""

from __future__ import annotations

from dataclasses import replace

from netspec.elaborate import tables
from netspec.elaborate.declarations import allowed_name, declare_ahead
from netspec.elaborate.expressions import evaluate, unknown
from netspec.elaborate.pipelines import run
from netspec.elaborate.scope import AN_EXPRESSION, Binding, Failed, Place, Scope, Share, fail
from netspec.elaborate.site import Expected, Site, Values
from netspec.elaborate.unbuilt import look_over_unused
from netspec.language import syntax as s


def run_body(body: s.Body, site: Site) -> Values:
    """Build the body of a block or residual; the value of its last statement."""
    declare_ahead(body.statements, site.scope)
    expected: list[Expected] = []
    result: Values | None = None
    good = True
    last: s.Statement | None = None
    for statement in body.statements:
        if isinstance(statement, s.Input | s.Output):
            what = "input" if isinstance(statement, s.Input) else "output"
            site.scope.problems.error(
                "N310",
                statement.span,
                f"an {what} must stand directly in the net, not in a block or residual",
                help="use `in` for what comes in"
                if what == "input"
                else "drop `output`: the value of a block is that of its last statement",
            )
            good = False
            continue
        try:
            values = run_statement(statement, site, expected)
        except Failed:
            good, values = False, None
        if not isinstance(statement, s.Expect | s.Block):
            last, result = statement, values
    warn_unused(site.scope, last)
    look_over_unused(site)
    if not good or any(isinstance(statement, s.Broken) for statement in body.statements):
        raise Failed
    if not isinstance(last, s.Bind | s.Bare) or result is None:
        raise fail(
            site.scope,
            "N311",
            body.span,
            "the body has no value",
            help="end it with a pipeline, such as `conv(8, 3) -> relu` or `name = conv(8, 3) -> relu`",
        )
    site.build.expected += expected
    return result


def run_statement(statement: s.Statement, site: Site, expected: list[Expected]) -> Values | None:
    """One statement of a body or net; the value of a pipeline."""
    scope = site.scope
    if isinstance(statement, s.Let):
        let(statement, scope)
    elif isinstance(statement, s.Table):
        tables.declare(statement, scope)
    elif isinstance(statement, s.Share):
        share(statement, site)
    elif isinstance(statement, s.Bind):
        return bind_value(statement.name, statement, site)
    elif isinstance(statement, s.Bare):
        return run(statement.pipe, site, _entering(scope))
    elif isinstance(statement, s.Expect):
        if statement.target != "net" and not scope.sees(statement.target):
            raise unknown(statement.target, statement.target_span, scope)
        expected.append(Expected(statement, scope))
    return None


def _entering(scope: Scope) -> Values | None:
    """In a block or residual a pipeline that begins with no value begins with ``in``."""
    return next((around.input for around in scope.chain() if around.input is not None), None)


def let(node: s.Let, scope: Scope) -> None:
    """Bind a constant."""
    binding = Binding("unknown", node.name_span)
    scope.effort.spend(4 * AN_EXPRESSION, scope.problems, node.span)
    try:
        value = evaluate(node.value, scope)
        if isinstance(value, tuple) and value and not isinstance(value[0], int):
            raise fail(
                scope,
                "N105",
                node.value.span,
                "a constant must be a number, boolean, string, list or size, not several values",
            )
        binding = Binding("constant", node.name_span, value)
    except Failed:
        pass
    scope.bind(node.name, binding, node.name_span)


def share(node: s.Share, site: Site) -> None:
    """Bind an instance; it is built where it is used."""
    if not allowed_name(node.name, node.name_span, site.scope, "share"):
        return
    place = site.place.layer(node.name)  # of several in one block, in braces of their own, each has its own
    # what it uses must stand above it, so it sees the names of now and of outside
    around = site.scope
    scope = replace(around, names=dict(around.names), later=dict(around.later))
    # one that a share brings with it is the same at each of that share's uses
    instance = Share(node, scope, place, *site.build.instances.setdefault(place, ({}, {})))
    site.scope.bind(node.name, Binding("share", node.name_span, instance), node.name_span)


def bind_value(name: str, node: s.Bind | s.Output, site: Site) -> Values | None:
    """Run a pipeline and give its value a name; a failed one is bound as unknown."""
    scope = site.scope
    good_name = allowed_name(name, node.name_span, scope, "value")
    at_net = site.blocks == () and site.place.path == "" and scope.input is None
    inner = replace(site, place=Place(name)) if at_net else site
    before = len(site.build.nodes)
    binding = Binding("unknown", node.name_span)
    try:
        values = run(node.pipe, inner, _entering(scope))
        named = tuple(replace(value, label=name, line=node.span.line) for value in values)
        binding = Binding("value", node.name_span, named)
    except Failed:
        pass
    if good_name:
        scope.bind(name, binding, node.name_span)
        site.build.ranges.setdefault((id(scope), name), (before, len(site.build.nodes), binding))
    if binding.kind == "unknown":
        raise Failed
    found: Values = binding.what
    return found


def warn_unused(scope: Scope, last: object) -> None:
    """A value or share that nothing uses is a warning."""
    value = last.name if isinstance(last, s.Bind) else None
    for name, binding in scope.names.items():
        if binding.kind in ("value", "share") and not binding.used and name != value:
            scope.problems.warning("N312", binding.span, f"nothing uses {name}", help="use it, or delete the line")
