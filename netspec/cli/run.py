"""netspec run."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
from pathlib import Path
from typing import TYPE_CHECKING

import click

from netspec.cli.output import json_option, max_pixels_option, note, pixels
from netspec.cli.untrusted import apart, untrusted_option
from netspec.diagnostics import printable, strict_json

if TYPE_CHECKING:
    from netspec.runtime.predict import Row

#: Values that are written on a line.
MOST = 20
device_option = click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda", "tensorrt"]),
    default="auto",
    help="Where to run; auto takes the best device that starts.",
)


@click.command("run")
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("pictures", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--top", type=click.IntRange(1), default=1, help="Number of labels per picture.")
@device_option
@untrusted_option
@max_pixels_option
@json_option
def command(
    model: Path,
    pictures: tuple[Path, ...],
    top: int,
    device: str,
    untrusted: bool,
    max_pixels: int | None,
    as_json: bool,
) -> int:
    """Run MODEL on PICTURES, files or folders: print labels and probabilities, or values if the model has none."""
    if untrusted:
        options = [
            "--top",
            str(top),
            "--device",
            "cpu" if device == "auto" else device,
            *pixels(max_pixels),
            *(["--json"] if as_json else []),
        ]
        return apart(["run", *options, "--", *map(str, (model, *pictures))])
    from netspec.runtime.predict import files, predict
    from netspec.runtime.session import open_model

    session = open_model(model, device)
    if session.note and session.device == "cpu" and device == "auto":
        note(f"running on cpu ({session.note})")
    elif device == "auto":
        note(f"running on {session.device}")
    others = [printable(name) for name in list(session.outputs)[1:]]
    if others:
        note(f"showing output {printable(next(iter(session.outputs)))}; the model also has {', '.join(others)}")
    wrong = 0
    for row in predict(session, files(list(pictures)), top, max_pixels):
        wrong += bool(row.error)
        click.echo(_json(row) if as_json else _line(row))
    return 1 if wrong else 0


def _json(row: Row) -> str:
    if row.error:
        return strict_json({"filename": row.filename, "error": row.error, "code": row.code})
    number = "prob" if row.probable else "value"
    return strict_json(
        {
            "filename": row.filename,
            "answers": [
                {"label": label, "index": index, number: round(value, 6) if row.probable else value}
                for label, index, value in row.answers
            ],
        }
    )


def _line(row: Row) -> str:
    """A file's answers on one line; of a model of many values the first."""
    name = printable(row.filename)
    if row.error:
        return f"{name}  error[{row.code}]: {printable(row.error)}"
    if row.probable:
        return f"{name}  " + "  ".join(f"{printable(label)} {value:.4f}" for label, _, value in row.answers)
    more = len(row.answers) - MOST
    return (
        f"{name}  "
        + "  ".join(f"{printable(label)} {value:.6g}" for label, _, value in row.answers[:MOST])
        + (f"  and {more:,} more" if more > 0 else "")
    )
