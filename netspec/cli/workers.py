"""``--ray``: workers of a Ray cluster do what this process would do."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
import os
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from netspec.cli.output import note
from netspec.cli.signals import current
from netspec.diagnostics import Trouble
from netspec.locations import in_run

if TYPE_CHECKING:
    from netspec.runtime.cluster import Machine
    from netspec.runtime.devices import Device
    from netspec.runtime.given import Item
    from netspec.runtime.predict import Predictor
    from netspec.runtime.row import Row

#: Pictures that a worker is given at a time, at most; and blocks that each has at least, so that all end together.
MOST, LEAST = 512, 4


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--ray``, ``--ray-address`` and ``--workers``."""
    for add in (
        click.option("--workers", type=click.IntRange(1, 100_000), metavar="N",
                     help="Workers of --ray, of --threads cores each (default: 1; and all cores there are)."),
        ray_address_option,
        ray_option("Let workers of a Ray cluster answer (needs netspec[ray])."),
    ):  # fmt: skip
        command = add(command)
    return command


def ray_option(help: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """``--ray``."""
    return click.option("--ray", is_flag=True, help=help)


ray_address_option = click.option(
    "--ray-address", envvar="RAY_ADDRESS", metavar="HOST:PORT",
    help="The cluster of --ray (default: RAY_ADDRESS, else this machine becomes one).",
)  # fmt: skip


def check_ray(ray: bool, **others: object) -> None:
    """UsageError where --ray is asked for without a Ray, or what belongs to it without it."""
    source = click.get_current_context().get_parameter_source
    for name, value in others.items():
        if value is not None and not ray and source(name) is ParameterSource.COMMANDLINE:
            raise click.UsageError(f"--{name.replace('_', '-')} belongs to --ray, which is missing")
    if not ray:
        return
    from netspec.runtime.cluster import installed

    if not installed():
        raise click.UsageError('--ray needs Ray, which is not installed: pip install "netspec[ray]"')


def crew(ray: bool, address: str | None, count: int | None, threads: int) -> Crew | None:
    """The workers that are asked for, if they are."""
    check_ray(ray, ray_address=address, workers=count)
    return Crew(address or None, count, threads) if ray else None


@dataclass(frozen=True)
class Crew:
    """So many workers in the cluster at an address, or on this machine; all that its cores are enough for, if None."""

    address: str | None
    count: int | None
    threads: int

    def answers(
        self, predictor: Predictor, model: Path, device: Device, items: Iterable[Item]
    ) -> Generator[tuple[Row, None], None, None]:
        """A row for each picture, as ``predictor`` would give it; no cluster is asked where there is no file.

        Raises UsageError for what is no picture, Trouble N718 where the cluster or a worker fails, and
        KeyboardInterrupt after it was left in order.
        """
        from netspec.runtime.cluster import answers
        from netspec.runtime.worker import Job, answered

        asked = list(items)
        names = [_picture(item) for item in asked]
        if not any(map(os.path.lexists, names)):
            yield from ((row, None) for row in predictor.rows(asked))
            return
        _ = predictor.session.input
        predictor.pictures = True
        device = replace(device, name="cpu" if device.name == "auto" else device.name, threads=self.threads)
        job = Job(str(in_run(model, "model.onnx").resolve()), device, predictor.top, predictor.reading.max_pixels,
                  self.threads)  # fmt: skip
        signals = current()
        with self.cluster(device.name) as count:
            blocks = list(in_blocks(names, device.batch, count))
            signals.gentle = True
            try:
                for found in answers(job, blocks, count, signals.asked, note):
                    rows, seconds = answered(found)
                    predictor.seconds.add(seconds)
                    yield from ((row, None) for row in rows)
            finally:
                signals.gentle = False
        if signals.asked():
            raise KeyboardInterrupt

    @contextmanager
    def cluster(self, device: str) -> Iterator[int]:
        """The cluster, for as long as it is used: the number of workers. Raises Trouble N718 where there are none."""
        from netspec.machine import cores
        from netspec.runtime.cluster import cluster

        own = (self.count or max(1, cores() // self.threads)) * self.threads
        with cluster(self.address, own, note) as machines:
            yield self.fitting(machines, device)

    def fitting(self, machines: Sequence[Machine], device: str) -> int:
        """The number of workers; what is there and what is not is told. Trouble N718 where not one can start."""
        from netspec.runtime.cluster import cards

        where = f"the Ray cluster at {self.address}" if self.address else "Ray on this machine"
        each = cards(device)
        fit = sum(
            min(machine.cores // self.threads, machine.cards // each if each else machine.cores) for machine in machines
        )
        wanted = f"{self.threads} core{'' if self.threads == 1 else 's'}" + (" and a card" if each else "")
        if not fit:
            raise Trouble("N718", f"no machine of {where} has {wanted} for a worker")
        count = self.count or fit
        note(f"running on {count} worker{'' if count == 1 else 's'} of {where}")
        if fit < count:
            note(f"it has {wanted} for {fit} of them; the others start when there is more")
        return count


def _picture(item: Item) -> str:
    if item.path is None:
        raise click.UsageError(f"with --ray only pictures are asked about, and {item.name} is none")
    return item.name


def in_blocks(names: list[str], batch: int, workers: int) -> Iterator[list[str]]:
    """Blocks of whole batches, so that the same pictures go through the model together as they would here."""
    size = batch * max(1, min(MOST, len(names) // (LEAST * workers)) // batch)
    return (names[at : at + size] for at in range(0, len(names), size))
