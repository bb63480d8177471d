"""netspec eval."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netspec.cli.output import json_option, max_pixels_option, note, pixels
from netspec.cli.run import device_option
from netspec.cli.untrusted import apart, untrusted_option
from netspec.diagnostics import printable, strict_json

if TYPE_CHECKING:
    from netspec.data.scores import Score
    from netspec.runtime.evaluate import Evaluation
    from netspec.runtime.session import Session

#: Seconds that a whole test set may take where the model is not trusted.
LONG = 3600.0
#: What of the data is judged, in words.
_PARTS = {
    "test": "the test part",
    "val": "the validation part; there is no test part",
    "held out": "what the run held out of the training set; there is no other part",
    "all": "the whole training set; there is no other part, and the model knows of none that was held out",
}


@click.command("eval")
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--data", "folder", required=True, type=click.Path(path_type=Path), help="The folder with the test set.")
@device_option
@untrusted_option
@max_pixels_option
@json_option
def command(model: Path, folder: Path, device: str, untrusted: bool, max_pixels: int | None, as_json: bool) -> int:
    """Print the loss and accuracy of every output of MODEL on a test set."""
    if untrusted:
        options = [
            "--data",
            str(folder),
            "--device",
            "cpu" if device == "auto" else device,
            *pixels(max_pixels),
            *(["--json"] if as_json else []),
        ]
        return apart(["eval", *options, "--", str(model)], seconds=LONG)
    from netspec.net.evaluation import evaluate

    session, found = evaluate(model, folder, device, max_pixels)
    _note(found)
    if as_json:
        click.echo(strict_json(_as_json(session, found)))
        return 0
    for line in _lines(found):
        click.echo(line)
    return 0


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


def _as_json(session: Session, found: Evaluation) -> dict[str, Any]:
    """The figures of the first output, and those of each."""
    return {
        **_figures(next(iter(found.scores.values()))),
        "part": found.part,
        "device": session.device,
        "outputs": {name: _figures(score) for name, score in found.scores.items()},
        "unscored": found.unscored,
        "from_probabilities": list(found.from_probabilities),
    }


def _figures(score: Score) -> dict[str, Any]:
    return {"loss": score.loss, "accuracy": score.accuracy, "right": score.right, "count": score.count}


def _lines(found: Evaluation) -> Iterator[str]:
    """A line for each output, which is named where there are several."""
    several = len(found.scores) + len(found.unscored) > 1
    for name, score in found.scores.items():
        head = f"{printable(name)}: " if several else ""
        right = f"{score.right:,} of {score.count:,}"
        accuracy = "" if score.accuracy is None else f", accuracy {score.accuracy:.2%} ({right})"
        yield f"{head}loss {score.loss:.4f}{accuracy}"
