"""netspec new."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
import shlex
from collections.abc import Iterable
from pathlib import Path

import click

from netspec.cli.completion import among
from netspec.cli.output import note
from netspec.cli.paths import PATH
from netspec.diagnostics import printable


def _shipped() -> Iterable[str]:
    from netspec.net.starting import shipped

    return shipped()


@click.command("new")
@click.argument("folder", metavar="NAME", type=PATH)
@click.option(
    "--like",
    metavar="NET",
    shell_complete=among(_shipped),
    help="A spec that netspec ships, such as lenet5 or rank/vgg (default: a small net for digits).",
)
def command(folder: Path, like: str | None) -> None:
    """Make the folder NAME with a spec, data in the layout that it reads, and a README with the commands to go on.

    The data is there to begin with: handwritten digits where the net reads pictures and names them, else random ones.
    """
    from netspec.net.starting import start

    if printable(folder) != str(folder):
        raise click.UsageError(f"{printable(folder)} has characters that cannot be seen: give it a plain name")
    commands = start(folder, like)
    note(f"made {folder}; go on with:")
    inside = shlex.quote(str(folder))
    for line in (f"cd {f'./{inside}' if str(folder).startswith('-') else inside}", *commands):
        click.echo(line)
