"""netspec draw."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
import shutil
import sys
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

import click

from netspec.cli.figures import form_of, write_figure
from netspec.cli.output import load, note, result, set_option, sizes, spec_argument, write_text
from netspec.cli.paths import PATH

if TYPE_CHECKING:
    from netspec.net import Net
    from netspec.report.seen import Seen

#: Millimetres in the units that a width may have, and the narrowest and the widest figure.
_UNITS = {"mm": 1.0, "cm": 10.0, "in": 25.4, "pt": 25.4 / 72}
_NARROWEST, _WIDEST = 20.0, 2000.0
#: The columns of a drawing that is not for a terminal.
PLAIN_COLUMNS = 100
#: Smaller texts are hard to read in print, in points.
_LEGIBLE = 4.5


def _width(ctx: click.Context, param: click.Parameter, value: str | None) -> float | None:
    """The millimetres of 85mm, 8.5cm, 3.3in or 240pt."""
    if value is None:
        return None
    text = value.strip().lower()
    try:
        width = float(text[:-2]) * _UNITS[text[-2:]]
    except (ValueError, KeyError):
        raise click.BadParameter(f"{value!r} is not a width such as 85mm, 8.5cm, 3.3in or 240pt", ctx, param) from None
    if not _NARROWEST <= width <= _WIDEST:
        raise click.BadParameter(f"{value} is not between {_NARROWEST:g}mm and {_WIDEST:g}mm", ctx, param)
    return width


@click.command("draw")
@spec_argument
@set_option
@click.option(
    "-o",
    "--out",
    type=PATH,
    help="The figure's file: .svg, .png (needs netspec[png]), .pdf (needs netspec[pdf]) or .txt; - prints the SVG. "
    "Without it the net is drawn in the terminal.",
)
@click.option(
    "--open",
    "opened",
    metavar="NAME",
    multiple=True,
    help="Draw a block unfolded, by its name or path; `all` unfolds every block.",
)
@click.option("--at", "at", metavar="NAME=SIZE", multiple=True, help="Give a free size a number, such as H=224.")
@click.option("--direction", type=click.Choice(["down", "right"]), default="down", help="Where the net goes on.")
@click.option("--width", metavar="LENGTH", callback=_width, help="The figure's width in print, such as 85mm.")
@click.option("--receptive", metavar="LAYER", help="Draw on the input what a layer or statement sees of it.")
@click.option("--no-legend", is_flag=True, help="Leave out what the colours mean.")
def command(
    spec: Path, settings: tuple[str, ...], out: Path | None, opened: tuple[str, ...], at: tuple[str, ...],
    direction: str, width: float | None, receptive: str | None, no_legend: bool,
) -> None:  # fmt: skip
    """Draw the net of SPEC as a paper would: repeats and blocks folded, the inside of each block drawn once."""
    from netspec.report.drawing import Look
    from netspec.report.homes import blocks

    net = load(spec, settings).at(sizes(at))
    form = ".txt" if out is None else form_of(result(out, spec, net=net, text=True))
    for name in opened:
        _known(name, {*blocks(net.graph), "all"}, f"{spec} has no block {name}")
    seen = None if receptive is None else _seen(net, receptive, spec)
    look = Look(frozenset(opened), direction == "right", width, not no_legend, seen)
    if form == ".txt":
        if width is not None or no_legend:
            raise click.UsageError("--width and --no-legend are for figures: give -o a name such as net.svg")
        from netspec.report.textual import TooWideError, draw_text

        try:
            text = draw_text(net.graph, look, _columns() if out is None else PLAIN_COLUMNS)
        except TooWideError as error:
            raise click.UsageError(f"{error}: write it to a file, with `-o net.svg`") from None
        write_text(Path("-") if out is None else out, f"{text}\n")
    elif out is not None:
        from netspec.report.drawing import draw_net

        drawing = draw_net(net.graph, look)
        if drawing.points < _LEGIBLE:
            note(f"the smallest texts are {drawing.points:.1f} points high: another --width or --direction may help")
        write_figure(out, form, drawing, printed=width is not None)


def _columns() -> int:
    """How wide the terminal is, or a page where there is none."""
    return shutil.get_terminal_size((PLAIN_COLUMNS, 24)).columns if sys.stdout.isatty() else PLAIN_COLUMNS


def _known(name: str, names: Collection[str], message: str) -> None:
    if name not in names:
        from netspec.diagnostics import did_you_mean

        raise click.UsageError(f"{message}. {did_you_mean(name, sorted(names))}".strip())


def _seen(net: Net, name: str, spec: Path) -> Seen:
    from netspec.report.seen import seen

    _known(name, {*net.graph.names, *(node.name for node in net.graph.nodes)}, f"{spec} has no layer {name}")
    found = seen(net.graph, name)
    if found is None:
        raise click.UsageError(
            f"what {name} sees cannot be drawn: the input must have places, and their number must be known "
            "(a free size gets one by --at H=224)"
        )
    return found
