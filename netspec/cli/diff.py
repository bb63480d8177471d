"""netspec diff."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
from pathlib import Path

import click

from netspec.cli.output import load, set_option, spec_argument
from netspec.cli.paths import PATH
from netspec.diagnostics import printable


@click.command("diff")
@spec_argument
@click.argument("other", type=PATH)
@set_option
@click.option(
    "--set-other",
    "settings_other",
    metavar="NAME=VALUE",
    multiple=True,
    help="Set a parameter of OTHER only; --set then applies to SPEC only.",
)
def command(spec: Path, other: Path, settings: tuple[str, ...], settings_other: tuple[str, ...]) -> int:
    """List what differs between SPEC and OTHER: layers, shapes, parameters, table cells; exit with 1 if any do."""
    from netspec.report.difference import differences

    a, b = load(spec, settings), load(other, settings_other or settings)
    lines = list(differences(a.graph, b.graph, a.meaning.tables, b.meaning.tables))
    for line in lines:
        click.echo(printable(line))
    return 1 if lines else 0
