"""netspec eval."""

from __future__ import annotations

from pathlib import Path

import click

from netspec.cli.output import json_option, max_pixels_option, note, pixels
from netspec.cli.run import device_option
from netspec.cli.untrusted import apart, untrusted_option
from netspec.diagnostics import printable, strict_json

#: Seconds that a whole test set may take where the model is not trusted.
LONG = 3600.0


@click.command("eval")
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--data", "folder", required=True, type=click.Path(path_type=Path), help="The folder that has the test set.")
@device_option
@untrusted_option
@max_pixels_option
@json_option
def command(model: Path, folder: Path, device: str, untrusted: bool, max_pixels: int | None, as_json: bool) -> int:
    """Loss and accuracy of every output of MODEL on the test set of a folder."""
    if untrusted:
        options = ["--data", str(folder), "--device", "cpu" if device == "auto" else device, *pixels(max_pixels), *(["--json"] if as_json else [])]
        return apart(["eval", *options, "--", str(model)], seconds=LONG)
    from netspec.net.evaluation import evaluate

    session, found = evaluate(model, folder, device, max_pixels)
    for name, why in found.unscored.items():
        note(f"output {printable(name)} is not scored: {why}")
    for name in found.from_probabilities:
        note(f"output {printable(name)} is scored from its probabilities, whose logarithm is inexact near 0 and 1: the value before its last layer is not known")
    for name, score in found.scores.items():
        if score.broken:
            note(f"output {printable(name)}: {score.broken:,} answers are no numbers, and count as wrong")
    first = next(iter(found.scores.values()))
    if as_json:
        outputs = {name: {"loss": score.loss, "accuracy": score.accuracy, "right": score.right, "count": score.count} for name, score in found.scores.items()}
        told = {"loss": first.loss, "accuracy": first.accuracy, "right": first.right, "count": first.count, "device": session.device}
        click.echo(strict_json({**told, "outputs": outputs, "unscored": found.unscored, "from_probabilities": list(found.from_probabilities)}))
        return 0
    for name, score in found.scores.items():
        right = "" if score.accuracy is None else f", accuracy {score.accuracy:.2%} ({score.right:,} of {score.count:,})"
        click.echo(f"{f'{printable(name)}: ' if len(found.scores) + len(found.unscored) > 1 else ''}loss {score.loss:.4f}{right}")
    return 0
