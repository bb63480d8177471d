"""netspec eval."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
import csv
import io
from collections.abc import Iterator
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netspec.cli.output import (
    STANDARD_OUTPUT,
    cache_option,
    format_option,
    json_option,
    max_pixels_option,
    note,
    on_bad_image_option,
    result,
    write_text,
)
from netspec.cli.paths import PATH
from netspec.cli.run import device_options, where
from netspec.cli.untrusted import again, apart, untrusted_option
from netspec.diagnostics import printable, strict_json
from netspec.report.columns import columns

if TYPE_CHECKING:
    from netspec.data.confusion import Confusion
    from netspec.runtime.evaluate import Evaluation
    from netspec.runtime.session import Session

#: Seconds that a whole test set may take where the model is not trusted.
LONG = 3600.0
#: The classes of a table, and those of a confusion matrix, that are printed.
MOST_CLASSES, MOST_CELLS = 50, 20
#: What of the data is judged, in words.
_PARTS = {
    "test": "the test part",
    "val": "the validation part; there is no test part",
    "held out": "what the run held out of the training set; there is no other part",
    "all": "the whole training set; there is no other part, and the model held nothing of it out",
}


@click.command("eval")
@click.argument("model", type=PATH)
@click.option("--data", "folder", required=True, type=PATH, help="The folder with the test set.")
@click.option(
    "--mistakes",
    type=PATH,
    metavar="FILE",
    help="Write the wrong answers as CSV, the worst first; - is standard output.",
)
@click.option(
    "--fail-under",
    "least",
    type=float,
    metavar="ACCURACY",
    help="Exit with status 1 where the accuracy is below this, such as 0.99.",
)
@device_options
@untrusted_option
@format_option
@on_bad_image_option
@cache_option
@max_pixels_option
@json_option
def command(
    model: Path,
    folder: Path,
    mistakes: Path | None,
    least: float | None,
    batch: int,
    device: str,
    fast: bool,
    untrusted: bool,
    format: str | None,
    on_bad_image: str | None,
    cache: int | None,
    max_pixels: int | None,
    as_json: bool,
) -> int:
    """Judge MODEL, or a run's folder, on a test set: loss, accuracy, figures of each class, confusion matrix."""
    if least is not None and isnan(least):
        raise click.UsageError("--fail-under takes a number")
    listed = str(mistakes) == STANDARD_OUTPUT
    if listed and as_json:
        raise click.UsageError("only one of --mistakes and --json can go to standard output")
    if untrusted:
        if mistakes is not None and not listed:
            raise click.UsageError("with --untrusted no file is written; say `--mistakes -`")
        return apart(again(device), seconds=LONG)
    from netspec.net.evaluation import evaluate
    from netspec.runtime.devices import Device

    if mistakes is not None:
        mistakes = result(mistakes, model, *_read(folder, mistakes), text=True)
    session, found = evaluate(
        model, folder, Device(device, batch, fast=fast), max_pixels, format, on_bad_image == "skip", cache
    )
    where(session, device)
    _note(found)
    if mistakes is not None and not any(confusion.single for confusion in found.confusions.values()):
        note("no output has one class for an example: --mistakes has no rows")
    if mistakes is not None:  # before the figures, whose reader may close the pipe
        write_text(mistakes, _mistakes(found))
    if as_json:
        click.echo(strict_json(_as_json(session, found)))
    else:
        for line in _lines(found):
            click.echo(line, err=listed)  # standard output is a table of mistakes alone
    return int(least is not None and _below(found, least))


def _read(data: Path, out: Path) -> list[Path]:
    """What is read of the data and might be what is to be written: the file itself, or the one in the folder."""
    inside = data.is_dir() and out.exists() and data.resolve() in out.resolve().parents
    return [data, *([out] if inside else [])]


def _note(found: Evaluation) -> None:
    """What a reader of the figures must know: what was judged, missing or less exact scores, broken answers."""
    note(f"{found.examples:,} examples: {_PARTS[found.part]}")
    for name, why in found.unscored.items():
        note(f"output {printable(name)} is not scored: {why}")
    for name in found.from_probabilities:
        note(
            f"output {printable(name)} is scored from its probabilities, whose logarithm is inexact near 0 and 1: "
            "the value before its last layer was not found"
        )
    for name, score in found.scores.items():
        if score.broken:
            note(f"output {printable(name)}: {score.broken:,} answers are not numbers, and count as wrong")


