"""What makes a run the one that it is: its layers, settings and data, so that a difference from another has a name."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from netspec.diagnostics import Fault
from netspec.graph import Graph, Node
from netspec.net.engines import OWN
from netspec.settings import Arguments, Data, Train
from netspec.settings.train import SCHEDULES
from netspec.shape import show
from netspec.tables import KernelTable, Table

if TYPE_CHECKING:
    from netspec.data.arrays import Examples
    from netspec.data.sets import Pictures

#: Differences that are told one by one.
_NAMED = 8
_NUMBER, _SET = "number of ", "set of "


@dataclass(frozen=True)
class Record:
    """Lines that say all that a training depends on: of the net by layer, of the settings and of the data by name."""

    net: Mapping[str, str]
    train: Mapping[str, str]
    data: Mapping[str, str]

    def brief(self) -> dict[str, Any]:
        """As a state keeps it: the net, which may have thousands of layers, by its digest."""
        return {"net": digest(self.net), "train": dict(self.train), "data": dict(self.data)}


def record(
    graph: Graph, settings: Train, data: Data, parts: Mapping[str, Pictures | Examples], engine: str = OWN
) -> Record:  # fmt: skip
    """The record of a training. More epochs may follow where the schedule does not count them."""
    from netspec.data import digest as data_digest

    values = settings.to_json()
    free = () if any(schedule.by_end for schedule in settings.schedule) else ("epochs",)
    train = {name: str(value) for name, value in values.items() if name not in (*free, "stop")}
    if settings.class_weight is None:  # runs that were begun before there was such a setting go on
        del train["class_weight"]
    if engine != OWN:
        train["engine"] = engine
    prepared = {key: json.dumps(value, sort_keys=True, default=str) for key, value in data.to_json().items()}
    prepared["augment"] = " -> ".join(map(str, data.augment))
    for name, part in parts.items():
        prepared[f"{_NUMBER}{name} examples"] = str(len(part))
        prepared[f"{_SET}{name} examples"] = data_digest.digest(part)
    return Record(_net(graph), train, prepared)


def _net(graph: Graph) -> dict[str, str]:
    inputs = {f"input {name}": show(shape) for name, shape in graph.inputs.items()}
    nodes = {f"layer {node.name}": _layer(node) for node in graph.nodes}
    outputs = {
        f"output {out.name}": f"{out.value}{', train' if out.train else ''}, weight {out.weight:g}"
        for out in graph.outputs
    }
    return {**inputs, **nodes, **outputs}


def _layer(node: Node) -> str:
    given = [
        f"{key}: {_argument(value)}"
        for key, value in node.op.arguments().items()
        if value != type(node.op).fields()[key].default
    ]
    text = f"{node.op.name}({', '.join(given)})" if given else node.op.name
    own = "" if node.path == node.name else f", weights of {node.path}"
    return f"{text} of {', '.join(node.inputs)}{own}"


def _argument(value: Any) -> str:
    """A table by what is in it: its name says nothing."""
    if isinstance(value, Table):
        if value.is_full:
            return f"table {value.inputs} -> {value.outputs} full"
        cells, found = value.cells, sha256()
        for array in (cells.output, cells.input, cells.weight, cells.value):
            found.update(array.tobytes())
        return f"table {value.inputs} -> {value.outputs} {found.hexdigest()[:16]}"
    if isinstance(value, KernelTable):
        return f"table {show(value.size)} {digest(list(value.taps))[:16]}"
    return str(value) if isinstance(value, Arguments) else repr(value) if isinstance(value, str) else str(value)


def tables(graph: Graph) -> dict[str, str]:
    """What the weights of each layer with a table are of, by path: equal shapes do not make them fit another table."""
    found: dict[str, list[str]] = {}
    for node in graph.nodes:
        given = [getattr(node.op, name, None) for name in ("table", "kernel")]
        texts = [
            _argument(value)
            for value in given
            if isinstance(value, KernelTable) or (isinstance(value, Table) and not value.is_full)
        ]
        if texts:
            found[node.path] = texts
    return {path: " with ".join(texts) for path, texts in found.items()}


def digest(values: Any) -> str:
    """SHA-256 of plain values in their order."""
    return sha256(json.dumps(values, default=str).encode()).hexdigest()


def compare(folder: Any, now: Record, kept: Any, layers: Any) -> None:
    """Fault N711 that names what differs between a run's record, as state and settings keep it, and the one of now."""
    if not isinstance(kept, dict) or not all(
        isinstance(kept.get(part), kind) for part, kind in (("net", str), ("train", dict), ("data", dict))
    ):
        raise Fault(
            "N711",
            f"{folder} does not record its net, data and settings",
            help="train again: it was written by an older netspec",
        )
    differences: list[tuple[str, str]] = []
    if kept["net"] != digest(now.net):
        known = layers if isinstance(layers, dict) and digest(layers) == kept["net"] else None
        differences += [("net", "")] if known is None else _between(known, now.net) or [("order of layers", "")]
    differences += _between({"engine": OWN, **kept["train"]}, {"engine": OWN, **now.train})
    data = dict(_between({name: kept["data"].get(name) for name in [*now.data, *kept["data"]]}, now.data))
    for name, text in data.items():
        if not name.startswith(_SET):
            differences.append((name, text))
        elif name.replace(_SET, _NUMBER) not in data:  # their number alone says it
            differences.append((name, f"{name}: as many, but different ones"))
    if [name for name, _ in differences] == ["epochs"]:
        raise _not_prolonged(folder, kept["train"], now.train)
    if differences:
        more = [f"{len(differences) - _NAMED} more"] if len(differences) > _NAMED else []
        names = [*(name for name, _ in differences[:_NAMED]), *more]
        advice = f"use {folder}/spec.net, which has the run's values, and the same data; or leave out `--resume`"
        raise Fault(
            "N711",
            f"{folder} was trained with another {' and another '.join(names)}",
            help="\n".join([*(text for _, text in differences[:_NAMED] if text), advice]),
        )


def _not_prolonged(folder: Any, before: Mapping[str, Any], now: Mapping[str, Any]) -> Fault:
    free = ", ".join(name for name, schedule in SCHEDULES.items() if not schedule.by_end)
    return Fault(
        "N711",
        f"{folder} cannot go on to {now['epochs']} epochs: its schedule, {now['schedule']}, was laid out for "
        f"{before.get('epochs')}",
        help=f"only runs with other schedules ({free}) take more epochs; "
        f"begin a new run with the weights of this one by `--from {folder}`",
    )


def _between(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What differs, each as its name and how; in the order of the run, as far as it kept one."""
    names = [name for name in dict.fromkeys([*before, *now]) if before.get(name) != now.get(name)]
    return [(name, f"{name}: {_short(before.get(name))} in the run, {_short(now.get(name))} here") for name in names]


def _short(value: Any) -> str:
    text = "none" if value is None else str(value)
    return text if len(text) <= 100 else f"{text[:100]}…"
