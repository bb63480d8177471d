"""netspec weights."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
from pathlib import Path

import click

from netspec.cli.output import json_option, load, note, result, root_option, set_option, spec_argument
from netspec.cli.paths import PATH
from netspec.diagnostics import printable, strict_json
from netspec.shape import show


@click.group("weights")
def command() -> None:
    """List the weights of a spec or a file, or import them from elsewhere."""


@command.command("list")
@click.argument("source", type=PATH)
@root_option
@set_option
@json_option
def list_(source: Path, settings: tuple[str, ...], as_json: bool) -> None:
    """List the weights of SOURCE, a spec, safetensors or npz file: paths and shapes."""
    if source.suffix in (".safetensors", ".npz"):
        from netspec.interop.weight_files import load_weights

        shapes = {path: tuple(array.shape) for path, array in load_weights(source)[0].items()}
    else:
        shapes = {path: weight.shape for path, weight in load(source, settings).graph.weights.items()}
    if as_json:
        click.echo(strict_json({path: show(shape) for path, shape in shapes.items()}))
        return
    width = max(map(len, shapes), default=0)
    for path, shape in shapes.items():
        click.echo(printable(f"{path.ljust(width)}  {show(shape)}"))


@command.command("import")
@spec_argument
@click.argument("file", type=PATH)
@set_option
@click.option("-o", "--out", type=PATH, required=True, help="The safetensors file to write.")
def import_(spec: Path, file: Path, settings: tuple[str, ...], out: Path) -> None:
    """Import the weights in FILE (safetensors or npz, named as in torchvision) under the paths of SPEC."""
    net = load(spec, settings)
    count = net.import_weights(file, result(out, spec, file, net=net))
    note(f"wrote {out}: {count} tensors")
