"""What a run that goes on says of itself, so that nothing has to be said again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from netspec.diagnostics import Fault, Trouble
from netspec.kinds import mistaken
from netspec.net.left import STATE, WITHOUT, settings_of

#: Options that hold for a run as long as it goes on, unless they are given anew.
KEPT = ("recompute", "max_pixels", "format", "on_bad_image", "at", "engine", "device")


@dataclass(frozen=True)
class Resumed:
    """Where the run's spec and data are, and the options that it was trained with."""

    spec: Path
    data: Path | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


def resumed(run: Path) -> Resumed:
    """What the folder of a run says. Trouble N711 where it is none that can go on, Fault N702 where it is damaged."""
    check_resumable(run)
    return said(run)


def said(run: Path) -> Resumed:
    """What a run says of itself, whether or not it can go on. Raises Fault N702 where it is damaged."""
    about = settings_of(run)
    data, options = about.get("data", {}), about.get("options", {})
    path = data.get("path") if isinstance(data, dict) else data
    for name, sound in (("data", isinstance(path, str | None)), ("options", isinstance(options, dict))):
        if not sound:
            raise Fault("N702", f"{run / 'settings.json'} is damaged: `{name}` is not what a run writes", help=WITHOUT)
    kept = {name: options[name] for name in KEPT if options.get(name)}
    if not isinstance(at := kept.get("at", {}), dict) or not all(
        type(size) is int and size > 0 for size in at.values()
    ):
        raise Fault("N702", f"{run / 'settings.json'} is damaged: `at` is not a number for each free size")
    return Resumed(run / "spec.net", None if path is None else Path(path), kept)


def check_resumable(run: Path) -> None:
    """Trouble N711 where a folder has no state to go on from."""
    if not (run / STATE).is_file():
        raise Trouble(
            "N711",
            (None if run.is_dir() else mistaken(run, "a run's folder")) or f"{run} has no {STATE} to resume from",
            help="give the folder of a run: the file is written after each epoch and when training is stopped",
        )
