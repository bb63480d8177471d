"""netspec format."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
import sys
from pathlib import Path

import click

from netspec.cli.output import note, show_problems
from netspec.cli.paths import NamedPath
from netspec.diagnostics import Fault, Problems, SpecError


@click.command("format")
@click.argument("files", nargs=-1, required=True, type=NamedPath(path_type=Path, allow_dash=True))
@click.option(
    "--check",
    "only_check",
    is_flag=True,
    help="Write nothing: list the files that would change, and exit with 1 if there are any.",
)
def command(files: tuple[Path, ...], only_check: bool) -> int:
    """Rewrite FILES in canonical form, keeping comments; - reads standard input and prints the result."""
    from netspec.elaborate.files import decode, read_bytes
    from netspec.files import atomic_write
    from netspec.language import format_text
    from netspec.locations import in_run

    status, problems = 0, Problems(None)
    for path in (in_run(given, "spec.net") for given in files):
        try:
            from_input = str(path) == "-"
            content = sys.stdin.buffer.read() if from_input else read_bytes(path)
            text = decode(content, str(path))
            done = format_text(text, str(path))
        except SpecError as error:
            for problem in error.problems:
                problems.add(problem)
            status = 1
            continue
        except Fault as fault:
            if fault.status != 1:
                raise
            problems.add(fault.problem())
            status = 1
            continue
        if from_input and not only_check:
            click.echo(done, nl=False)
        elif done.encode() != content:
            if only_check:
                note(f"would rewrite {path}")
                status = 1
            else:
                atomic_write(path, done.encode())
                note(f"rewrote {path}")
    show_problems(problems)
    return status
