"""netspec train."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from math import isfinite
from pathlib import Path
from typing import Any

import click

from netspec.cli.output import (
    load,
    max_pixels_option,
    memory_size,
    note,
    recompute_option,
    set_option,
    size,
    spec_or_resumed,
    typed,
)
from netspec.cli.signals import current
from netspec.diagnostics import Fault, printable


def _finite(ctx: click.Context, param: click.Parameter, value: float | None) -> float | None:
    if value is not None and not isfinite(value):
        raise click.BadParameter(f"{value} is not a number of hours", ctx, param)
    return value


@click.command("train")
@spec_or_resumed
@click.option(
    "--data",
    "folder",
    type=click.Path(path_type=Path),
    help="A folder with MNIST's or CIFAR's files, a folder per class (alone, or in train/, val/ and test/), or "
    "train.npz and test.npz.",
)
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), help="The folder for the run (default: runs/NAME-1, -2, …)."
)
@click.option("--epochs", type=click.IntRange(1), help="Number of epochs, instead of the spec's.")
@click.option(
    "--rate", type=click.FloatRange(0, min_open=True), help="Learning rate, instead of the optimiser's own in the spec."
)
@click.option(
    "--patience",
    type=click.IntRange(1),
    metavar="EPOCHS",
    help="Stop when the validation loss (without such a part, the training loss) has not fallen for so many epochs.",
)
@click.option(
    "--max-hours",
    type=click.FloatRange(0, min_open=True),
    metavar="HOURS",
    callback=_finite,
    help="End after so many hours, with what is trained kept; --resume goes on.",
)
@click.option("--batch", type=click.IntRange(1), help="Examples per step, instead of the spec's.")
@click.option(
    "--memory",
    metavar="SIZE",
    callback=memory_size,
    help="Memory that training may take, such as 2GB: a batch of the spec that does not fit is made smaller.",
)
@recompute_option
@click.option(
    "--resume",
    type=click.Path(path_type=Path),
    help="Continue the run in this folder, bit for bit, with its spec, data and settings; with -o, in another folder.",
)
@click.option(
    "--from",
    "start",
    type=click.Path(path_type=Path),
    metavar="RUN|WEIGHTS|MODEL",
    help="Begin with the weights of a run, a file of weights or a model, by path, in place of fresh ones.",
)
@click.option(
    "--fresh",
    multiple=True,
    metavar="PATTERN",
    help='Weights that begin anew in spite of --from: a pattern over their paths, such as "label/*".',
)
@click.option(
    "--freeze",
    multiple=True,
    metavar="PATTERN",
    help='Weights that training does not change: a pattern over their paths, such as "stem/*".',
)
@click.option("--force", is_flag=True, help="Move aside a run that the folder of -o already holds.")
@click.option("--seed", type=click.IntRange(0), help="Random seed, instead of the spec's.")
@click.option(
    "--threads", type=click.IntRange(1), help="Worker threads (default: one per core); they do not change the result."
)
@max_pixels_option
@set_option
def command(
    spec: Path | None, folder: Path | None, out: Path | None, resume: Path | None, threads: int | None,
    settings: tuple[str, ...], **options: Any,
) -> int:  # fmt: skip
    """Train SPEC and keep the run in a folder: spec, settings, weights, log, model.onnx, state to resume from."""
    spec, folder = _taken(spec, folder, resume, options)
    net = load(spec, settings)
    signals = current()
    with run_folder(out or resume, spec) as out:
        events = net.train(
            folder, out=out, resume=resume, workers=threads, stop=signals.asked, command=typed(), tell=note, **options
        )
        try:
            kept = follow(signals.watched(events), out)
        except KeyboardInterrupt:
            if (out / "state.safetensors").is_file():
                note(f"continue from the last kept state with `--resume {out}`")
            raise
        if signals.asked():
            weights = "; the weights of the last complete epoch are there too" if kept else ""
            note(f"stopped; continue from this step with `--resume {out}`{weights}")
            return signals.status
    if (out / "model.onnx").is_file():
        click.echo(printable(f"{out}/model.onnx"))
    return 0


def _taken(spec: Path | None, folder: Path | None, resume: Path | None, options: dict[str, Any]) -> tuple[Path, Path]:
    """The spec and the data: those given, else those of the run that goes on, whose options hold too."""
    if resume is not None:
        from netspec.net.resuming import resumed

        run = resumed(resume)
        spec, folder = spec or run.spec, folder or run.data
        for name, value in run.options.items():
            options[name] = options.get(name) or value
    if spec is None:
        raise click.UsageError("Missing argument 'SPEC'; only `--resume RUN` takes it from a run.")
    if folder is None:
        raise click.UsageError("Missing option '--data'; only `--resume RUN` takes it from a run.")
    return spec, folder


@contextmanager
def run_folder(out: Path | None, spec: Path) -> Iterator[Path]:
    """The folder of a run: the one asked for, else runs/lenet5-1, -2, …, which is removed again if it stays empty."""
    from netspec.net.run_folder import fresh

    if out is not None:
        yield out
        return
    folder = fresh(Path("runs"), spec.stem)
    try:
        yield folder
    finally:
        for empty in (folder, folder.parent):
            with suppress(OSError):  # it holds something
                empty.rmdir()


def follow(events: Iterator[Any], out: Path | None) -> bool:
    """Draw the progress; whether an epoch was kept."""
    from netspec.engine.training.events import Epoch, Started

    progress = _Progress()
    began, kept = False, False
    try:
        with progress.bar:
            for event in events:
                if isinstance(event, Started):
                    began = True
                    note(_started(event))
                elif isinstance(event, Epoch):
                    kept = True
                    progress.end()
                    for line in (_line(event), *_outputs(event)):
                        note(line)
                else:
                    progress.show(event)
    except Fault:
        if began and out is not None and (out / "weights.safetensors").is_file():
            note(f"the weights of the last complete epoch are in {out}")
        raise
    sys.stderr.flush()
    return kept


class _Progress:
    """The bar of the epoch that runs, on a terminal; nothing elsewhere."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

        console = Console(stderr=True, highlight=False)
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[status]}"),
            TimeRemainingColumn(),
        )
        self.bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self.task: TaskID | None = None

    def show(self, event: Any) -> None:
        """How far a step has come."""
        if self.bar.disable:
            return
        if self.task is None:
            self.task = self.bar.add_task(f"epoch {event.epoch}", total=event.steps, status="")
        self.bar.update(self.task, completed=event.step, status=f"loss {event.loss:.4f}")

    def end(self) -> None:
        """The epoch is done, and its line takes the bar's place."""
        if self.task is not None:
            self.bar.remove_task(self.task)
            self.task = None


