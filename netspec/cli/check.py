"""netspec check."""

from __future__ import annotations

from pathlib import Path

import click

from netspec.cli.output import parameters, root, root_option, set_option, show_problems
from netspec.diagnostics import Problems


@click.command("check")
@click.argument("specs", nargs=-1, required=True, type=click.Path(path_type=Path))
@set_option
@root_option
@click.option("--format", "form", type=click.Choice(["full", "concise", "json"]), default="full", help="How errors are printed.")
def command(specs: tuple[Path, ...], settings: tuple[str, ...], form: str) -> int:
    """Tell everything that is wrong with SPECS; silent where nothing is."""
    from netspec.net import read

    problems = Problems()
    for spec in specs:
        found = Problems()
        read(spec, parameters(settings), found, root())
        for problem in found:
            problems.add(problem)
    show_problems(problems, form)
    return 1 if problems.errors else 0