def _below(found: Evaluation, least: float) -> bool:
    """Whether the first output's accuracy is too low, told; an output without one has none that suffices."""
    accuracy = next(iter(found.scores.values())).accuracy
    if accuracy is not None and accuracy >= least:
        return False
    note(f"the accuracy is {'unknown' if accuracy is None else f'{accuracy:.6g}'}, below --fail-under {least:g}")
    return True


def _as_json(session: Session, found: Evaluation) -> dict[str, Any]:
    """The figures of the first output, and those of each."""
    first = next(iter(found.scores))
    return {
        **_figures(found, first),
        "part": found.part,
        "examples": found.examples,
        "device": session.device,
        "outputs": {name: _figures(found, name) for name in found.scores},
        "unscored": found.unscored,
        "from_probabilities": list(found.from_probabilities),
    }


def _figures(found: Evaluation, output: str) -> dict[str, Any]:
    score, confusion = found.scores[output], found.confusions.get(output)
    matrix = None if confusion is None or confusion.matrix is None else confusion.matrix.tolist()
    return {
        "loss": score.loss,
        "accuracy": score.accuracy,
        **({} if score.mean_iou is None else {"mean_iou": score.mean_iou}),
        "top5": None if confusion is None else confusion.top5,
        "right": score.right,
        "count": score.count,
        "classes": [] if confusion is None else [
            {"name": name, **figures._asdict()}
            for name, figures in zip(found.named(confusion), confusion.figures(), strict=True)
        ],
        "confusion": matrix,
    }  # fmt: skip


def _lines(found: Evaluation) -> Iterator[str]:
    """A line for each output, which is named where there are several, then the classes that it tells apart."""
    several = len(found.scores) + len(found.unscored) > 1
    for name, score in found.scores.items():
        head = f"{printable(name)}: " if several else ""
        right = f"{score.right:,} of {score.count:,}"
        confusion = found.confusions.get(name)
        accuracy = "" if score.accuracy is None else f", accuracy {score.accuracy:.2%} ({right})"
        top = "" if confusion is None or confusion.top5 is None else f", top-5 {confusion.top5:.2%}"
        iou = "" if score.mean_iou is None else f", mean IoU {score.mean_iou:.2%}"
        yield f"{head}loss {score.loss:.4f}{accuracy}{top}{iou}"
        if confusion is not None:
            yield from _classes(found.named(confusion), confusion)


def _classes(names: list[str], confusion: Confusion) -> Iterator[str]:
    """A row for each class, and the confusion matrix where it is small."""
    shown = [printable(name) for name in names]
    rows: list[tuple[str, ...]] = [("class", "examples", "precision", "recall", "F1")]
    for name, (examples, *shares) in zip(shown[:MOST_CLASSES], confusion.figures(), strict=False):
        rows.append((name, f"{examples:,}", *(f"{share:.2%}" for share in shares)))
    yield ""
    yield from columns(rows, 1)
    if len(names) > MOST_CLASSES:
        yield f"and {len(names) - MOST_CLASSES:,} more classes: see --json"
    if confusion.matrix is not None and len(names) <= MOST_CELLS:
        cells = [[name, *(f"{n:,}" if n else "." for n in row)]
                 for name, row in zip(shown, confusion.matrix.tolist(), strict=True)]  # fmt: skip
        yield "\nconfusion: a row for each class, a column for each answer"
        yield from columns([["", *shown], *cells], 1)


def _mistakes(found: Evaluation) -> str:
    """The wrong answers of the outputs with one answer an example, as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    several = len(found.confusions) > 1
    writer.writerow([*(["output"] if several else []), "filename", "label", "answer", "prob", "label_prob"])
    for output, confusion in found.confusions.items():
        names = found.named(confusion)
        for index, label, answer, *probs in confusion.mistakes():
            file = found.files[index] if found.files else index
            written = ("" if isnan(prob) else f"{prob:.6g}" for prob in probs)
            said = "" if isnan(probs[0]) else names[answer]
            writer.writerow([*([output] if several else []), file, names[label], said, *written])
    return text.getvalue()
