"""What a training prints while it runs: what it takes, a line for each epoch, on a terminal a bar of the steps."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from netspec.cli.output import note
from netspec.diagnostics import Fault
from netspec.net.lines import of_epoch
from netspec.report.columns import size


def follow(events: Iterator[Any], out: Path | None) -> bool:
    """Draw the progress; whether an epoch was kept."""
    from netspec.engine.training.events import Epoch, Started

    progress = _Progress()
    began, kept = False, False
    pace: _Pace | None = None
    try:
        with progress.bar:
            for event in events:
                if isinstance(event, Started):
                    began, pace = True, _Pace(event)
                    note(_started(event))
                    continue
                foretold = pace.seen(event) if pace is not None else None
                if foretold is not None:
                    note(foretold)
                if isinstance(event, Epoch):
                    kept = True
                    progress.end()
                    for line in of_epoch(event):
                        note(line)
                else:
                    progress.show(event)
    except Fault:
        if began and out is not None and (out / "weights.safetensors").is_file():
            note(f"the weights of the last complete epoch are in {out}")
        raise
    sys.stderr.flush()
    return kept


class _Pace:
    """How long a training will take, told once: after some steps, at the latest after the first epoch.

    The first step is left out, which touches all memory for the first time.
    """

    STEPS, SECONDS = 5, 2.0

    def __init__(self, started: Any) -> None:
        self.steps = started.left * started.steps
        self.epochs = started.left
        self.done = 0
        self.first = 0.0

    def seen(self, event: Any) -> str | None:
        """The line, where it is time for it."""
        if not self.steps:
            return None
        if hasattr(event, "step"):
            self.done += 1
            if self.done == 1:
                self.first = time.perf_counter()
            took = time.perf_counter() - self.first
            if self.done <= self.STEPS or took < self.SECONDS:
                return None
        if self.done < 2:
            return None
        seconds = (time.perf_counter() - self.first) / (self.done - 1) * self.steps
        self.steps = 0
        return f"about {_long(seconds)} for {self.epochs:.3g} epoch{'' if self.epochs == 1 else 's'}"


def _long(seconds: float) -> str:
    if seconds < 45:
        return "a minute or less"
    minutes = round(seconds / 60)
    if minutes < 120:
        return f"{minutes} minute{'' if minutes == 1 else 's'}"
    return f"{minutes:,} minutes ({seconds / 3600:.1f} hours)"


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
