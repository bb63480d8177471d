"""Runs beside each other: what each was, read from its folder, and what it gave."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from netspec.diagnostics import Fault, Problems, Source
from netspec.diagnostics.html import Told
from netspec.files import read_regular, reason
from netspec.language import parse
from netspec.language import syntax as s
from netspec.net.history import History
from netspec.net.kept import OWN
from netspec.net.left import settings_of
from netspec.net.recorded import digest
from netspec.settings.train import OPTIMIZERS

#: What a run gave, after what it was. ``last``, ``best`` and ``test`` are of the ``metric``; what no part judges has
#: training's figures as its last. ``trained`` counts the epochs that there were, maybe fewer than there should be.
RESULTS = ("metric", "last", "best", "test", "trained", "minutes", "error")
#: Folders are looked into so deep.
DEEPEST = 4
_LARGEST = 2**28
_CALL = re.compile(r"(\w+)(?:\((.*)\))?")
NOT_GIVEN: tuple[Any, ...] = (None, False, [], {})
#: What settings.json says besides settings.
_OTHER = ("parameters", "data", "prepared", "command", "version", "time", "resumed", "layers", "environment")


@dataclass(frozen=True)
class Run(Told):
    """``was`` says what the run is by column, ``gave`` what came of it; ``error`` why its folder cannot be read."""

    folder: Path
    was: Mapping[str, Any] = field(default_factory=dict)
    gave: Mapping[str, Any] = field(default_factory=dict)
    error: str | None = None

    def row(self) -> dict[str, Any]:
        """All columns."""
        return {"run": str(self.folder), **self.was, **self.gave, "error": self.error}


def find(folder: Path) -> list[Run]:
    """The runs in a folder and below, or the one that it is, in the order of their names.

    A folder right in it that holds none is a run that is broken. Raises OSError where it cannot be listed.
    """
    if _is_run(folder):
        return [read(folder)]
    found = []
    for path in _folders(folder):
        below = [read(run) for run in _below(path, DEEPEST)]
        found += below or [Run(path, error="it holds no run")]
    return found


def read(folder: Path) -> Run:
    """What a run's folder tells; nothing is raised."""
    try:
        if not (folder / "settings.json").exists():
            return Run(folder, error="it has no settings.json")
        settings = settings_of(folder)
        return Run(folder, dict(_was(folder, settings)), _gave(folder))
    except Fault as fault:
        return Run(folder, error=fault.message)
    except (KeyError, TypeError, AttributeError, RecursionError):
        return Run(folder, error="it is damaged: what its files say is nothing that a run writes")
    except (OSError, ValueError) as error:
        return Run(folder, error=f"it is damaged: {reason(error)}")


def columns(runs: Sequence[Run]) -> list[str]:
    """Names of the columns that tell runs apart, then of what they gave: those that any has."""
    names = dict.fromkeys(name for run in runs for name in run.was)
    sound = [run for run in runs if run.error is None]
    differ = [name for name in names if len({_plain(run.was.get(name)) for run in sound}) > 1]
    rows = [run.row() for run in runs]
    return ["run", *differ, *(name for name in RESULTS if any(row.get(name) is not None for row in rows))]


def in_order(runs: Sequence[Run], column: str) -> list[Run]:
    """Runs by a column: what is better comes first, of others the smaller; after a ``-`` the other way round.

    What has no value comes last. Raises KeyError where no run has such a column.
    """
    back, name = column.startswith("-"), column.removeprefix("-")
    if not any(name in run.row() for run in runs):
        raise KeyError(name)
    known = [run for run in runs if run.row().get(name) is not None]
    known.sort(key=lambda run: _rank(run, name), reverse=back)
    return [*known, *(run for run in runs if run.row().get(name) is None)]


def _rank(run: Run, name: str) -> tuple[int, float, str]:
    value = run.row()[name]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 1, 0.0, str(value)
    return 0, -value if name in ("last", "best", "test") and run.gave.get("metric") == "accuracy" else value, ""


def _plain(value: Any) -> str:
    return json.dumps(value, default=str)


# ---- where they are


def _is_run(folder: Path) -> bool:
    return any(os.path.isfile(folder / name) for name in OWN)  # False where it may not be looked into


def _folders(folder: Path) -> list[Path]:
    """Those that are not hidden; of links only those to a run, so that none leads round."""
    paths = (folder / name for name in sorted(os.listdir(folder)) if not name.startswith("."))
    return [path for path in paths if os.path.isdir(path) and (_is_run(path) or not os.path.islink(path))]


