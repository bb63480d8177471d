"""netspec show."""

from __future__ import annotations

import sys
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
@click.option("--at", "at", metavar="NAME=SIZE", multiple=True, help="Give a free size a number: H=224.")
@click.option("--receptive", is_flag=True, help="What each layer sees: field, stride and offset in the input.")
@click.option("--explain", is_flag=True, help="List what was decided for you.")
@click.option("--batch", type=click.IntRange(1), help="Tell the memory that training on so many examples takes.")
@click.option("--memory", metavar="SIZE", callback=memory_size, help="Tell the largest batch whose training fits into so much (2GB).")
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
            raise Fault("N712", f"not even one example fits into {size(memory)}: its training takes {size(net.training_bytes(1, recompute=recompute))}")
    if as_json:
        told = net.summary() | ({"training": {"batch": batch, "bytes": net.training_bytes(batch, recompute=recompute)}} if batch else {})
        click.echo(strict_json(told))
        return
    _table(net, receptive)
    if batch:
        click.echo(f"training on batches of {batch:,} takes {size(net.training_bytes(batch, recompute=recompute))}")
    if explain:
        _decided(net)


def _table(net: Net, receptive: bool) -> None:
    from netspec.report.receptive import fields

    summary = net.summary()
    seen = fields(net.graph) if receptive else {}
    rows = [("layer", "kind", "shape", "parameters", "connections", "macs", *(("field", "stride", "offset") if receptive else ()))]
    rows += [(name, "input", shape, "", "", "") for name, shape in summary["inputs"].items()]
    for layer in summary["layers"]:
        row = [layer["name"], layer["kind"], layer["shape"], number(layer["parameters"] or None), number(layer["connections"]), number(layer["macs"])]
        rows.append((*(_quiet(cell) for cell in row), *(seen[layer["name"]].told() if receptive else ())))
    sums = [("sum", "", "", number(summary["parameters"]), number(summary["connections"]), number(summary["macs"]))]
    if "deployed" in summary:
        sums.append(("deployed", "", "", number(summary["deployed"]["parameters"]), "", number(summary["deployed"]["macs"])))
    click.echo("\n".join(columns([*rows, *sums], 2, {0, *range(len(rows), len(rows) + len(sums))} if colour(sys.stdout) else ())))
    if summary["macs"] is None:
        click.echo("costs marked - depend on a free size: give it a number with --at")
    if receptive:
        last = net.layers[-1].name
        click.echo(seen[last].verdict(last, net.graph))


def _quiet(cell: Any) -> str:
    return "" if cell in ("-", "0") else str(cell)


def _decided(net: Net) -> None:
    click.echo("\ndecided for you:")
    from netspec.report.decided import decided

    for line in list(decided(net.graph, net.train_settings, net.data)) or ["nothing"]:
        click.echo(f"  {line}")
