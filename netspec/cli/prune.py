"""netspec prune."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netspec.cli.following import follow
from netspec.cli.output import Number, json_option, note, typed
from netspec.cli.paths import PATH
from netspec.cli.signals import current
from netspec.cli.train import run_folder
from netspec.diagnostics import Fault, printable, strict_json
from netspec.report.columns import columns, number

if TYPE_CHECKING:
    from netspec.net.pruned import Figures


#: What advice for a training may name.
_OF_TRAIN = ("--resume", "--force", "--set")


@click.command("prune")
@click.argument("run", type=PATH)
@click.option("--to-table", "statement", required=True, metavar="NAME", help="The statement whose layer is cut: C3.")
@click.option(
    "--keep", type=Number(0, 1, min_open=True), required=True, metavar="SHARE",
    help="The share of its connections that is kept, such as 0.3; each output keeps at least one.",
)  # fmt: skip
@click.option(
    "--by", type=click.Choice(["magnitude", "correlation"]), default="magnitude", show_default=True,
    help="What is kept: the kernels of the largest norm, or what goes most with what its output sums up.",
)  # fmt: skip
@click.option("--steps", type=click.IntRange(1, 1000), default=1, show_default=True,
              help="Cut in so many steps, and train on after each.")  # fmt: skip
@click.option("--data", "folder", type=PATH, help="The data (default: those of the run).")
@click.option("--epochs", type=click.IntRange(1), help="Epochs after each step, instead of the spec's.")
@click.option("--rate", type=Number(0, min_open=True), help="Learning rate, instead of the optimiser's own.")
@click.option("-o", "--out", type=PATH, help="The folder for the new run (default: runs/NAME-1, …).")
@click.option("--threads", type=click.IntRange(1), help="Worker threads (default: one per core).")
@json_option
def command(
    run: Path, statement: str, keep: float, by: str, steps: int, folder: Path | None, epochs: int | None,
    rate: float | None, out: Path | None, threads: int | None, as_json: bool,
) -> int:  # fmt: skip
    """Cut a layer of RUN to its strongest connections, as a table in the spec, and train on.

    What comes of it is a new run; RUN itself, and the file that it was trained from, stay as they are.
    """
    from netspec.engine.training.events import Epoch
    from netspec.net.pruned import Pruning

    signals = current()
    with _told(), run_folder(out, Path(f"{run.resolve().name}-pruned")) as new, _whole(new, out):
        work = Pruning(
            run, statement, keep, new, by, steps, folder,
            epochs=epochs, rate=rate, workers=threads, stop=signals.asked, command=typed(), tell=note,
        )  # fmt: skip
        for cut in work.cuts():
            left = f"{cut.left:,} of {cut.of:,} connections of {printable(statement)} are left"
            note(f"step {cut.number} of {steps}: {left}")
            kept: list[Any] = []
            follow(signals.watched(_seen(cut.events, kept, Epoch)), new)
            if signals.asked():
                note("stopped: the new run is not complete")
                return signals.status
            work.trained(kept[-1].weights)
        after = work.after()
    if as_json:
        figures = {"before": asdict(work.before), "after": asdict(after)}
        click.echo(strict_json({"run": str(new), "statement": statement, **figures}))
        return 0
    for line in _table(work.before, after):
        click.echo(line)
    click.echo(printable(str(new)))
    return 0


@contextmanager
def _told() -> Iterator[None]:
    """Faults without advice that names options of train, which this command has not."""
    try:
        yield
    except Fault as fault:
        lines = [line for line in fault.help.splitlines() if not any(option in line for option in _OF_TRAIN)]
        elsewhere = ["give another folder with `-o`, or leave it out to get a new one"] if fault.code == "N713" else []
        fault.help = "\n".join([*lines, *elsewhere])
        raise


@contextmanager
def _whole(new: Path, out: Path | None) -> Iterator[None]:
    """The new run's folder: where it fails, what this command made goes, since nobody can go on with it."""
    mine = out is None or not out.exists()
    try:
        yield
    except Fault:
        if mine:
            shutil.rmtree(new, ignore_errors=True)
        raise


def _seen(events: Iterator[Any], kept: list[Any], kind: type) -> Iterator[Any]:
    """The events; the last epoch is kept."""
    for event in events:
        if isinstance(event, kind):
            kept[:] = [event]
        yield event


def _table(before: Figures, after: Figures) -> list[str]:
    rows = [("", "accuracy", "loss", "connections", "macs", "parameters")]
    for name, one in (("before", before), ("after", after)):
        accuracy = "-" if one.accuracy is None else f"{one.accuracy:.2%}"
        rows.append(
            (name, accuracy, f"{one.loss:.4f}", number(one.connections), number(one.macs), number(one.parameters))
        )
    return columns(rows, 1)
