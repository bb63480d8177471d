"""netspec show."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from netspec.cli.output import (
    STANDARD_OUTPUT,
    apart,
    colour,
    json_option,
    load,
    memory_size,
    note,
    recompute_option,
    result,
    set_option,
    sizes,
    spec_argument,
    write_text,
)
from netspec.cli.paths import PATH
from netspec.diagnostics import Fault, did_you_mean, strict_json
from netspec.report.columns import size
from netspec.report.summary import COLUMNS, FIELDS, USUAL, NetTable

if TYPE_CHECKING:
    from netspec.net import Net


def _chosen(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[str, ...] | None:
    """The columns that were named, the layer's name first where it was not."""
    if value is None:
        return None
    names = [name.strip() for name in value.split(",")]
    for name in names:
        if name not in COLUMNS:
            advice = did_you_mean(name, COLUMNS) or f"there are {', '.join(COLUMNS)}"
            raise click.BadParameter(f"there is no column {name!r}; {advice}", ctx, param)
        if names.count(name) > 1:
            raise click.BadParameter(f"column {name} is named twice", ctx, param)
    return (*(() if "layer" in names else ("layer",)), *names)


@click.command("show")
@spec_argument
@set_option
@click.option("--at", "at", metavar="NAME=SIZE", multiple=True, help="Give a free size a number, such as H=224.")
@click.option(
    "--columns",
    "names",
    metavar="NAME,NAME",
    callback=_chosen,
    help=f"Show these columns, in this order: {', '.join(COLUMNS)}. activations are the values that a layer gives for "
    "one example, 4 bytes each.",
)
@click.option(
    "--depth",
    type=click.IntRange(1),
    help="Fold layers into one row with their sums where their names agree in so many places: with 1, a row a "
    "statement.",
)
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
@click.option(
    "--csv",
    "as_csv",
    type=PATH,
    metavar="FILE",
    help="Write a row for each input and layer as CSV, activations in bytes; - is stdout.",
)
@click.option(
    "--markdown",
    "as_markdown",
    type=PATH,
    metavar="FILE",
    help="Write the table in Markdown; - is stdout.",
)
@json_option
def command(
    spec: Path, settings: tuple[str, ...], at: tuple[str, ...], names: tuple[str, ...] | None, depth: int | None,
    receptive: bool, explain: bool, batch: int | None, memory: int | None, recompute: bool, health: bool,
    as_csv: Path | None, as_markdown: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Show the layers of SPEC: shapes, units, parameters, connections, multiply-accumulates, activations."""
    net = load(spec, settings).at(sizes(at))
    if health:
        if any((names, depth, receptive, explain, memory, recompute, as_csv, as_markdown)):
            raise click.UsageError("--health has a table of its own: it takes --batch, --at and --json beside it")
        _health(net, batch, as_json)
        return
    files = [result(path, spec, net=net, text=True) for path in (as_csv, as_markdown) if path]
    printed = as_json + sum(str(path) == STANDARD_OUTPUT for path in files)
    if as_json and names:
        raise click.UsageError("--json has all columns: leave --columns out")
    if printed > 1:
        raise click.UsageError("only one of --csv, --markdown and --json can go to standard output")
    apart(files)
    if memory and not batch:
        batch = _largest(net, memory, recompute)
    takes = net.training_bytes(batch, recompute=recompute) if batch else 0
    table = _table(net, names or USUAL, depth, receptive)
    if as_csv:
        write_text(as_csv, table.csv())
    if as_markdown:
        write_text(as_markdown, table.markdown())
    if as_json:
        click.echo(strict_json({**table.summary, **({"training": {"batch": batch, "bytes": takes}} if batch else {})}))
    if printed:
        return
    click.echo(table.text(colour(sys.stdout)))
    if receptive and net.graph.nodes:
        click.echo(_verdict(net))
    if batch:
        click.echo(f"training on batches of {batch:,} takes {size(takes)}")
    if explain:
        _decided(net)


def _largest(net: Net, memory: int, recompute: bool) -> int:
    """The largest batch whose training fits. Raises Fault N712 where there is none."""
    batch = net.largest_batch(memory, recompute=recompute)
    if not batch:
        needs = size(net.training_bytes(1, recompute=recompute))
        raise Fault("N712", f"not even one example fits into {size(memory)}: its training takes {needs}")
    return batch


def _health(net: Net, batch: int | None, as_json: bool) -> None:
    """Print how the net begins."""
    from netspec.net.health import SIZE
    from netspec.report.health import as_json as document
    from netspec.report.health import table as lines

    sizes = net.free_sizes
    if sizes:
        note(f"{' and '.join(sizes)} of free size: {SIZE}, or as `--at {sizes[0]}=…` says")
    found = net.health(batch)
    for line in [strict_json(document(found))] if as_json else lines(found, colour(sys.stdout)):
        click.echo(line)


def _table(net: Net, names: tuple[str, ...], depth: int | None, receptive: bool) -> NetTable:
    """The columns of the layers, folded; a block sees what its last layer sees."""
    from netspec.report.receptive import fields

    if receptive:
        names = (*names, *(name for name in FIELDS if name not in names))
    seen = {}
    for name, field in fields(net.graph).items() if set(FIELDS) & set(names) else ():
        seen["/".join(net.graph.places(name)[:depth]) if depth else name] = field.texts()
    return NetTable(net.summary(depth), names, seen)


def _verdict(net: Net) -> str:
    """Whether the last layer sees all of the input."""
    from netspec.report.receptive import fields

    last = net.graph.nodes[-1].name
    return fields(net.graph)[last].verdict(last, net.graph)


def _decided(net: Net) -> None:
    click.echo("\ndecided for you:")
    from netspec.report.decided import decided

    for line in list(decided(net.graph, net.train_settings, net.data)) or ["nothing"]:
        click.echo(f"  {line}")
