"""netspec check."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
from pathlib import Path

import click

from netspec.cli.output import parameters, root, root_option, set_option, show_problems
from netspec.cli.paths import PATH
from netspec.diagnostics import Problems


@click.command("check")
@click.argument("specs", nargs=-1, required=True, type=PATH)
@set_option
@root_option
@click.option(
    "--format", "form", type=click.Choice(["full", "concise", "json"]), default="full", help="How to print errors."
)
@click.option("--all", "everything", is_flag=True, help="List all findings, not only the first 50.")
def command(specs: tuple[Path, ...], settings: tuple[str, ...], form: str, everything: bool) -> int:
    """Check SPECS and report every error; print nothing if there is none."""
    from netspec.net import read

    problems = Problems(None)
    for spec in specs:
        found = Problems(None) if everything else Problems()
        read(spec, parameters(settings), found, root())
        for problem in found:
            problems.add(problem)
        problems.cut = problems.cut or found.cut
    show_problems(problems, form, everything)
    return 1 if problems.failed else 0