def _started(event: Any) -> str:
    return (
        f"{_many(event.steps, 'step')} per epoch, {_many(event.batch, 'example')} per step, "
        f"{_many(event.workers, 'worker')}, {size(event.training_bytes)} of memory"
        f"{', activations recomputed' if event.recompute else ''}"
    )


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _line(event: Any) -> str:
    accuracy = "" if event.accuracy is None else f"  accuracy {event.accuracy:7.2%}"
    val = "" if event.val_loss is None else f"  val loss {event.val_loss:.4f}"
    if event.val_accuracy is not None:
        val += f"  val {event.val_accuracy:7.2%}"
    waited = f"  waited for data {event.waited:.0%}" if event.waited >= 0.01 else ""
    return f"epoch {event.number:3}  loss {event.loss:.4f}{accuracy}{val}  {event.seconds:.1f} s{waited}"


def _outputs(event: Any) -> Iterator[str]:
    """A line for each output, where there are several."""
    for name, figures in event.outputs.items() if len(event.outputs) > 1 else ():
        accuracy = "" if figures.accuracy is None else f"  accuracy {figures.accuracy:7.2%}"
        val = "" if figures.val_loss is None else f"  val loss {figures.val_loss:.4f}"
        right = "" if figures.val_accuracy is None else f"  val {figures.val_accuracy:7.2%}"
        test = "" if figures.test_loss is None else f"  test loss {figures.test_loss:.4f}"
        tested = "" if figures.test_accuracy is None else f"  test {figures.test_accuracy:7.2%}"
        untested = "  not tested" if event.test_loss is not None and not test else ""
        yield f"    {printable(name)}  loss {figures.loss:.4f}{accuracy}{val}{right}{test}{tested}{untested}"
