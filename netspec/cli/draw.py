"""netspec draw."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
from pathlib import Path

import click

from netspec.cli.output import load, result, set_option, spec_argument, write_text


@click.command("draw")
@spec_argument
@set_option
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, help="The SVG file to write; - prints it.")
@click.option(
    "--open",
    "opened",
    metavar="NAME",
    multiple=True,
    help="Draw a block unfolded, by its name or path; `all` unfolds every block.",
)
def command(spec: Path, settings: tuple[str, ...], out: Path, opened: tuple[str, ...]) -> None:
    """Draw the net of SPEC as a paper would: repeats and blocks folded, the inside of each block drawn once."""
    from netspec.report.figure import blocks
    from netspec.report.svg import draw_net

    net = load(spec, settings)
    result(out, spec, net=net, text=True)
    names = blocks(net.graph)
    unknown = [name for name in opened if name not in names and name != "all"]
    if unknown:
        from netspec.diagnostics import did_you_mean

        raise click.UsageError(f"{spec} has no block {unknown[0]}. {did_you_mean(unknown[0], sorted(names))}".strip())
    write_text(out, draw_net(net.graph, net.meaning.tables, frozenset(opened)))
