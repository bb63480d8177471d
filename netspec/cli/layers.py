"""netspec layers."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
from collections.abc import Iterable

import click

from netspec.cli.completion import among
from netspec.cli.output import json_option
from netspec.diagnostics import did_you_mean, strict_json


def _words() -> Iterable[str]:
    """All that can be described."""
    from netspec.report.described import groups

    return dict.fromkeys(item.name for items in groups().values() for item in items)


@click.command("layers")
@click.argument("name", required=False, shell_complete=among(_words))
@json_option
def command(name: str | None, as_json: bool) -> None:
    """List all that a spec has words for, or describe NAME: arguments with their defaults, shape rule, formula, source.

    NAME is a layer, a loss, an optimiser, a schedule, a step of data, a generator of tables, or a setting.
    """
    from netspec.report.described import Described, groups

    known = groups()
    if name is None:
        if as_json:
            click.echo(strict_json({title: [item.name for item in items] for title, items in known.items()}))
            return
        for title, items in known.items():
            click.echo(f"{title}: {', '.join(item.name for item in items)}")
        return
    found: list[Described] = [item for items in known.values() for item in items if item.name == name]
    if not found:
        kinds = "layer, loss, optimiser, schedule, step, generator or setting"
        raise click.UsageError(f"there is no {kinds} {name}. {did_you_mean(name, _words())}".strip())
    if as_json:
        click.echo(strict_json([item.to_json() for item in found]))
        return
    click.echo("\n\n".join(item.text() for item in found))
