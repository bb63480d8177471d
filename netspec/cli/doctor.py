"""netspec doctor."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
from collections.abc import Iterator, Mapping
from typing import Any

import click

from netspec.cli.output import json_option
from netspec.diagnostics import printable, strict_json
from netspec.report.columns import size


@click.command("doctor")
@json_option
def command(as_json: bool) -> int:
    """Say what this machine has for netspec: versions, devices that start, memory, disk; and what is wrong with it.

    The exit status is 2 where something is.
    """
    from netspec.net.doctor import examined

    found = examined()
    if as_json:
        click.echo(strict_json(found, 2))
    else:
        for line in _lines(found):
            click.echo(printable(line))
    return 2 if found["problems"] else 0


def _lines(found: Mapping[str, Any]) -> Iterator[str]:
    yield ", ".join(f"{name} {version}" for name, version in found["versions"].items())
    yield f"system: {found['system']}, {found['processor']}"
    kernels = ", ".join(f"{blas['library']} {blas['version']} ({blas['kernels']})" for blas in found["blas"])
    yield f"matrix products: {kernels or 'an unknown library'}"
    free = "unknown" if found["free"] is None else f"{size(found['free'])} ({found['free_limit']})"
    yield f"cores: {found['cores']}; memory free: {free}"
    for device in found["devices"]:
        yield f"{device['name']}: {'starts' if device['starts'] else device['reason']}"
    libraries = [library for library in found["libraries"].values() if library]
    yield f"card: {found['card'] or 'none seen'}; its libraries: {', '.join(libraries) or 'none found'}"
    for path, count in found["disk"].items():
        yield f"disk: {size(count)} free in {path}"
    caches = found["caches"]
    levels = [
        f"{size(caches[name])} {what}"
        for name, what in (("core", "a core's own"), ("share", "its share of the last"))
        if caches[name]
    ]
    yield f"caches: {', '.join(levels) or 'unknown'}; methods that were found fastest: {caches['methods'] or 'nowhere'}"
    for each in found["problems"]:
        yield f"problem: {each['problem']}\n  = help: {each['cure']}"
    if not found["problems"]:
        yield "nothing is wrong"
