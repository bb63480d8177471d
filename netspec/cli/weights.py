"""netspec weights."""

from __future__ import annotations

import json
from pathlib import Path

import click

from netspec.cli.output import json_option, load, set_option
from netspec.shape import show


@click.group("weights")
def command() -> None:
    """Look at weights: of a spec, or of a file."""


@command.command("list")
@click.argument("source", type=click.Path(path_type=Path))
@set_option
@json_option
def list_(source: Path, settings: tuple[str, ...], as_json: bool) -> None:
    """Print paths and shapes of the weights of SOURCE, a spec or a safetensors file."""
    if source.suffix == ".safetensors":
        from netspec.interop.weight_files import load_weights

        shapes = {path: tuple(array.shape) for path, array in load_weights(source)[0].items()}
    else:
        shapes = {path: weight.shape for path, weight in load(source, settings).graph.weights.items()}
    if as_json:
        click.echo(json.dumps({path: show(shape) for path, shape in shapes.items()}, ensure_ascii=False))
        return
    width = max(map(len, shapes), default=0)
    for path, shape in shapes.items():
        click.echo(f"{path.ljust(width)}  {show(shape)}")
