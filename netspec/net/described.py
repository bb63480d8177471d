"""What a run says of itself in settings.json, so that it can be told apart, gone on with and done again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec import __version__
from netspec.net.recorded import Record, digest
from netspec.net.start import Start
from netspec.settings import Data, Train

if TYPE_CHECKING:
    from netspec.net.net import Net


@dataclass(frozen=True)
class Act:
    """How a training was asked for, and whether it goes on with an earlier one."""

    command: str | None
    options: Mapping[str, Any]
    resumes: bool


def described(
    act: Act, net: Net, settings: Train, start: Start, now: Record, data: Path | None, before: Mapping[str, Any]
) -> dict[str, Any]:
    """All that a run is: its settings with the defaults that were used, parameters, data, options, layers.

    One that goes on keeps how it began, as ``before`` has it: command, version and time, each later act in ``resumed``.
    """
    mine = {
        "command": act.command,
        "version": __version__,
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    began = {name: before[name] for name in mine if name in before} or mine
    resumed, parameters = before.get("resumed"), before.get("parameters")
    more = {"resumed": [*(resumed if isinstance(resumed, list) else []), mine]} if act.resumes else {}
    begun = before.get("start") if act.resumes else start.to_json()
    found = {name: value for name, value in now.data.items() if name not in Data.fields()}
    prepared = {name: value for name, value in now.data.items() if name in Data.fields()}
    return {
        **settings.to_json(),
        # a run's own spec has its parameters' values, so that one that goes on is given none
        "parameters": {**(parameters if isinstance(parameters, dict) else {}), **net.given},
        "data": {"path": None if data is None else str(data.absolute()), "digest": digest(found), **found},
        "prepared": prepared,
        "options": dict(act.options),
        **({"start": begun} if start.used else {}),
        **began,
        **more,
        "layers": dict(now.net),
    }
