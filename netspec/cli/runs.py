"""netspec runs."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netspec.cli.output import STANDARD_OUTPUT, json_option, note, result, write_text
from netspec.cli.paths import PATH
from netspec.diagnostics import did_you_mean, printable, strict_json
from netspec.files import reason
from netspec.report.columns import as_csv, columns

if TYPE_CHECKING:
    from netspec.net.runs import Run

#: Characters of a cell on the screen.
WIDEST = 40


@click.command("runs")
@click.argument("folder", metavar="[DIR]", default="runs", type=PATH)
@click.option(
    "--sort",
    "column",
    metavar="COLUMN",
    help="Sort by a column: accuracies from the highest, all else from the lowest; -COLUMN turns it round.",
)
@click.option("--csv", "table", type=PATH, metavar="FILE", help="Write the rows as CSV; - is stdout.")
@json_option
def command(folder: Path, column: str | None, table: Path | None, as_json: bool) -> None:
    """Compare the runs in DIR (default: runs): a row a run, what differs, and what came of it.

    last and best are of the part that judges the epochs (last of the training set, where there is none), test of the
    weights that are kept.
    """
    from netspec.net import runs

    if as_json and str(table) == STANDARD_OUTPUT:
        raise click.UsageError("only one of --csv and --json can go to standard output")
    try:
        found = runs.find(folder)
    except OSError as error:
        raise click.UsageError(f"{folder} cannot be listed: {reason(error)}") from None
    if table is not None:
        table = result(table, *(run.folder for run in found), text=True)
    names = runs.columns(found)
    if column is not None and found:
        try:
            found = runs.in_order(found, column)
        except KeyError:
            every = dict.fromkeys(name for run in found for name in run.row())
            advice = did_you_mean(column.removeprefix("-"), list(every)) or f"there are {', '.join(every)}"
            raise click.UsageError(f"no run has a column {column.removeprefix('-')}; {advice}") from None
        if column.removeprefix("-") not in names:
            names.insert(1, column.removeprefix("-"))
    if as_json:
        click.echo(strict_json([{name: run.row().get(name) for name in names} for run in found]))
    if table is not None:
        write_text(table, exactly(found, names))
    if not found:
        note(f"no runs in {folder}")
    elif not as_json and str(table) != STANDARD_OUTPUT:
        for line in as_text(found, names):
            click.echo(line)


def exactly(runs: Sequence[Run], names: Sequence[str]) -> str:
    """A row for each run as CSV; empty where it has no value."""
    return as_csv([names, *([_exact(run.row().get(name)) for name in names] for run in runs)])


def as_text(runs: Sequence[Run], names: Sequence[str]) -> list[str]:
    """The same for the screen, figures rounded; the metric is only named where there are two."""
    if len({run.gave.get("metric") for run in runs} - {None}) < 2:
        names = [name for name in names if name != "metric"]
    rows = [[_cell(name, run) for name in names] for run in runs]
    return [line.rstrip() for line in columns([names, *rows], 1)]


def _exact(value: Any) -> Any:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else value


def _cell(name: str, run: Run) -> str:
    value = run.row().get(name)
    if value is None:
        return ""
    if name in ("last", "best", "test") and isinstance(value, int | float):
        return f"{value:.2%}" if run.gave.get("metric") == "accuracy" else f"{value:.4f}"
    if name == "minutes":
        return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
    text = printable(_exact(value))
    return text if len(text) <= WIDEST or name in ("run", "error") else f"{text[: WIDEST - 1]}…"
