"""netspec demo."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
from pathlib import Path

import click

from netspec.cli.output import note, typed
from netspec.cli.paths import PATH
from netspec.cli.signals import current

EPOCHS = 16


@click.command("demo")
@click.option("-o", "--out", type=PATH, help="The folder for the run (default: runs/lenet5-1, -2, …).")
@click.option("--epochs", type=click.IntRange(1), default=EPOCHS, show_default=True, help="Number of epochs.")
def command(out: Path | None, epochs: int) -> int:
    """Train LeNet-5 from its spec and let it name ten digits: half a minute, no network needed."""
    from netspec.cli.following import follow
    from netspec.cli.train import run_folder
    from netspec.data.shipped import DEMO, specs
    from netspec.net import load
    from netspec.runtime.predict import predict
    from netspec.runtime.session import open_model

    spec, data = specs() / "lenet5.net", DEMO
    click.echo(spec.read_text(encoding="utf-8"))
    net = load(spec)
    note(f"training {net.name} ({net.parameters:,} parameters) on {data} ...")
    signals = current()
    with run_folder(out, spec) as out:
        kept = follow(
            signals.watched(net.train(data, out=out, epochs=epochs, stop=signals.asked, command=typed(), tell=note)),
            out,
        )
        if signals.asked() and not kept:
            note("stopped before the end of the first epoch: there is no model to run")
            return signals.status
    model = out / "model.onnx"
    session = open_model(model)
    note(f"running {model} on the {session.device}:")
    if session.note:
        note(session.note)
    for row in predict(session, [data / "pictures"], 1):
        label, _, probability = row.answers[0]
        click.echo(f"{Path(row.filename).name:12} {label}  {probability:.4f}")
    click.echo(
        f"\nNext:\n"
        f"  netspec run {model} your-digit.png          # white on black, any size\n"
        f"  netspec show {spec}                         # shapes, parameters, connections\n"
        f"  netspec table {spec} c3                     # the connection table\n"
        f"  netspec train {spec} --data FOLDER          # MNIST's four files: 99.2 % and more"
    )
    return signals.status if signals.asked() else 0
