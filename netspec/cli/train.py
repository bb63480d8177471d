"""netspec train."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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
    spec_argument,
    typed,
)
from netspec.cli.signals import current
from netspec.diagnostics import Fault, printable


@click.command("train")
@spec_argument
@click.option("--data", "folder", required=True, type=click.Path(path_type=Path), help="MNIST's or CIFAR's files, train/ and test/ with a folder a class, or train.npz and test.npz.")
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Where the run is kept (runs/NAME-1, -2, … unless said).")
@click.option("--epochs", type=click.IntRange(1), help="Instead of what the spec says.")
@click.option("--batch", type=click.IntRange(1), help="Examples a step, instead of what the spec says.")
@click.option("--memory", metavar="SIZE", callback=memory_size, help="What training may take (2GB): the largest batch that fits, unless --batch says one.")
@recompute_option
@click.option("--resume", type=click.Path(path_type=Path), help="A run's folder that training goes on from, bit for bit; with -o, into another.")
@click.option("--force", is_flag=True, help="Move aside a run that is in the folder of -o already.")
@click.option("--seed", type=click.IntRange(0), help="Instead of what the spec says.")
@click.option("--threads", type=click.IntRange(1), help="Worker threads (a core each unless said); the result is the same.")
@max_pixels_option
@set_option
def command(
    spec: Path, folder: Path, out: Path | None, resume: Path | None, epochs: int | None, seed: int | None, threads: int | None,
    settings: tuple[str, ...], batch: int | None, memory: int | None, recompute: bool, force: bool, max_pixels: int | None,
) -> int:  # fmt: skip
    """Train SPEC and keep the run in a folder: spec, settings, weights, log, model.onnx, and the state to go on from."""
    net = load(spec, settings)
    signals = current()
    with run_folder(out or resume, spec) as out:
        events = net.train(
            folder, out=out, epochs=epochs, seed=seed, workers=threads, stop=signals.asked, resume=resume, batch=batch, memory=memory, recompute=recompute,
            force=force, command=typed(), tell=note, max_pixels=max_pixels,
        )  # fmt: skip
        try:
            kept = follow(signals.watched(events), out)
        except KeyboardInterrupt:
            if (out / "state.safetensors").is_file():
                note(f"`--resume {out}` goes on from what was kept last")
            raise
        if signals.asked():
            weights = "; the weights of the last whole epoch are there too" if kept else ""
            note(f"stopped; `--resume {out}` goes on from this step{weights}")
            return signals.status
    if (out / "model.onnx").is_file():
        click.echo(printable(f"{out}/model.onnx"))
    return 0


@contextmanager
def run_folder(out: Path | None, spec: Path) -> Iterator[Path]:
    """The folder of a run: the one that was asked for, else runs/lenet5-1, -2, …, which goes again where nothing came of it."""
    from netspec.net.run_folder import fresh

    if out is not None:
        yield out
        return
    made = fresh(Path("runs"), spec.stem)
    try:
        yield made
    finally:
        for folder in (made, made.parent):
            with suppress(OSError):  # it holds something
                folder.rmdir()


def follow(events: Iterator[Any], out: Path | None) -> bool:
    """Draw the progress; whether an epoch was kept."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from netspec.engine.train import Epoch, Started

    console = Console(stderr=True, highlight=False)
    bar = Progress(TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[told]}"), TimeRemainingColumn(),
                   console=console, transient=True, disable=not console.is_terminal)  # fmt: skip
    began, kept, task = False, False, None
    try:
        with bar:
            for event in events:
                if isinstance(event, Started):
                    began = True
                    note(
                        f"{event.steps} steps an epoch of {event.batch} examples, {event.workers} worker{'s' if event.workers > 1 else ''}, "
                        f"{size(event.training_bytes)} of memory{', activations made again in backward' if event.recompute else ''}"
                    )
                elif isinstance(event, Epoch):
                    kept = True
                    if task is not None:
                        bar.remove_task(task)
                        task = None
                    note(_line(event))
                    for line in _outputs(event):
                        note(line)
                elif console.is_terminal:
                    if task is None:
                        task = bar.add_task(f"epoch {event.epoch}", total=event.steps, told="")
                    bar.update(task, completed=event.step, told=f"loss {event.loss:.4f}")
    except Fault:
        if began and out is not None and (out / "weights.safetensors").is_file():
            note(f"the weights of the last whole epoch are in {out}")
        raise
    sys.stderr.flush()
    return kept


def _line(event: Any) -> str:
    accuracy = "" if event.accuracy is None else f"  accuracy {event.accuracy:7.2%}"
    test = "" if event.test_loss is None else f"  test loss {event.test_loss:.4f}"
    if event.test_count:
        test = f"  test {event.test_right / event.test_count:7.2%} ({event.test_right:,} of {event.test_count:,})"
    waited = f"  waited for data {event.waited:.0%}" if event.waited >= 0.01 else ""
    return f"epoch {event.number:3}  loss {event.loss:.4f}{accuracy}{test}  {event.seconds:.1f} s{waited}"


def _outputs(event: Any) -> Iterator[str]:
    """A line for each output, where there are several."""
    for name, figures in event.outputs.items() if len(event.outputs) > 1 else ():
        accuracy = "" if figures.accuracy is None else f"  accuracy {figures.accuracy:7.2%}"
        test = "  not tested" if figures.test_loss is None else f"  test loss {figures.test_loss:.4f}"
        right = "" if figures.test_accuracy is None else f"  test {figures.test_accuracy:7.2%}"
        yield f"    {printable(name)}  loss {figures.loss:.4f}{accuracy}{test}{right}"
