"""netspec play."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
import logging
from importlib import util
from pathlib import Path
from typing import TYPE_CHECKING

import click

from netspec.cli.output import note, parameters, root, run_given, set_option, spec_or_resumed
from netspec.cli.paths import PATH
from netspec.cli.signals import GRACE, Signals, current, end_within

if TYPE_CHECKING:
    from netspec.play.spec_file import SpecFile

#: What the server is made of.
_NEEDED = ("starlette", "uvicorn", "websockets", "pygls")


@click.command("play")
@spec_or_resumed
@set_option
@click.option("--weights", type=PATH, help="The weights to begin with: a file or a run.")
@click.option("--port", type=click.IntRange(1, 65535), help="The port on 127.0.0.1 (default: a free one from 8777 on).")
def command(spec: Path | None, settings: tuple[str, ...], weights: Path | None, port: int | None) -> int:
    """Work on SPEC in a browser: its source beside its figure, layers, tables to click on, digits to draw, a training.

    Without SPEC it is LeNet-5, as shipped. The page is served on this machine alone; Ctrl-C ends it.
    """
    lacking = [name for name in _NEEDED if util.find_spec(name) is None]
    if lacking:
        raise click.UsageError(
            f'netspec play needs {", ".join(lacking)}, which is not installed: pip install "netspec[play]"'
        )
    from netspec.play.desk import Desk
    from netspec.play.server import listening, serve

    file, weights = _file(spec), _weights(weights)
    parameters(settings)  # what is none is told
    given = {name.strip(): value.strip() for name, _, value in (text.partition("=") for text in settings)}
    try:
        door = listening(port)
    except OSError as error:
        raise click.UsageError(f"--port {port} cannot be listened on: {error.strerror}") from None
    logging.getLogger("uvicorn").addHandler(logging.NullHandler())
    logging.getLogger("uvicorn").propagate = False
    signals = current()
    signals.gentle = True
    try:
        serve(lambda: Desk(file, given, root(), weights), door, _told, lambda: _ends(signals))
    finally:
        signals.gentle = False
    return signals.status if signals.asked() else 0


def _file(spec: Path | None) -> SpecFile:
    """The spec, read; the shipped one and that of a run are fixed."""
    from netspec.data.shipped import specs
    from netspec.play.spec_file import SpecFile

    fixed = "" if spec is not None else "this is the shipped spec, which stays as it is: download your own"
    if run_given() is not None:
        fixed = "this is the spec of a run, which stays as it was trained: download your own"
    file = SpecFile(spec or specs() / "lenet5.net", fixed)
    file.read()
    return file


def _weights(asked: Path | None) -> Path | None:
    """The file or the run that has them; it can be read."""
    from netspec.files import open_regular
    from netspec.locations import in_run
    from netspec.net.left import BEST, LAST

    weights = asked or run_given()
    if weights is not None:
        open_regular(in_run(weights, BEST, LAST)).close()
    return weights


def _ends(signals: Signals) -> bool:
    """Whether the command was asked to end; then it does, in time."""
    if signals.asked():
        end_within(GRACE, signals.status)
    return signals.asked()


def _told(address: str) -> None:
    click.echo(address)
    note("open this address in a browser on this machine; Ctrl-C ends it")
