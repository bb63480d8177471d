"""Training by onnxruntime: the step as one graph, on a device that holds the weights and what is kept for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from netspec import machine
from netspec.engine.running.masks import Masks
from netspec.engine.training.rules import slots
from netspec.engine.training.steps import Arrays, Beginning, Steps, Taken, by_engine
from netspec.graph import Graph, Output
from netspec.interop.export import serialize
from netspec.interop.gradients.sliding import Choices
from netspec.interop.train_step import bytes_of, kept_names, own, train_step
from netspec.net.budget import largest
from netspec.net.forms import forms_of, tune
from netspec.passes import lower_tables
from netspec.runtime.devices import Device
from netspec.runtime.stepping import Loop, OpenedStep, open_step
from netspec.settings import Train
from netspec.settings.losses import LOSSES, VOID, CrossEntropy, has_void, takes_labels

if TYPE_CHECKING:
    from netspec.net.net import Net

#: Units up to which a target that is an array may name a class, one-hot.
_ONE_HOT = 1000


@dataclass(frozen=True)
class Place:
    """Where steps are taken, with how many threads; whether the fastest forms are looked for first, until ``stop``."""

    device: str
    workers: int | None
    tune: bool
    stop: Callable[[], bool]
    tell: Callable[[str], None]


class ByOnnxruntime:
    """The step's model, opened on a device: of one net with one set of settings.

    Its gradients have the ``forms`` of a run that goes on, else those that were found the fastest on the device.
    """

    recomputes = False

    def __init__(self, net: Net, settings: Train, place: Place, forms: Mapping[str, str] | None) -> None:
        self.net, self.settings, self.device = net, settings, Device(place.device, settings.batch, place.workers)
        choices = self._open(forms or {})
        self.here = self.opened.device == "cpu"
        place.tell(f"training by onnxruntime on {'the cpu' if self.here else self.opened.device}")
        if self.opened.note:
            place.tell(self.opened.note)
        self.device = replace(self.device, name=self.opened.device)
        if forms is None:
            best = tune(choices.met, self.device, place.stop, place.tell) if place.tune else forms_of(self.device.name)
            if any(best.get(key, form) != form for key, form in choices.forms.items()):
                choices = self._open(best)
        self.forms = choices.forms

    def _open(self, forms: Mapping[str, str]) -> Choices:
        choices = Choices(forms)
        self.proto = train_step(self.net.graph, self.settings, lower_tables, {}, True, choices)
        self.opened = open_step(serialize(self.proto), self.device)
        return choices

    def training_bytes(self, batch: int, workers: int | None, recompute: bool) -> int:
        """The memory of a step on so many examples, on the device."""
        return bytes_of(self.proto, batch)

    def largest_batch(self, memory: int, workers: int | None, recompute: bool, most: int) -> int:
        """The largest batch up to ``most`` whose step fits into so many bytes; 0 where none does."""
        return largest(partial(bytes_of, self.proto), memory, most)

    def ready(self, batch: int) -> None:
        """Trouble N709 where a device's memory does not hold a step on so many examples."""
        self.opened.check_holds(batch)

    @contextmanager
    def stepping(self, begin: Beginning, batch: int) -> Iterator[Steps]:
        """Steps on the device."""
        yield OnnxSteps(begin, self.opened, bytes_of(self.proto, batch))


