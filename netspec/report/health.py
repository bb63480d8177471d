"""How a net begins, as a table: a row for each layer, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from netspec.diagnostics.html import page_table, page_text
from netspec.report.columns import columns

if TYPE_CHECKING:
    from netspec.engine.measuring.health import Health, Moments


#: What stands above the columns.
HEAD = ("layer", "kind", "mean", "deviation", "zeros", "gradient", "deviation", "zeros")


def table(health: Health, bold: bool = False) -> list[str]:
    """Lines of the table, then the first losses, and how many layers will not learn as they are."""
    cells, found = _rows(health)
    lines = columns([HEAD, *cells], 2, {0} if bold else ())
    shown = [f"{line}  {text}".rstrip() for line, text in zip(lines, ["", *found], strict=True)]
    return [*shown, *_losses(health), _verdict(sum(map(bool, found)))]


def html(health: Health) -> str:
    """The same for a notebook."""
    cells, found = _rows(health)
    rows = ((text, *row) for row, text in zip(cells, found, strict=True))
    told = [*_losses(health), _verdict(sum(map(bool, found)))]
    return page_table(f"a first step on {health.batch:,} examples", ("", *HEAD), rows, texts=3) + page_text(
        "\n".join(told)
    )


def _rows(health: Health) -> tuple[list[tuple[str, ...]], list[str]]:
    """The cells of inputs and layers, and what is wrong with each."""
    inputs = [(name, "input", *_cells(moments), "", "", "") for name, moments in health.inputs.items()]
    layers = [(one.layer, one.kind, *_cells(one.values), *_cells(one.gradients)) for one in health.layers]
    return [*inputs, *layers], [*("" for _ in inputs), *(one.finding for one in health.layers)]


def as_json(health: Health) -> dict[str, Any]:
    """The same as one document; ``finding`` is null where nothing is wrong."""
    return {
        "batch": health.batch,
        "inputs": {name: _rounded(moments) for name, moments in health.inputs.items()},
        "outputs": {name: {"loss": loss, "guess": guess} for name, (loss, guess) in health.losses.items()},
        "layers": [
            {
                "name": vital.layer,
                "kind": vital.kind,
                "values": _rounded(vital.values),
                "gradients": None if vital.gradients is None else _rounded(vital.gradients),
                "finding": vital.finding or None,
            }
            for vital in health.layers
        ],
    }


def _rounded(moments: Moments) -> dict[str, float]:
    return {name: value for name, value in asdict(moments).items() if name != "norm"}


def _cells(moments: Moments | None) -> tuple[str, str, str]:
    if moments is None:
        return ("-", "-", "-")
    return (f"{moments.mean:.3g}", f"{moments.deviation:.3g}", f"{moments.zeros:.0%}")


def _losses(health: Health) -> Iterator[str]:
    for name, (loss, guess) in health.losses.items():
        beside = "" if guess is None else f", where a guess among its classes has {guess:.4g}"
        yield f"first loss of {name}: {loss:.4g}{beside}"


def _verdict(count: int) -> str:
    if not count:
        return "no layer is saturated, dead, exploding or vanishing"
    return f"{count:,} layer{'s are' if count > 1 else ' is'} named with the reason"
