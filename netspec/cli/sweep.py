"""netspec sweep."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netspec.cli.output import load, note, root, spec_argument
from netspec.cli.paths import PATH
from netspec.cli.runs import as_text
from netspec.cli.signals import current
from netspec.cli.sweep_table import columns_of, means, told, write
from netspec.cli.train import command as train
from netspec.cli.workers import Crew, crew, ray_address_option, ray_option
from netspec.diagnostics import SpecError, Trouble
from netspec.files import reason
from netspec.folders import make_folder

if TYPE_CHECKING:
    from netspec.net import Net
    from netspec.net.points import Point
    from netspec.net.runs import Run
    from netspec.net.sweeping import Sweep

#: Options of train that a sweep has in a way of its own.
_OWN = ("spec", "root", "folder", "out", "resume", "force", "threads", "settings")
#: Trainings that a sweep may have.
MOST = 10_000


def _listed(option: click.Parameter) -> Callable[..., list[str] | None]:
    """A callback that takes several values of an option of train, each held against it."""

    def values(ctx: click.Context, param: click.Parameter, value: str | None) -> list[str] | None:
        if value is None:
            return None
        pieces = _pieces(value, ctx, param)
        for piece in pieces:
            one = option.type.convert(piece, param, ctx)
            if option.callback is not None:
                option.callback(ctx, param, one)
        return pieces

    return values


def _pieces(text: str, ctx: click.Context | None = None, param: click.Parameter | None = None) -> list[str]:
    from netspec.net.points import split

    try:
        return split(text)
    except ValueError as error:
        raise click.BadParameter(str(error), ctx, param) from None


def _of_train(command: click.Command) -> click.Command:
    """The options of train: of those with one value several can be given."""
    for option in train.params:
        if option.name in _OWN or not isinstance(option, click.Option):
            continue
        if option.multiple or option.is_flag or isinstance(option.type, click.Path):
            command.params.append(option)
        else:
            command.params.append(
                click.Option(
                    option.opts, help=option.help, callback=_listed(option), metavar=f"{option.metavar or 'VALUE'},…"
                )
            )
    return command


@_of_train
@click.command("sweep")
@spec_argument
@click.option("--data", "folder", required=True, type=PATH, help="The data, as for train.")
@click.option(
    "-o", "--out", "--resume", type=PATH, metavar="DIR",
    help="The folder for the runs, a folder each (default: runs/NAME-sweep-1, -2, …); a sweep in it goes on.",
)  # fmt: skip
@click.option("--set", "settings", metavar="NAME=VALUE,…", multiple=True, help="Values of a parameter of the net.")
@click.option("--seeds", type=click.IntRange(1), help="Train with so many seeds, from --seed or the spec's upwards.")
@click.option("--jobs", type=click.IntRange(1), help="Trainings at a time (default: one per core).")
@click.option("--threads", type=click.IntRange(1), default=1, help="Worker threads of each training (default: 1).")
@click.option("--force", is_flag=True, help="Move aside a sweep that DIR already holds.")
@ray_option("Train on the machines of a Ray cluster (needs netspec[ray]).")
@ray_address_option
def command(
    spec: Path, folder: Path, out: Path | None, settings: tuple[str, ...], seeds: int | None, jobs: int | None,
    threads: int, force: bool, ray: bool, ray_address: str | None, **options: Any,
) -> int:  # fmt: skip
    """Train SPEC with every combination of some values, each in a folder of DIR: --set width=8,16 --rate 0.1,0.01.

    Commas part values, but not those in brackets: --set hidden=[1,2],[3]. The same command again does what is not done.
    table.csv and sweep.svg in DIR, and the table on the screen, compare the runs.
    """
    from netspec.net.lock import Lock
    from netspec.net.sweeping import Sweep

    others = crew(ray, ray_address, None, threads)
    if not os.path.lexists(folder):
        raise click.UsageError(f"there is no {folder}")
    if out is not None and os.path.realpath(out) == os.path.realpath(folder):
        raise click.UsageError(f"{out} has the data: give the runs a folder of their own with -o")
    found, net = _points(spec, folder, settings, seeds, options)
    signals = current()
    with _folder(out, spec, force) as out:
        more = [f"--threads={threads}", *([] if root() is None else [f"--root={root()}"])]
        sweep = Sweep(spec, out, found, 1, _mark(net), more)
        lock = Lock(out).take()
        try:
            sweep.read()
            with _beginning(sweep, jobs, threads, others):
                sweep.write()
                signals.gentle = True
                _follow(sweep, signals.asked)
        finally:
            signals.gentle = False
            lock.release()
    if signals.asked():
        note(f"stopped; the same command with `-o {out}` does the rest")
        return signals.status
    return int(bool(sweep.waiting()))


@contextmanager
def _beginning(sweep: Sweep, jobs: int | None, threads: int, others: Crew | None) -> Iterator[None]:
    """Say where and how many trainings at a time begin: here, or on the machines of a cluster for as long."""
    from netspec.machine import cores

    if others is None or not sweep.waiting():
        sweep.jobs = jobs or max(1, cores() // threads)
        yield
        return
    from netspec import __version__
    from netspec.net.sweeping import trained
    from netspec.runtime.cluster import Call

    with replace(others, count=jobs).cluster("cpu") as sweep.jobs:
        here = os.getcwd()
        sweep.begin = lambda training, told: Call(trained, (training, here, __version__), threads, told)
        yield


def _points(
    spec: Path, folder: Path, settings: tuple[str, ...], seeds: int | None, options: dict[str, Any]
) -> tuple[list[Point], Net]:
    """Every combination, and the net of the first one that is sound. Raises SpecError where none is."""
    from netspec.net.points import points

    choices: dict[str, list[tuple[str, str]]] = {}
    for text in settings:
        name, sign, values = text.partition("=")
        if not sign or not name.strip():
            raise click.UsageError(f"--set takes NAME=VALUE, not {text!r}")
        choices[name.strip()] = [(value, f"--set={name.strip()}={value}") for value in _pieces(values)]
    several = [*choices.values(), *(value for value in options.values() if isinstance(value, list))]
    count = prod(map(len, several)) * (seeds or 1)
    if count > MOST:
        raise click.UsageError(f"{count:,} trainings are asked for, and {MOST:,} is the limit of a sweep")
    net = _net(spec, list(choices.values()))
    by_name = {option.name: option for option in train.params}
    fixed = [f"--data={folder}"]
    if seeds is not None:
        given = options["seed"] or [str(net.train_settings.seed)]
        if len(given) > 1:
            raise click.UsageError("--seeds counts from one --seed, and several were given")
        options["seed"] = [str(int(given[0]) + n) for n in range(seeds)]
    for name, value in options.items():
        word = by_name[name].opts[-1]
        if isinstance(value, list):
            column = name if name not in choices else f"{name} of training"
            choices[column] = [(one, f"{word}={one}") for one in value]
        elif isinstance(value, bool):
            fixed += [word] if value else []
        else:
            fixed += [f"{word}={one}" for one in (value if isinstance(value, tuple) else [value]) if one is not None]
    return points(choices, fixed), net


def _net(spec: Path, choices: list[list[tuple[str, str]]]) -> Net:
    from itertools import product

    wrong: SpecError | None = None
    for chosen in product(*choices):
        try:
            return load(spec, tuple(word.removeprefix("--set=") for _, word in chosen))
        except SpecError as error:
            wrong = wrong or error
    assert wrong is not None
    raise wrong


def _mark(net: Net) -> str:
    """What tells one spec from another, with all that it uses."""
    from netspec.net.recorded import digest

    return digest([net.source.text, *net.meaning.files.values()])


@contextmanager
def _folder(out: Path | None, spec: Path, force: bool) -> Iterator[Path]:
    """The folder of the sweep: the one asked for, else a fresh one, which is removed again if it stays empty."""
    from netspec.cli.train import run_folder
    from netspec.net.run_folder import free_beside
    from netspec.net.sweeping import NAME

    made = out is not None and not os.path.lexists(out)
    if out is not None:
        if force and os.path.lexists(out / NAME):
            aside = free_beside(out)
            try:
                os.rename(out, aside)
            except OSError as error:
                raise Trouble("N604", f"{out} cannot be moved to {aside}: {reason(error)}") from None
            note(f"the sweep that was in {out} is now in {aside}")
        make_folder(out)
    with run_folder(out, spec.with_name(f"{spec.stem}-sweep.net")) as folder:
        try:
            yield folder
        finally:
            if made:
                with suppress(OSError):  # it holds something
                    folder.rmdir()


# ---- what is shown


def _follow(sweep: Sweep, stop: Callable[[], bool]) -> None:
    """A line for each point as it ends, the files after each, and the table at the end."""
    done, total = len(sweep.points) - len(sweep.waiting()), len(sweep.points)
    before = f", {done} of them done already" if done else ""
    note(f"{total} points in {sweep.folder}{before}; {min(sweep.jobs, max(1, total - done))} at a time")
    rows = {point.name: _run(sweep, point) for point in sweep.points}
    with closing(sweep.run(stop)) as ended:
        for point in ended:
            done += 1
            rows[point.name] = _run(sweep, point)
            note(f"[{done}/{total}] {told(rows[point.name])}")
            write(sweep, list(rows.values()))
    rows = {point.name: _run(sweep, point) for point in sweep.points}
    write(sweep, list(rows.values()))
    sweep.write()
    for line in as_text(list(rows.values()), columns_of(list(rows.values()))):
        click.echo(line)
    for line in means(list(rows.values())):
        click.echo(line)


def _run(sweep: Sweep, point: Point) -> Run:
    """A point's row: its values, and what it gave so far."""
    from netspec.net import runs

    at, folder = sweep.kept[point.name], sweep.folder / point.name
    found = runs.read(folder) if folder.is_dir() else runs.Run(folder)
    state = "done" if at.done else "failed" if at.error else "unfinished"
    error = at.error or (found.error if at.done else None)
    return runs.Run(Path(point.name), {**point.values, "state": state}, found.gave, error)
