"""netspec run."""

from __future__ import annotations

from pathlib import Path

import click

from netspec.cli.output import json_option, note
from netspec.diagnostics import strict_json

device_option = click.option(
    "--device", type=click.Choice(["auto", "cpu", "cuda", "tensorrt"]), default="auto", help="Where to run; auto takes the best that starts."
)


@click.command("run")
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("pictures", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--top", type=click.IntRange(1), default=1, help="How many labels for each picture.")
@device_option
@json_option
def command(model: Path, pictures: tuple[Path, ...], top: int, device: str, as_json: bool) -> int:
    """Run MODEL on PICTURES, files or folders: label and probability for each."""
    from netspec.runtime.predict import files, predict
    from netspec.runtime.session import open_model

    session = open_model(model, device)
    if session.note and session.device == "cpu" and device == "auto":
        note(f"running on the cpu ({session.note})")
    elif device == "auto":
        note(f"running on {session.device}")
    wrong = 0
    for row in predict(session, files(list(pictures)), top):
        wrong += bool(row.error)
        if as_json:
            answers = [{"label": label, "index": index, "prob": round(prob, 6)} for label, index, prob in row.answers]
            click.echo(strict_json({"filename": row.filename, **({"error": row.error, "code": row.code} if row.error else {"answers": answers})}))
        elif row.error:
            click.echo(f"{row.filename}  error[{row.code}]: {row.error}")
        else:
            click.echo(f"{row.filename}  " + "  ".join(f"{label} {prob:.4f}" for label, _, prob in row.answers))
    return 1 if wrong else 0
