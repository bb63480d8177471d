"""netspec eval."""

from __future__ import annotations

from pathlib import Path

import click

from netspec.cli.output import json_option
from netspec.cli.run import device_option
from netspec.diagnostics import strict_json


@click.command("eval")
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--data", "folder", required=True, type=click.Path(path_type=Path), help="The folder that has the test set.")
@device_option
@json_option
def command(model: Path, folder: Path, device: str, as_json: bool) -> None:
    """Loss and accuracy of MODEL on the test set of a folder."""
    from netspec.data.sets import read_part
    from netspec.runtime.predict import evaluate, settings
    from netspec.runtime.session import open_model

    session = open_model(model, device)
    score = evaluate(session, read_part(folder, "test", settings(session).classes, [*session.inputs, *session.outputs]))
    if as_json:
        told = {"loss": score.loss, "accuracy": score.accuracy, "right": score.right, "count": score.count, "device": session.device}
        click.echo(strict_json(told))
    else:
        right = "" if score.accuracy is None else f", accuracy {score.accuracy:.2%} ({score.right:,} of {score.count:,})"
        click.echo(f"loss {score.loss:.4f}{right}")
