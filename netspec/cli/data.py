"""netspec data."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from netspec.cli.output import format_option, json_option, load, max_pixels_option, note, root_option, set_option
from netspec.diagnostics import printable, strict_json

if TYPE_CHECKING:
    from netspec.data.checking import Checked


@click.group("data")
def command() -> None:
    """Check a data set, or write the digits that netspec ships."""


@command.command("check")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.argument("spec", required=False, type=click.Path(path_type=Path))
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
        for line in _lines(found):
            click.echo(printable(line))
    return 0 if found.sound else 1


def _lines(found: Checked) -> Iterator[str]:
    """What was found, then what is wrong."""
    for part, classes in found.examples.items():
        each = ", ".join(f"{name} {count:,}" for name, count in classes.items() if name)
        yield f"{part}: {sum(classes.values()):,} examples{f': {each}' if each else ''}"
    if found.imbalance is not None and found.imbalance > 1:
        yield f"the largest class has {found.imbalance:.1f} times as many training examples as the smallest"
    if found.sizes:
        (least, most), count = (min(found.sizes), max(found.sizes)), len(found.sizes)
        yield f"sizes: {count:,}, from {least[0]} x {least[1]} to {most[0]} x {most[1]}"
    if found.modes:
        yield f"modes: {', '.join(f'{mode} {count:,}' for mode, count in found.modes.most_common())}"
    if found.passed:
        yield f"passed over: {', '.join(f'{count:,} {reason}' for reason, count in sorted(found.passed.items()))}"
    for name, reason in found.unreadable:
        yield f"unreadable: {name}: {reason}"
    for group in found.duplicates:
        yield f"equal: {', '.join(group)}"
    for group in found.leaks:
        yield f"equal in different parts: {', '.join(group)}"
    for problem in found.problems:
        yield f"wrong: {problem}"


@command.command("demo")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--pictures", is_flag=True, help="Write PNG files in a folder for each class instead of MNIST's files.")
def demo(folder: Path, pictures: bool) -> int:
    """Write the digits that netspec ships into DIR, a new or empty folder."""
    from netspec.data.shipped import write

    count = write(folder, pictures)
    note(f"wrote {count:,} files; train on them with `netspec train SPEC --data {printable(str(folder))}`")
    return 0
