"""An epoch of a training in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from netspec.diagnostics import printable


def of_epoch(event: Any) -> Iterator[str]:
    """The epoch's line, and one for each output where there are several."""
    yield _line(event)
    yield from _outputs(event)


def _line(event: Any) -> str:
    accuracy = "" if event.accuracy is None else f"  accuracy {event.accuracy:7.2%}"
    val = "" if event.val_loss is None else f"  val loss {event.val_loss:.4f}"
    if event.val_accuracy is not None:
        val += f"  val {event.val_accuracy:7.2%}"
    first = next(iter(event.outputs.values()), None)
    if first is not None and first.val_mean_iou is not None:
        val += f"  mean IoU {first.val_mean_iou:7.2%}"
    waited = f"  waited for data {event.waited:.0%}" if event.waited >= 0.01 else ""
    return f"epoch {event.number:3}  loss {event.loss:.4f}{accuracy}{val}  {event.seconds:.1f} s{waited}"


def _outputs(event: Any) -> Iterator[str]:
    """A line for each output, where there are several."""
    for name, figures in event.outputs.items() if len(event.outputs) > 1 else ():
        accuracy = "" if figures.accuracy is None else f"  accuracy {figures.accuracy:7.2%}"
        val = "" if figures.val_loss is None else f"  val loss {figures.val_loss:.4f}"
        right = "" if figures.val_accuracy is None else f"  val {figures.val_accuracy:7.2%}"
        right += "" if figures.val_mean_iou is None else f"  mean IoU {figures.val_mean_iou:7.2%}"
        test = "" if figures.test_loss is None else f"  test loss {figures.test_loss:.4f}"
        tested = "" if figures.test_accuracy is None else f"  test {figures.test_accuracy:7.2%}"
        untested = "  not tested" if event.test_loss is not None and not test else ""
        yield f"    {printable(name)}  loss {figures.loss:.4f}{accuracy}{val}{right}{test}{tested}{untested}"
