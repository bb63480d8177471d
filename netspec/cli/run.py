"""netspec run."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing as ended
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import click

from netspec.cli.maps import BOXES, apart_from_maps, painter
from netspec.cli.maps import options as map_options
from netspec.cli.output import STANDARD_OUTPUT, json_option, max_pixels_option, note
from netspec.cli.paths import PATH, NamedPath
from netspec.cli.rows import Sinks, is_folder, options, sinks
from netspec.cli.untrusted import again, apart, untrusted_option
from netspec.cli.workers import crew
from netspec.cli.workers import options as worker_options
from netspec.diagnostics import printable

if TYPE_CHECKING:
    from netspec.cli.blocks import Blocks
    from netspec.runtime.given import Given
    from netspec.runtime.predict import Predictor
    from netspec.runtime.row import Row
    from netspec.runtime.session import Session

#: Values that are written on a line.
MOST = 20


def device_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Where a model runs, and how."""
    for add in (
        click.option(
            "--batch",
            type=click.IntRange(1, 4096),
            default=32,
            show_default=True,
            help="Examples that go through the model at a time.",
        ),
        click.option("--fast", is_flag=True, help="Let a card round what it multiplies to 10 bits (TF32)."),
        click.option(
            "--device",
            type=click.Choice(["auto", "cpu", "cuda", "tensorrt"]),
            default="auto",
            help="Where to run; auto takes the best device that starts.",
        ),
    ):
        command = add(command)
    return command


def input_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What commands that ask a model take: its inputs, and how they are read."""
    for add in (
        max_pixels_option,
        click.option(
            "--threads",
            type=click.IntRange(1, 1024),
            help="Threads that read ahead, and that the model uses (default: one per core).",
        ),
        device_options,
        click.argument("given", metavar="INPUT...", nargs=-1, required=True, type=NamedPath(path_type=str)),
    ):
        command = add(command)
    return command


@click.command("run")
@click.argument("model", type=PATH)
@input_options
@click.option("--top", type=click.IntRange(1), default=1, help="Number of labels per picture.")
@options
@map_options
@worker_options
@untrusted_option
@json_option
def command(
    model: Path, given: tuple[str, ...], top: int, batch: int, threads: int | None, device: str, fast: bool,
    untrusted: bool, max_pixels: int | None, as_json: bool, maps: Path | None, boxes: Path | None, min_prob: float,
    ray: bool, ray_address: str | None, workers: int | None, **files: Path | None,
) -> int:  # fmt: skip
    """Run MODEL, or a run's folder, on each INPUT: print labels and probabilities, or values if the model has none.

    An INPUT is a picture, a folder of pictures, a pattern such as "photos/*.jpg", @FILE with a name a line, - for names
    from standard input; or a file with a row for each example: npz, npy, or a CSV with a header.
    """
    others = crew(ray, ray_address, workers, threads or 1)
    if others is not None and (untrusted or maps or boxes):
        raise click.UsageError("with --ray there are rows only: leave --untrusted, --map and --boxes out")
    if untrusted:
        if maps is not None or boxes is not None:
            raise click.UsageError("with --untrusted no file is written: leave --map and --boxes out")
        return _apart(given, device, files)
    began = perf_counter()
    from netspec.runtime.devices import Device
    from netspec.runtime.session import open_model

    asked_for = Device(device, batch, threads, fast)
    session = open_model(model, asked_for if others is None else replace(asked_for, name="cpu"))
    outputs = [*files.values(), *([] if boxes is None else [boxes / BOXES])]
    predictor, items = asked(session, given, outputs, top, threads, device if others is None else "cpu", max_pixels)
    further = [printable(name) for name in list(predictor.session.outputs)[1:]]
    if further:
        note(f"showing output {printable(predictor.output)}; the model also has {', '.join(further)}")
    wrong = count = 0
    apart_from_maps(files, maps, boxes)
    answers = predictor.maps if others is None else partial(others.answers, predictor, model, asked_for)
    with (
        _rows(files, as_json, model, top, others is not None) as out,
        painter(predictor, maps, boxes, min_prob) as paint,
        ended(answers(out.missing(items))) as found,
    ):
        for row, values in found:
            wrong += bool(row.error)
            count += 1
            columns = {} if paint is None else paint.add(row, values)
            if out.kept:
                out.add({**row.flat(), **columns})
            else:
                click.echo(_line(row))
    if count:
        closing(predictor, items, count, perf_counter() - began)
    else:
        note("nothing is left to do")
    return 1 if wrong else 0


@contextmanager
def _rows(
    files: Mapping[str, Path | None], as_json: bool, model: Path, top: int, in_blocks: bool
) -> Iterator[Sinks | Blocks]:
    """Where rows go: files and standard output, or a folder of blocks."""
    folder = files["parquet"]
    if folder is None or str(folder) == STANDARD_OUTPUT or not (in_blocks or is_folder(folder)):
        with sinks(files, as_json, [model]) as out:
            yield out
        return
    if as_json or any(path is not None for form, path in files.items() if form != "parquet"):
        raise click.UsageError("--parquet FOLDER does not write what has a row already, so no other form goes with it")
    from netspec.cli.blocks import blocks, question

    with blocks(folder, question(model, top)) as kept:
        yield kept


def asked(
    session: Session,
    given: tuple[str, ...],
    outputs: Iterable[Path | None],
    top: int,
    threads: int | None,
    device: str,
    max_pixels: int | None,
) -> tuple[Predictor, Given]:
    """How a model is asked, and what about, which is none of the ``outputs``; where it runs is told."""
    from netspec.machine import cores
    from netspec.runtime.given import Given
    from netspec.runtime.predict import Predictor

    where(session, device)
    predictor = Predictor(session, top, max_pixels, threads or cores())
    written = [path for path in outputs if path is not None and str(path) != STANDARD_OUTPUT]
    return predictor, Given(given, predictor.needs, written)


def where(session: Session, device: str) -> None:
    """Tell where a model runs, unless that was asked for, and why not on a card that seems to be there."""
    if device == "auto":
        note("running on the cpu" if session.device == "cpu" else f"running on {session.device}")
        if session.note:
            note(session.note)


def closing(predictor: Predictor, items: Given, count: int, seconds: float) -> None:
    """How many there were, how quickly, and where the time went; what was passed over."""
    from netspec.data.folders import passed_over

    passed = passed_over(items.passed)
    if passed:
        note(passed)
    parts = {"reading": predictor.seconds.reading, "preparing": predictor.seconds.preparing,
             "the model": predictor.seconds.model}  # fmt: skip
    total = sum(parts.values()) or 1.0
    divided = ", ".join(f"{name} {part / total:.0%}" for name, part in parts.items())
    what = "picture" if predictor.pictures else "example"
    speed = count / max(seconds, 1e-9)
    note(f"{count:,} {what}{'' if count == 1 else 's'} in {seconds:.1f} s, {speed:,.0f} a second: {divided}")


def _apart(given: tuple[str, ...], device: str, files: Mapping[str, Path | None]) -> int:
    """The same in a process of its own, which may write no file."""
    if any(path is not None and str(path) != "-" for path in files.values()):
        raise click.UsageError("with --untrusted no file is written; say `-` for standard output")
    if "-" in given:
        raise click.UsageError("with --untrusted names do not come from standard input; say @FILE")
    return apart(again(device))


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
