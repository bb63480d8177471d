"""A spec that stands for itself: it has the values that were set for a run, and what it uses lies beside it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from netspec.diagnostics import Problems
from netspec.diagnostics.html import page_text
from netspec.language import parse
from netspec.language import syntax as s
from netspec.settings import Arguments, Train

if TYPE_CHECKING:
    from netspec.net.net import Net

#: Names that a run's folder has for itself. Used files with such a name, or from outside the spec's folder, lie in
#: ``ASIDE``.
OWN = (
    "spec.net", "settings.json", "log.jsonl", "metrics.csv", "weights.safetensors", "best.safetensors", "model.onnx",
    "state.safetensors", "environment.json", "curves.svg", "confusion.svg", "confusion.csv", "report.html",
)  # fmt: skip
ASIDE = "files"


@dataclass(frozen=True)
class Kept:
    """The spec's text, and the texts of the files that it uses by the paths under which it finds them beside it."""

    text: str = field(repr=False)
    files: Mapping[str, str] = field(repr=False)

    def _repr_html_(self) -> str:
        return page_text(self.text)


@dataclass(frozen=True)
class Edit:
    """``text`` in place of the source from ``start`` to ``end``."""

    start: int
    end: int
    text: str


def kept(net: Net, settings: Train) -> Kept:
    """The net's spec with the parameters and settings that were used in place of its own, comments kept.

    All else is as the author wrote it.
    """
    where = _places(net)
    return Kept(_text(net, settings, where), {str(where[path]): content for path, content in net.meaning.files.items()})


def with_values(net: Net) -> str:
    """The net's spec with the parameters that were set."""
    return _text(net, net.meaning.train, {})


def _text(net: Net, settings: Train, where: Mapping[Path, PurePosixPath]) -> str:
    text = net.source.text
    if not net.given and not where and settings == net.meaning.train:
        return text
    file = parse(net.source, Problems())
    edits = [
        *_parameters(file, net.given),
        *_settings(file, net.meaning.train, settings, len(text)),
        *_paths(file, net, where),
    ]
    return edited(text, edits)


def edited(text: str, edits: Iterable[Edit]) -> str:
    """A text with edits that do not overlap."""
    for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def _parameters(file: s.File, given: Mapping[str, Any]) -> Iterator[Edit]:
    """Defaults in the net's head as they were set."""
    net = next((item for item in file.items if isinstance(item, s.Net)), None)
    for parameter in net.parameters if net is not None else ():
        if parameter.name in given:
            value = written(given[parameter.name])
            if parameter.default is None:
                yield Edit(parameter.span.start, parameter.span.end, f"{parameter.name} = {value}")
            else:
                yield Edit(parameter.default.span.start, parameter.default.span.end, value)


def _settings(file: s.File, said: Train, used: Train, end: int) -> Iterator[Edit]:
    """The lines of `train` whose values were set for the run."""
    section = next((item for item in file.items if isinstance(item, s.Section) and item.name == "train"), None)
    lines = [node for node in section.settings if isinstance(node, s.Setting)] if section is not None else []
    more: list[str] = []
    for key in Train.fields():
        if getattr(said, key) == getattr(used, key):
            continue
        now = _lines(key, getattr(used, key))
        for node in lines:
            if node.key == key:
                yield Edit(node.span.start, node.span.end, "\n".join(now))
                now = []
        more += now
    if more and section is not None:
        yield Edit(section.span.end - 1, section.span.end - 1, "\n" + _indented(more))
    elif more:
        yield Edit(end, end, "\n\ntrain {\n" + _indented(more) + "}\n")


def _indented(lines: list[str]) -> str:
    return "".join(f"    {line}\n" for line in lines)


def _lines(key: str, value: Any) -> list[str]:
    if value is None:
        return []
    if key == "loss":
        return [f"loss {name}: {loss}" if name else f"loss: {loss}" for name, loss in value.items()]
    return [f"{key}: {' -> '.join(map(written, value)) if key == 'schedule' else written(value)}"]


def _paths(file: s.File, net: Net, where: Mapping[Path, PurePosixPath]) -> Iterator[Edit]:
    """The paths of `use` and `classes:` that lead elsewhere now."""
    if net.path is None:
        return
    for item in file.items:
        if isinstance(item, s.Use):
            path = Path(os.path.normpath(net.path.parent / item.path))
            if path in where and os.path.normpath(item.path) != str(where[path]):
                yield Edit(item.span.start, item.span.end, f"use {written(str(where[path]))}")
        elif isinstance(item, s.Section) and item.name == "data":
            yield from _classes(item, net, where)


def _classes(section: s.Section, net: Net, where: Mapping[Path, PurePosixPath]) -> Iterator[Edit]:
    """The file of the class names, however the spec calls it: it is the one that is used and that no `use` names."""
    for node in section.settings:
        if isinstance(node, s.Setting) and node.key == "classes" and net.meaning.labels is not None:
            place = where.get(net.meaning.labels)
            if (
                place is not None
                and net.path is not None
                and os.path.relpath(net.meaning.labels, net.path.parent) != str(place)
            ):
                yield Edit(node.values[0].span.start, node.values[0].span.end, written(str(place)))


def _places(net: Net) -> dict[Path, PurePosixPath]:
    """Where each used file lies beside the kept spec: as beside the net's own, or all in ``ASIDE`` where one cannot."""
    paths = list(net.meaning.files)
    if net.path is None or not paths:
        return {}
    beside = {path: PurePosixPath(Path(os.path.relpath(path, net.path.parent)).as_posix()) for path in paths}
    if all(place.parts[0] not in ("..", *OWN) and not place.is_absolute() for place in beside.values()):
        return beside
    common = os.path.commonpath([os.path.abspath(path.parent) for path in paths])
    return {
        path: ASIDE / PurePosixPath(Path(os.path.relpath(os.path.abspath(path), common)).as_posix()) for path in paths
    }


def written(value: Any) -> str:
    """A value as a file writes it."""
    if hasattr(value, "item") and not isinstance(value, str):  # a number of NumPy's
        value = value.item()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Arguments):
        given = [
            f"{k}: {written(v)}"
            for k, v in value.arguments().items()
            if v is not None and v != type(value).fields()[k].default
        ]
        return (
            f"{value.name}({', '.join(given)})"
            if given or any(field.required for field in type(value).fields().values())
            else value.name
        )
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, tuple):
        return " x ".join(map(written, value))
    if isinstance(value, list):
        return f"[{', '.join(map(written, value))}]"
    return repr(value)
