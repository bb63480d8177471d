"""netspec data."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
from pathlib import Path
from typing import TYPE_CHECKING

import click

from netspec.cli.output import format_option, json_option, load, max_pixels_option, note, root_option, set_option
from netspec.cli.paths import PATH
from netspec.diagnostics import printable, strict_json

if TYPE_CHECKING:
    pass


@click.group("data")
def command() -> None:
    """Check a data set, or write the digits that netspec ships."""


@command.command("check")
@click.argument("folder", metavar="DIR", type=PATH)
@click.argument("spec", required=False, type=PATH)
@root_option
@set_option
@format_option
@max_pixels_option
@json_option
def check(
    folder: Path, spec: Path | None, settings: tuple[str, ...], format: str | None, max_pixels: int | None,
    as_json: bool,
) -> int:  # fmt: skip
    """Decode every example in DIR and report what is broken, doubled or odd.

    With SPEC, say too whether its net can train on them. Exit status 1 if anything is wrong.
    """
    if spec is not None:
        found = load(spec, settings).check_data(folder, max_pixels, format)
    else:
        from netspec.data.checking import check as checked
        from netspec.data.images import Reading
        from netspec.data.needs import NOTHING
        from netspec.settings import Data

        found = checked(folder, Data(), NOTHING, Reading.of(Data(), max_pixels, format))
    if as_json:
        click.echo(strict_json(found.to_json()))
    else:
        for line in found.lines():
            click.echo(printable(line))
    return 0 if found.sound else 1


@command.command("demo")
@click.argument("folder", metavar="DIR", type=PATH)
@click.option("--pictures", is_flag=True, help="Write PNG files in a folder for each class instead of MNIST's files.")
def demo(folder: Path, pictures: bool) -> int:
    """Write the digits that netspec ships into DIR, a new or empty folder."""
    from netspec.data.shipped import write

    count = write(folder, pictures)
    note(f"wrote {count:,} files; train on them with `netspec train SPEC --data {printable(str(folder))}`")
    return 0
