"""netspec train."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import click

from netspec.cli.following import follow
from netspec.cli.output import (
    Number,
    cache_option,
    format_option,
    load,
    max_pixels_option,
    memory_size,
    note,
    on_bad_image_option,
    recompute_option,
    set_option,
    sizes,
    spec_or_resumed,
    typed,
)
from netspec.cli.paths import PATH
from netspec.cli.signals import current
from netspec.diagnostics import printable
from netspec.net.engines import DEVICES, ENGINES, OWN, chosen


def _installed(ctx: click.Context, param: click.Parameter, value: bool) -> bool:
    from netspec.net.board import there

    if value and not there():
        raise click.UsageError(
            '--tensorboard needs tensorboardX, which is not installed: pip install "netspec[tensorboard]"'
        )
    return value


@click.command("train")
@spec_or_resumed
@click.option(
    "--data",
    "folder",
    type=PATH,
    help="A folder with a folder per class (alone, or in train/, val/ and test/), with MNIST's or CIFAR's files, or "
    "with train.npz and test.npz; or a file: a list (CSV) with filename,label, a table (CSV) with a header, or an npz.",
)
@click.option("-o", "--out", type=PATH, help="The folder for the run (default: runs/NAME-1, -2, …).")
@click.option("--epochs", type=click.IntRange(1), help="Number of epochs, instead of the spec's.")
@click.option(
    "--rate", type=Number(0, min_open=True), help="Learning rate, instead of the optimiser's own in the spec."
)
@click.option(
    "--patience",
    type=click.IntRange(1),
    metavar="EPOCHS",
    help="Stop when the validation loss (without such a part, the training loss) has not fallen for so many epochs.",
)
@click.option(
    "--max-hours",
    type=Number(0, min_open=True),
    metavar="HOURS",
    help="End after so many hours, with what is trained kept; --resume goes on.",
)
@click.option("--batch", type=click.IntRange(1), help="Examples per step, instead of the spec's.")
@click.option(
    "--memory",
    metavar="SIZE",
    callback=memory_size,
    help="Memory that training may take, such as 2GB: a batch of the spec that does not fit is made smaller.",
)
@cache_option
@recompute_option
@click.option(
    "--resume",
    type=PATH,
    help="Continue the run in this folder, bit for bit, with its spec, data and settings; with -o, in another folder.",
)
@click.option(
    "--from",
    "start",
    type=PATH,
    metavar="RUN|WEIGHTS|MODEL",
    help="Begin with the weights of a run, a file of weights or a model, by path, in place of fresh ones.",
)
@click.option(
    "--fresh",
    multiple=True,
    metavar="PATTERN",
    help='Weights that begin anew in spite of --from: a pattern over their paths, such as "label/*".',
)
@click.option(
    "--freeze",
    multiple=True,
    metavar="PATTERN",
    help='Weights that training does not change: a pattern over their paths, such as "stem/*".',
)
@click.option("--force", is_flag=True, help="Move aside a run that the folder of -o already holds.")
@click.option("--seed", type=click.IntRange(0), help="Random seed, instead of the spec's.")
@click.option(
    "--threads", type=click.IntRange(1), help="Worker threads (default: one per core); they do not change the result."
)
@click.option(
    "--engine",
    type=click.Choice(ENGINES),
    help="What takes the steps: netspec's own engine (the default), or onnxruntime, which knows devices.",
)
@click.option(
    "--device",
    type=click.Choice(DEVICES),
    help="Where onnxruntime trains; auto, the default, takes the best that starts.",
)
@click.option(
    "--tune",
    is_flag=True,
    help="Time the forms of gradients on the device first, and keep the fastest for this run and later ones.",
)
@click.option(
    "--tensorboard",
    is_flag=True,
    callback=_installed,
    help="Write the figures of each epoch for TensorBoard too, into the run's folder.",
)
@click.option(
    "--at",
    metavar="NAME=SIZE",
    multiple=True,
    help="The number of a free size of the net, such as H=64 (default: what the data and `prepare` give).",
)
@format_option
@on_bad_image_option
@max_pixels_option
@set_option
def command(
    spec: Path | None, folder: Path | None, out: Path | None, resume: Path | None, threads: int | None,
    settings: tuple[str, ...], tensorboard: bool, **options: Any,
) -> int:  # fmt: skip
    """Train SPEC and keep the run in a folder: spec, settings, weights, log, model.onnx, state to resume from."""
    from netspec.net.board import boarded

    options["at"] = sizes(options["at"])
    spec, folder = _taken(spec, folder, resume, options)
    net = load(spec, settings)
    signals = current()
    with run_folder(out or resume, spec) as out:
        events: Iterator[Any] = net.train(
            folder, out=out, resume=resume, workers=threads, stop=signals.asked, command=typed(), tell=note, **options
        )
        events = boarded(events, out) if tensorboard else events
        try:
            kept = follow(signals.watched(events), out)
        except KeyboardInterrupt:
            if (out / "state.safetensors").is_file():
                note(f"continue from the last kept state with `--resume {out}`")
            raise
        if signals.asked():
            weights = "; the weights of the last complete epoch are there too" if kept else ""
            note(f"stopped; continue from this step with `--resume {out}`{weights}")
            return signals.status
    if (out / "model.onnx").is_file():
        click.echo(printable(f"{out}/model.onnx"))
    return 0


def _taken(spec: Path | None, folder: Path | None, resume: Path | None, options: dict[str, Any]) -> tuple[Path, Path]:
    """The spec and the data: those given, else those of the run that goes on, whose options hold too."""
    if resume is not None:
        from netspec.net.resuming import resumed

        run = resumed(resume)
        spec, folder = spec or run.spec, folder or run.data
        kept = dict(run.options)
        if options["engine"] == OWN:  # the run's device is none of its
            kept.pop("device", None)
        for name, value in kept.items():
            options[name] = options.get(name) or value
    try:
        engine, device, tune, recompute = (options[name] for name in ("engine", "device", "tune", "recompute"))
        chosen(engine, device, tune, recompute, resume is not None)
    except ValueError as error:
        raise click.UsageError(f"{error}.") from None
    if spec is None:
        raise click.UsageError("Missing argument 'SPEC'; only `--resume RUN` takes it from a run.")
    if folder is None:
        raise click.UsageError("Missing option '--data'; only `--resume RUN` takes it from a run.")
    return spec, folder


@contextmanager
def run_folder(out: Path | None, spec: Path) -> Iterator[Path]:
    """The folder of a run: the one asked for, else runs/lenet5-1, -2, …, which is removed again if it stays empty."""
    from netspec.net.run_folder import fresh

    if out is not None:
        yield out
        return
    folder = fresh(Path("runs"), spec.stem)
    try:
        yield folder
    finally:
        for empty in (folder, folder.parent):
            with suppress(OSError):  # it holds something
                empty.rmdir()
