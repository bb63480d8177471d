"""netspec show."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netspec.cli.output import (
    colour,
    columns,
    json_option,
    load,
    memory_size,
    number,
    recompute_option,
    set_option,
    size,
    sizes,
    spec_argument,
)
from netspec.diagnostics import Fault, strict_json

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
@json_option
def command(
    spec: Path, settings: tuple[str, ...], at: tuple[str, ...], receptive: bool, explain: bool, batch: int | None,
    memory: int | None, recompute: bool, as_json: bool,
) -> None:  # fmt: skip
    """Show the layers of SPEC: shapes, parameters, connections, multiply-accumulates."""
    net = load(spec, settings).at(sizes(at))
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


def _table(net: Net, receptive: bool) -> None:
    """Print a row for each layer, the sums, and what must be said of them."""
    from netspec.report.receptive import fields

    summary = net.summary()
    seen = fields(net.graph) if receptive else {}
    rows, sums = list(_rows(summary, {name: field.texts() for name, field in seen.items()})), list(_sums(summary))
    bold = {0, *range(len(rows), len(rows) + len(sums))} if colour(sys.stdout) else ()
    click.echo("\n".join(columns([*rows, *sums], 2, bold)))
    if summary["macs"] is None:
        click.echo("costs marked - depend on a free size: give it a number with --at")
    if receptive and net.graph.nodes:
        last = net.graph.nodes[-1].name
        click.echo(seen[last].verdict(last, net.graph))


def _rows(summary: dict[str, Any], seen: dict[str, tuple[str, str, str]]) -> Iterator[tuple[str, ...]]:
    """The head, the inputs, and each layer, with what it sees where that is asked for."""
    head = ("layer", "kind", "shape", "parameters", "connections", "macs")
    yield (*head, *(("field", "stride", "offset") if seen else ()))
    yield from ((name, "input", shape, "", "", "") for name, shape in summary["inputs"].items())
    for layer in summary["layers"]:
        costs = (number(layer["parameters"] or None), number(layer["connections"]), number(layer["macs"]))
        cells = (layer["name"], layer["kind"], layer["shape"], *costs)
        yield (*map(_quiet, cells), *seen.get(layer["name"], ()))


def _sums(summary: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    yield ("sum", "", "", number(summary["parameters"]), number(summary["connections"]), number(summary["macs"]))
    if "deployed" in summary:
        deployed = summary["deployed"]
        yield ("deployed", "", "", number(deployed["parameters"]), "", number(deployed["macs"]))


def _quiet(cell: Any) -> str:
    return "" if cell in ("-", "0") else str(cell)


def _decided(net: Net) -> None:
    click.echo("\ndecided for you:")
    from netspec.report.decided import decided

    for line in list(decided(net.graph, net.train_settings, net.data)) or ["nothing"]:
        click.echo(f"  {line}")