def _below(folder: Path, deep: int) -> Iterator[Path]:
    if _is_run(folder):
        yield folder
    elif deep:
        try:
            inner = _folders(folder)
        except OSError:  # a folder that is another's has no runs of ours
            return
        for path in inner:
            yield from _below(path, deep - 1)


# ---- what they were


def _was(folder: Path, settings: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The net and its parameters, the settings of training, those of the data, and the data."""
    yield from _of_spec(folder)
    yield "layers", digest(settings.get("layers"))[:8]
    for name, value in settings.items():
        if name in _OTHER:
            continue
        if name == "optimizer":
            yield from _of_call(name, str(value))
        elif name in ("options", "start"):  # each by itself, and what was not given by none
            yield from ((key, _short(one)) for key, one in value.items() if key != "digest" and one not in NOT_GIVEN)
        else:
            yield name, _short(value)
    data = settings.get("data") or {}
    yield "data", data.get("path")
    yield "data digest", str(data.get("digest"))[:8]
    for name, value in data.items():
        if name.startswith("number of "):
            yield name.removeprefix("number of "), int(value)


def _short(value: Any) -> Any:
    """As it would be written: parts of an object and of a list with commas between."""
    if isinstance(value, dict):
        return ", ".join(f"{name}: {one}" for name, one in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else value


def _of_call(name: str, text: str) -> Iterator[tuple[str, Any]]:
    """`sgd(rate: 0.1, decay: 0)` as its name and its arguments, those that it leaves out as they are by default."""
    found = _CALL.fullmatch(text)
    yield name, text if found is None else found[1]
    known = OPTIMIZERS.get(text if found is None else found[1])
    yield from ((key, field.default) for key, field in (known.fields().items() if known is not None else ()))
    for argument in (found[2] or "").split(", ") if found is not None else ():
        key, _, value = argument.partition(": ")
        if value:
            yield key, _number(value)


def _of_spec(folder: Path) -> Iterator[tuple[str, Any]]:
    """What the kept spec says of the net: its name and parameters; and of the data, as it is written."""
    text = read_regular(folder / "spec.net", _LARGEST).decode("utf-8", "replace")
    problems = Problems()
    file = parse(Source("spec.net", text), problems)
    for item in file.items:
        if isinstance(item, s.Net):
            yield "net", item.name
            for given in item.parameters:
                if given.default is not None:
                    value = text[given.default.span.start : given.default.span.end]
                    yield _own(given.name), _number(value)
        elif isinstance(item, s.Section) and item.name == "data":
            for node in item.settings:
                if isinstance(node, s.Setting):
                    name = f"data {node.key}" if node.target is None else f"data {node.key} {node.target}"
                    end = (node.target_span or node.key_span).end
                    yield name, " ".join(text[end : node.span.end].lstrip(": ").split())


def _own(name: str) -> str:
    """A parameter's column: its name, unless another column may be called so."""
    return f"set {name}" if name in _TAKEN else name


_TAKEN = {
    "run", *RESULTS, "net", "layers", "data", "optimizer", "rate", "momentum", "decay", "loss", "schedule", "batch",
    "seed", "clip", "label_smoothing", "class_weight", "average", "stop", "epochs", "from", "fresh", "freeze", "at",
    "memory", "recompute", "workers", "max_pixels", "max_hours", "format", "on_bad_image", "cache", "engine", "device",
}  # fmt: skip


def _number(text: str) -> Any:
    """A number where a text is one, also a boolean; else the text."""
    try:
        found = json.loads(text)
    except ValueError:
        return text
    return found if isinstance(found, int | float | bool) else text


# ---- what they gave


def _gave(folder: Path) -> dict[str, Any]:
    path = folder / "log.jsonl"
    if not path.exists():
        return {"trained": 0}
    history = History.read(read_regular(path, _LARGEST).decode("utf-8", "replace").splitlines())
    if not history.lines:
        return {"trained": 0}
    last, best = history.lines[-1], history.best
    metric = "accuracy" if last.get("accuracy") is not None else "loss"
    judged = last.get(f"val_{metric}")
    return {
        "metric": metric,
        "last": last.get(metric) if judged is None else judged,
        "best": None if best is None else best.get(f"val_{metric}"),
        "test": last.get(f"test_{metric}"),
        "trained": len(history.lines),
        "minutes": round(sum(line["seconds"] for line in history.lines) / 60, 4),
    }
