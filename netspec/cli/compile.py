"""netspec compile."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
from pathlib import Path
from typing import TYPE_CHECKING

import click

from netspec.cli.output import load, note, result, run_given, set_option, size, spec_argument
from netspec.diagnostics import printable
from netspec.shape import show

if TYPE_CHECKING:
    from netspec.net import Net
    from netspec.weights import Model


@click.command("compile")
@spec_argument
@click.option(
    "--weights",
    type=click.Path(path_type=Path),
    help="A safetensors file with the weights, or a run (default: the run's own, or fresh weights from the seed).",
)
@click.option("-o", "--out", type=click.Path(path_type=Path), help="The file to write (default: NAME.onnx).")
@click.option("--explain", is_flag=True, help="Print how each table runs, and why.")
@click.option(
    "--convolutional",
    is_flag=True,
    help="Turn dense layers into convolutions: the model takes pictures of any size and answers with a map.",
)
@click.option(
    "--raw-pixels", is_flag=True, help="Build the preparation into the model: it then takes uint8 pictures of any size."
)
@set_option
def command(
    spec: Path,
    weights: Path | None,
    out: Path | None,
    explain: bool,
    convolutional: bool,
    raw_pixels: bool,
    settings: tuple[str, ...],
) -> None:
    """Compile SPEC, or a run, to an ONNX model."""
    net = load(spec, settings)
    run = run_given()
    weights = weights or run
    narrow = net
    net = net.to_convolutional() if convolutional else net
    out = result(
        out or Path(f"{spec.stem if run is None else run.resolve().name}.onnx"),
        spec,
        *([weights] if weights is not None else []),
        net=net,
    )
    if weights is None:
        note(
            f"warning: no weights given: using fresh ones from seed {net.train_settings.seed}, "
            "and the model's answers mean nothing"
        )
        model = net.compile(out, raw_pixels=raw_pixels)
        _try(net, model)
    else:
        arrays, data = narrow.weights_from(weights)
        model = net.compile(out, net.reshaped(arrays), data, raw_pixels)
    for line in net.explained() if explain else ():
        click.echo(printable(line))
    inputs = ", ".join(f"{name} N x {show(shape)}" for name, shape in model.graph.inputs.items())
    if raw_pixels:
        from netspec.interop.raw_pixels import maps_read

        name, shape = next(iter(model.graph.inputs.items()))
        kind = "uint8" if net.data.span is None else "float32"
        inputs = f"{name} N x height x width x {maps_read(net.data, shape)} ({kind})"
    outputs = ", ".join(f"{o.name} N x {show(model.graph.shapes[o.value])}" for o in model.graph.outputs)
    click.echo(printable(f"{out}: {size(out.stat().st_size)}, {inputs} -> {outputs}"))


def _try(net: Net, model: Model) -> None:
    """Say where fresh weights give no numbers: a deep net's norms have statistics only once it is trained."""
    from netspec.net.compiling import not_finite

    broken = not_finite(net, model)
    if broken:
        note(
            f"warning: on a random input the answers of {', '.join(broken)} are not finite: with fresh weights values "
            f"grow from layer to layer ({len(net.graph.nodes):,} here), since norms have no statistics before training"
        )
