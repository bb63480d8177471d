"""A folder to start from: a spec, data that it trains on, and a README with the commands."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from netspec.diagnostics import Trouble, did_you_mean
from netspec.folders import fill_folder

if TYPE_CHECKING:
    from netspec.net.net import Net

#: What one starts from who names no spec.
FIRST = """netspec 1

# two convolutions, each with half the rows and columns behind it, then a layer of units
net First(classes = 10) {
    input image: 1 x 28 x 28

    C1 = image -> conv(8, 3, pad: same) -> relu -> maxpool(2)
    C2 = C1 -> conv(16, 3, pad: same) -> relu -> maxpool(2)
    F3 = C2 -> dense(64) -> relu -> dropout(0.25)
    output label = F3 -> dense(classes) -> softmax
}

train {
    loss: cross_entropy
    optimizer: adam(rate: 0.002)
    schedule: cosine
    batch: 32
    epochs: 8
}

data {
    prepare: resize(28, 28) -> grayscale -> scale(1 / 255)
}
"""
#: A net with more multiply-accumulates is trained for one epoch in the README, on few examples.
LARGE = 10**8


def shipped() -> dict[str, Path]:
    """The specs that are shipped, by the names under which one starts from them."""
    from netspec.data.shipped import specs

    folder = specs()
    return {path.relative_to(folder).with_suffix("").as_posix(): path for path in sorted(folder.rglob("*.net"))}


def start(folder: Path, like: str | None) -> list[str]:
    """Make the folder, with a spec ``like`` one that is shipped; the commands that its README tells.

    A net for other classes than the ten of the digits that are shipped gets these. Raises Trouble N601 where there is
    no such spec, N604 where the folder is there already or cannot be made.
    """
    from netspec.net.starting_data import examples

    net = _net(like)
    small = net.graph.costs()
    large = small is None or small.macs > LARGE
    layout, files = examples(net, large)
    name = folder.name if folder.name.endswith(".net") else f"{folder.name}.net"
    commands = _commands(f"./{name}" if name.startswith("-") else name, large)
    if os.path.lexists(folder):
        raise Trouble("N604", f"{folder} cannot be made: it is there already", help="name a new folder")
    own = {name: net.spec().text, "README.md": _readme(folder.name, like, layout, commands)}
    fill_folder(folder, [*((path, text.encode()) for path, text in own.items()), *files])
    return commands


def _net(like: str | None) -> Net:
    from netspec.net.reading import loads, sound
    from netspec.net.starting_data import TEN, wanted

    if like is None:
        return loads(FIRST)
    known = shipped()
    if like not in known:
        raise Trouble(
            "N601", f"no spec that is shipped is called {like}", help=did_you_mean(like, known, ", ".join(known))
        )
    net = sound(known[like], {})
    parameter = wanted(net)
    return sound(known[like], {parameter: TEN}) if parameter else net


def _commands(spec: str, large: bool) -> list[str]:
    quoted = shlex.quote(spec)
    return [
        f"netspec check {quoted}",
        f"netspec show {quoted} --depth 1",
        f"netspec draw {quoted} -o net.svg",
        f"netspec data check data {quoted}",
        f"netspec train {quoted} --data data -o runs/first{' --epochs 1' if large else ''}",
        "netspec eval runs/first --data data",
    ]


def _readme(name: str, like: str | None, layout: str, commands: list[str]) -> str:
    lines = "\n".join(f"    {command}" for command in commands)
    source = f"It began as `{like}`, a spec that netspec ships." if like else "It began as netspec's first spec."
    return f"""# {name}

{source} In this folder:

{lines}

## Data

{layout}

`netspec data check` says what does not fit, `netspec explain N707` lists what a data folder may hold.
"""
