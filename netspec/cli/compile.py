"""netspec compile."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netspec.cli.output import load, note, result, run_given, set_option, spec_argument
from netspec.cli.paths import PATH
from netspec.diagnostics import printable
from netspec.report.columns import size
from netspec.shape import show

if TYPE_CHECKING:
    from netspec.net import Net
    from netspec.weights import Model


@click.command("compile")
@spec_argument
@click.option(
    "--weights",
    type=PATH,
    help="A safetensors file with the weights, or a run (default: the run's own, or fresh weights from the seed).",
)
@click.option("-o", "--out", type=PATH, help="The file to write (default: NAME.onnx).")
@click.option("--explain", is_flag=True, help="Print how each table runs, and why.")
@click.option(
    "--convolutional",
    is_flag=True,
    help="Turn dense layers into convolutions: the model takes pictures of any size and answers with a map.",
)
@click.option(
    "--raw-pixels", is_flag=True, help="Build the preparation into the model: it then takes uint8 pictures of any size."
)
@click.option("--int8", is_flag=True, help="Compute with numbers of 8 bits; takes --calibrate.")
@click.option(
    "--calibrate",
    type=PATH,
    metavar="DATA",
    help="The data, as `train --data` takes it, whose training part gives int8 its ranges, and whose test part judges.",
)
@click.option(
    "--lose",
    type=float,
    metavar="SHARE",
    help="How much accuracy int8 may lose before nothing is written (default: 0.005, half a percent).",
)
@click.option("--float16", is_flag=True, help="Store the weights as float16: half the size.")
@click.option("--opset", type=int, metavar="N", help="The opset of the standard operators (default: 18).")
@click.option(
    "--train-step",
    is_flag=True,
    help="Write one training step instead: forward, loss, backward and update, weights in and out.",
)
@set_option
def command(
    spec: Path,
    weights: Path | None,
    out: Path | None,
    explain: bool,
    convolutional: bool,
    raw_pixels: bool,
    int8: bool,
    calibrate: Path | None,
    lose: float | None,
    float16: bool,
    opset: int | None,
    train_step: bool,
    settings: tuple[str, ...],
) -> None:
    """Compile SPEC, or a run, to an ONNX model."""
    _check(int8, calibrate, lose, float16)
    if train_step:
        _alone(weights=weights is not None, convolutional=convolutional, raw_pixels=raw_pixels, int8=int8,
               float16=float16, opset=opset is not None)  # fmt: skip
    form: dict[str, Any] = {"float16": float16, "opset": opset, "int8": calibrate, "tell": note}
    form |= {} if lose is None else {"lose": lose}
    net = load(spec, settings)
    run = run_given()
    stem = spec.stem if run is None else run.resolve().name
    if train_step:
        _step(net, spec, out or Path(f"{stem}-step.onnx"), explain)
        return
    weights = weights or run
    narrow = net
    net = net.to_convolutional() if convolutional else net
    out = result(
        out or Path(f"{stem}.onnx"),
        spec,
        *(path for path in (weights, calibrate) if path is not None),
        net=net,
    )
    if weights is None:
        note(
            f"warning: no weights given: using fresh ones from seed {net.train_settings.seed}, "
            "and the model's answers mean nothing"
        )
        model = net.compile(out, raw_pixels=raw_pixels, **form)
        _try(net, model)
    else:
        arrays, data = narrow.weights_from(weights)
        seed = None if run is None else net.train_settings.seed
        model = net.compile(out, net.reshaped(arrays), data, raw_pixels, held_out_by=seed, **form)
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


def _check(int8: bool, calibrate: Path | None, lose: float | None, float16: bool) -> None:
    """UsageError where options do not go together."""
    if int8 and calibrate is None:
        raise click.UsageError("--int8 takes data for its ranges: --calibrate DATA")
    for name, given in (("--calibrate", calibrate), ("--lose", lose)):
        if given is not None and not int8:
            raise click.UsageError(f"{name} is for --int8")
    if lose is not None and not 0 <= lose <= 1:
        raise click.UsageError(f"--lose takes a share from 0 to 1, such as 0.005, not {lose:g}")
    if int8 and float16:
        raise click.UsageError("choose one of --int8 and --float16")


def _alone(**given: bool) -> None:
    """Usage error where an option was given that makes no sense for a training step."""
    for name, is_given in given.items():
        if is_given:
            option = "--" + name.replace("_", "-")
            raise click.UsageError(f"--train-step and {option} do not go together: a step takes weights and prepared "
                                   "pictures as its inputs, in single precision")  # fmt: skip


def _step(net: Net, spec: Path, out: Path, explain: bool) -> None:
    """Write the training step and say what goes in and comes out."""
    out = result(out, spec, net=net)
    proto = net.compile_step(out)
    for line in net.explained() if explain else ():
        click.echo(printable(line))
    given = {value.name for value in proto.graph.input}
    others = given - net.graph.weights.keys()
    shown = ", ".join(value.name for value in proto.graph.input if value.name in others and "/" not in value.name)
    count = len(others) - shown.count(", ") - 1
    click.echo(
        printable(
            f"{out}: {size(out.stat().st_size)}, a training step: {shown}, {len(net.graph.weights):,} weights and "
            f"{count:,} states and masks -> loss, right, weights and states as NAME.next"
        )
    )


def _try(net: Net, model: Model) -> None:
    """Say where fresh weights give no numbers: a deep net's norms have statistics only once it is trained."""
    from netspec.net.compiling import not_finite

    broken = not_finite(net, model)
    if broken:
        note(
            f"warning: on a random input the answers of {', '.join(broken)} are not finite: with fresh weights values "
            f"grow from layer to layer ({len(net.graph.nodes):,} here), since norms have no statistics before training"
        )
