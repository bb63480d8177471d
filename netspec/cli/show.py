"""netspec show."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from netspec.cli.output import (
    colour,
    json_option,
    load,
    memory_size,
    note,
    recompute_option,
    set_option,
    size,
    sizes,
    spec_argument,
)
from netspec.diagnostics import Fault, strict_json
from netspec.report.summary import table

if TYPE_CHECKING:
    from netspec.net import Net


@click.command("show")
@spec_argument
@set_option
@click.option("--at", "at", metavar="NAME=SIZE", multiple=True, help="Give a free size a number, such as H=224.")
@click.option("--receptive", is_flag=True, help="Show each layer's receptive field, stride and offset in the input.")
@click.option("--explain", is_flag=True, help="List what netspec decided for you.")
@click.option("--batch", type=click.IntRange(1), help="Show the memory that training on batches of this size takes.")
@click.option(
    "--memory",
    metavar="SIZE",
    callback=memory_size,
    help="Show the largest batch whose training fits into this much memory, such as 2GB.",
)
@recompute_option
@click.option(
    "--health",
    is_flag=True,
    help="Run a first step on random input: values and gradients of each layer, and which ones will not learn.",
)
@json_option
def command(
    spec: Path, settings: tuple[str, ...], at: tuple[str, ...], receptive: bool, explain: bool, batch: int | None,
    memory: int | None, recompute: bool, health: bool, as_json: bool,
) -> None:  # fmt: skip
    """Show the layers of SPEC: shapes, parameters, connections, multiply-accumulates."""
    net = load(spec, settings).at(sizes(at))
    if health:
        if receptive or explain or memory or recompute:
            raise click.UsageError("--health has a table of its own: it takes --batch, --at and --json beside it")
        _health(net, batch, as_json)
        return
    if memory and not batch:
        batch = net.largest_batch(memory, recompute=recompute)
        if not batch:
            raise Fault(
                "N712",
                f"not even one example fits into {size(memory)}: "
                f"its training takes {size(net.training_bytes(1, recompute=recompute))}",
            )
    if as_json:
        result = net.summary() | (
            {"training": {"batch": batch, "bytes": net.training_bytes(batch, recompute=recompute)}} if batch else {}
        )
        click.echo(strict_json(result))
        return
    _table(net, receptive)
    if batch:
        click.echo(f"training on batches of {batch:,} takes {size(net.training_bytes(batch, recompute=recompute))}")
    if explain:
        _decided(net)


def _health(net: Net, batch: int | None, as_json: bool) -> None:
    """Print how the net begins."""
    from netspec.net.health import SIZE, free
    from netspec.report.health import as_json as document
    from netspec.report.health import table as lines

    sizes = free(net)
    if sizes:
        note(f"{' and '.join(sizes)} of free size: {SIZE}, or as `--at {sizes[0]}=…` says")
    found = net.health(batch)
    for line in [strict_json(document(found))] if as_json else lines(found, colour(sys.stdout)):
        click.echo(line)


def _table(net: Net, receptive: bool) -> None:
    """Print a row for each layer, the sums, and what must be said of them."""
    from netspec.report.receptive import fields

    seen = fields(net.graph) if receptive else {}
    click.echo(table(net.summary(), {name: field.texts() for name, field in seen.items()}, colour(sys.stdout)))
    if receptive and net.graph.nodes:
        last = net.graph.nodes[-1].name
        click.echo(seen[last].verdict(last, net.graph))


def _decided(net: Net) -> None:
    click.echo("\ndecided for you:")
    from netspec.report.decided import decided

    for line in list(decided(net.graph, net.train_settings, net.data)) or ["nothing"]:
        click.echo(f"  {line}")
