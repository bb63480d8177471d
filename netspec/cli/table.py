"""netspec table."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
from contextlib import suppress
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from netspec.cli.completion import among
from netspec.cli.figures import form_of, write_figure
from netspec.cli.output import parameters, result, root, set_option, show_problems, spec_argument, write_text
from netspec.cli.paths import PATH
from netspec.diagnostics import Fault, Problems, SpecError, did_you_mean, nearest


def _tables(ctx: click.Context, param: click.Parameter, typed: str) -> list[CompletionItem]:
    """The tables of the spec that was named."""
    from netspec.elaborate import elaborate, read_source
    from netspec.language import parse

    with suppress(Fault):
        spec = ctx.params["spec"]
        tables = elaborate(parse(read_source(spec), Problems()), Problems(), {}, spec, root()).tables
        return among(lambda: tables)(ctx, param, typed)
    return []


@click.command("table")
@spec_argument
@click.argument("name", shell_complete=_tables)
@set_option
@click.option(
    "-o",
    "--out",
    type=PATH,
    help="Write a picture instead: .svg, .png, .pdf (or .txt); - prints the SVG.",
)
def command(spec: Path, name: str, settings: tuple[str, ...], out: Path | None) -> None:
    """Draw the connection table NAME of SPEC: a row for each input, a column for each output."""
    from netspec.elaborate import elaborate, read_source
    from netspec.language import parse
    from netspec.report.table import draw

    problems = Problems()
    meaning = elaborate(parse(read_source(spec), problems), problems, parameters(settings), spec, root())
    if name not in meaning.tables:
        if problems.errors:
            raise SpecError(problems)
        known = list(meaning.tables)
        tables = f"tables: {', '.join(known)}" if known else "it has none"
        raise Fault(
            "N222",
            f"{spec} has no table {name}",
            help=did_you_mean(name, known, tables) if nearest(name, known) else tables,
        )
    show_problems(problems)
    table = meaning.tables[name]
    if out is None:
        click.echo(draw(table))
        return
    form = form_of(result(out, spec, *meaning.files, text=True))
    if form == ".txt":
        write_text(out, f"{draw(table)}\n")
        return
    from netspec.report.drawing import Drawing, draw_table

    write_figure(out, form, Drawing(draw_table(table)))
