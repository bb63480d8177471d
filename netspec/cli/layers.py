"""netspec layers."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
import inspect

import click

from netspec.diagnostics import did_you_mean


@click.command("layers")
@click.argument("name", required=False)
def command(name: str | None) -> None:
    """List the layers, or describe the layer NAME: arguments, shape rule, formula, source."""
    from netspec.ops import FAMILIES, OPERATORS

    if name is None:
        for family in FAMILIES:
            own = [op for op in OPERATORS.values() if op.__module__ == family.__name__]
            click.echo(f"{family.__name__.rsplit('.', 1)[1]}: {', '.join(op.name for op in own)}")
        return
    if name not in OPERATORS:
        raise click.UsageError(f"there is no layer {name}. {did_you_mean(name, OPERATORS)}".strip())
    op = OPERATORS[name]
    order = op.positional()
    click.echo(f"{name}({', '.join(n for n in order if op.fields()[n].required)})\n\n{inspect.getdoc(op)}")
    if op.formula:
        click.echo(f"\n  {op.formula}")
    click.echo(f"\nShape: {op.rule}")
    if op.source:
        click.echo(f"Source: {op.source}")
    names = [*order, *(n for n in op.fields() if n not in order)]
    for place, title in (
        (order, "Arguments, in this order:"),
        ([n for n in names if n not in order], "Arguments by name:"),
    ):
        if place:
            click.echo(f"\n{title}")
        for argument in place:
            field = op.fields()[argument]
            default = "" if field.required else f" (default: {_default(field.default)})"
            click.echo(f"  {argument}: {field.takes.text}{default}")


def _default(value: object) -> str:
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return f"{value[0]:g}"
    return str(getattr(value, "kind", value))
