"""netspec profile."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from netspec.cli.output import json_option, load, note, recompute_option, set_option, sizes, spec_argument
from netspec.diagnostics import Trouble, strict_json
from netspec.report.columns import size

if TYPE_CHECKING:
    from netspec.engine.measuring.profile import Profile
    from netspec.net import Net


@click.command("profile")
@spec_argument
@click.option("--batch", type=click.IntRange(1), help="Examples per step (default: the spec's).")
@click.option("--at", "at", metavar="NAME=SIZE", multiple=True, help="Give a free size a number, such as H=224.")
@click.option("--threads", type=click.IntRange(1), help="Worker threads for the whole step (default: one per core).")
@click.option(
    "--tune",
    is_flag=True,
    help="First measure which method runs each convolution fastest on this machine, and keep the result for training.",
)
@recompute_option
@set_option
@json_option
def command(
    spec: Path,
    batch: int | None,
    at: tuple[str, ...],
    threads: int | None,
    tune: bool,
    recompute: bool,
    settings: tuple[str, ...],
    as_json: bool,
) -> None:
    """Measure where the time of a training step of SPEC goes, layer by layer, on random inputs."""
    net = load(spec, settings).at(sizes(at))
    if tune:
        _tune(net)
    kept = net.profile(batch, threads) if recompute and not as_json else None
    found = net.profile(batch, threads, recompute)
    if as_json:
        click.echo(strict_json(asdict(found)))
        return
    _table(found)
    if kept is not None:
        click.echo(
            f"activations recomputed: {size(found.bytes)} instead of {size(kept.bytes)}, "
            f"{found.step / kept.step - 1:+.1%} time"
        )


def _tune(net: Net) -> None:
    changed = 0
    try:
        for trial in net.tune():
            times = ", ".join(
                f"{name} {seconds * 1e3:.2f}"
                for name, seconds in sorted(trial.seconds.items(), key=lambda item: item[1])
            )
            note(f"{trial.layer}: {times} ms{'' if trial.best == trial.usual else f'; {trial.best} from now on'}")
            changed += trial.best != trial.usual
        kept = "kept for later trainings"
    except Trouble as trouble:  # it was measured all the same
        kept = f"not kept: {trouble.message}"
    note(f"{changed} shapes have a faster method than the default; {kept}")


def _table(found: Profile) -> None:
    """Print a row for each layer, and the time of a whole step."""
    from rich.console import Console
    from rich.table import Table

    from netspec.report.profile import HEAD, TEXTS, rows, whole

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in HEAD:
        table.add_column(name, justify="left" if name in TEXTS else "right", no_wrap=True)
    for row in rows(found):
        table.add_row(*row)
    Console(width=None if Console().is_terminal else 200, highlight=False).print(table)
    click.echo(whole(found))