class OnnxSteps:
    """Takes steps on a device; what the engine keeps and this rule does not need is zeros."""

    chunk = 1

    def __init__(self, begin: Beginning, opened: OpenedStep, needed: int) -> None:
        self.graph, self.settings, self.clock = begin.graph, begin.settings, begin.clock
        self.ways, self.workers, self.bytes = begin.ways, begin.workers or machine.cores(), needed
        self.by_class = begin.class_weights
        self.heads = [output for output in begin.graph.outputs if output.name in begin.settings.loss]
        self.masks = Masks(begin.graph, begin.settings.loss, begin.clock, begin.ways)
        self.given = opened.given
        self.names = self._names(opened)
        self.loop = Loop(opened, self._arrays(begin))
        self.last: tuple[Arrays, Arrays, float] | None = None

    def _names(self, opened: OpenedStep) -> dict[str, dict[str, str]]:
        """What goes in and out, by what it is kept as and by path; all that the engine keeps is there."""
        trained = [path for path, weight in self.graph.weights.items() if weight.trained and path in opened.kept]
        found: dict[str, dict[str, str]] = {slot: {} for slot in slots(self.settings.optimizer)}
        for path in trained:
            for slot, name in kept_names(self.settings.optimizer, path).items():
                found[slot][path] = name
        self.trained = trained
        return found | ({} if self.settings.average is None else {"average": {p: f"average/{p}" for p in trained}})

    def _arrays(self, begin: Beginning) -> dict[str, Any]:
        """All that lies on the device at first."""
        found: dict[str, Any] = {path: begin.weights[path] for path in self.graph.weights}
        for slot, names in self.names.items():
            for path, name in names.items():
                before = begin.kept.get(slot)
                found[name] = np.zeros(self.graph.weights[path].shape) if before is None else before[path]
        for output, weights in (self.by_class or {}).items():
            found[f"class_weight/{output}"] = weights
        return {name: np.asarray(array, np.float32) for name, array in found.items() if name in self.given}

    def take(self, inputs: Arrays, targets: Arrays, multiple: float) -> Taken | None:
        """One step; where it is not finite the set of before stays the one that counts."""
        n = len(next(iter(inputs.values())))
        given = {name: _maps_first(array) for name, array in inputs.items()}
        for output in self.heads:
            labels = takes_labels(self.settings.loss[output.name])
            target = targets[output.name]
            given[f"target.{output.name}"] = np.ascontiguousarray(target, np.int64) if labels else _maps_first(target)
        given |= {f"mask/{name}": _maps_first(mask) for name, mask in self.masks.of(n).items()}
        given[own(self.graph, "rate")] = np.array(self.settings.optimizer.rate * multiple, np.float32)
        given[own(self.graph, "step")] = np.array(self.clock.step + 1, np.int64)
        told = self.loop.run({name: array for name, array in given.items() if name in self.given}, n)
        loss = told[own(self.graph, "loss")]
        if not isfinite(loss) or not isfinite(told[own(self.graph, "squares")]):
            self.last = inputs, targets, multiple
            return None
        self.loop.turn()
        heads = {output.name: self._figures(output, told, targets[output.name]) for output in self.heads}
        first = next((heads[output.name][1:] for output in self.heads if not output.train), (0, 0))
        return Taken(loss, *first, heads)

    def _figures(self, output: Output, told: Mapping[str, float], target: Any) -> tuple[float, int, int]:
        """An output's own loss, before its weight, its right answers, and its answers."""
        count = _answers(self.graph, self.settings, output, target)
        right = int(told.get(f"right/{output.name}", 0)) if count else 0
        return told[f"loss/{output.name}"] / (output.weight or 1), right, count

    def first_not_finite(self) -> str | None:
        """By the engine, which takes the same step."""
        if self.last is None:
            return None
        inputs, targets, multiple = self.last
        begin = Beginning(
            self.graph, self.settings, self.weights(False), self.kept(), self.clock, 1, self.ways,
            class_weights=self.by_class,
        )  # fmt: skip
        with by_engine(begin, len(next(iter(inputs.values())))) as steps:
            return steps.first_not_finite() if steps.take(inputs, targets, multiple) is None else None

    def weights(self, averaged: bool) -> dict[str, Any]:
        """From the device."""
        found = self.loop.read(list(self.graph.weights))
        average = self.kept().get("average") if averaged else None
        return {**found, **(average or {})}

    def kept(self) -> dict[str, dict[str, Any]]:
        """From the device."""
        found: dict[str, dict[str, Any]] = {}
        for slot, names in self.names.items():
            if slot == "average" and not self.clock.step:
                continue  # it begins with the first step
            there = self.loop.read(list(names.values()))
            found[slot] = {
                path: there[names[path]] if path in names else np.zeros(self.graph.weights[path].shape, np.float32)
                for path in self.trained
            }
        return found


def _maps_first(array: Any) -> Any:
    """Channels last to maps first, float32."""
    return np.ascontiguousarray(np.moveaxis(array, -1, 1), dtype=np.float32)


def _answers(graph: Graph, settings: Train, output: Output, target: Any) -> int:
    """How many answers of an output can be right or wrong, as the engine counts them."""
    loss, shape = LOSSES[settings.loss[output.name]], graph.shapes[output.value]
    units = shape[0] if isinstance(shape[0], int) else 0
    if loss.labels:
        voids = isinstance(loss, CrossEntropy) and has_void(target.ndim, units)
        return int(target.size - (np.count_nonzero(target == VOID) if voids else 0))
    if type(loss).right is not LOSSES["mse"].__class__.right:  # a yes or no for each unit
        return int(target.size)
    one_hot = target.ndim == 2 and 1 < units <= _ONE_HOT and (target.sum(axis=1) == 1).all()
    return len(target) if one_hot else 0
