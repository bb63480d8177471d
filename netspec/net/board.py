"""The figures of a training for TensorBoard, in a folder of the run: one more reader of its events."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
from collections.abc import Iterator
from importlib import util
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from netspec.engine.training.events import Epoch, Event

#: The folder in that of the run.
FOLDER = "tensorboard"


def there() -> bool:
    """Whether the package that writes the files is installed."""
    return util.find_spec("tensorboardX") is not None


def boarded(events: Iterator[Event], run: Path) -> Iterator[Event]:
    """The events of a training, whose epochs are also written for TensorBoard; a step there is an epoch.

    What an earlier writer of the same run noted of epochs that are done again is taken back.
    """
    from netspec.engine.training.events import Epoch

    writer: Any = None
    try:
        for event in events:
            if isinstance(event, Epoch):
                writer = writer or _writer(run / FOLDER, event.number)
                _write(writer, event)
            yield event
    finally:
        if writer is not None:
            writer.close()


def _writer(folder: Path, first: int) -> Any:
    from tensorboardX import SummaryWriter

    # its file is called by the second, and two runs may come in one
    return SummaryWriter(str(folder), purge_step=first, filename_suffix=f".{first}")


def _write(writer: Any, epoch: Epoch) -> None:
    for name, value in _figures(epoch):
        if value is not None and isfinite(value):
            writer.add_scalar(name, value, epoch.number)
    writer.flush()


def _figures(epoch: Epoch) -> Iterator[tuple[str, float | None]]:
    """A chart for each figure, a line in it for each part; with several outputs also theirs."""
    test = epoch.test_right / epoch.test_count if epoch.test_count else None
    yield from (("loss/training", epoch.loss), ("loss/validation", epoch.val_loss), ("loss/test", epoch.test_loss))
    yield from (("accuracy/training", epoch.accuracy), ("accuracy/validation", epoch.val_accuracy))
    yield from (("accuracy/test", test), ("rate", epoch.rate), ("seconds", epoch.seconds))
    first = next(iter(epoch.outputs.values()), None)
    if first is not None and first.val_mean_iou is not None:
        yield "mean IoU/validation", first.val_mean_iou
    for name, found in epoch.outputs.items() if len(epoch.outputs) > 1 else ():
        yield from ((f"{name}/loss/training", found.loss), (f"{name}/loss/validation", found.val_loss))
        yield from ((f"{name}/accuracy/training", found.accuracy), (f"{name}/accuracy/validation", found.val_accuracy))
