"""A model whose results go in again: a training step, with weights that stay on the device."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec import machine
from netspec.diagnostics import Fault, Trouble
from netspec.runtime.devices import Device, full, held, less, opened, placed, quiet, short
from netspec.runtime.session import KINDS

Array = NDArray[Any]
Arrays = Mapping[str, Array]
#: What an output ends with that goes in again under the name before it.
NEXT = ".next"


@dataclass(frozen=True)
class OpenedStep:
    """A session that has taken a step on a device, and why not on a better one."""

    session: Any
    device: str
    note: str = ""

    @property
    def given(self) -> dict[str, tuple[int | None, ...]]:
        """Shapes of all that goes in, None for the batch."""
        return {
            value.name: tuple(n if isinstance(n, int) else None for n in value.shape)
            for value in self.session.get_inputs()
        }

    @property
    def kept(self) -> list[str]:
        """Names of what goes in as it came out of the step before."""
        return [name.removesuffix(NEXT) for name in self.results if name.endswith(NEXT)]

    @property
    def results(self) -> list[str]:
        """Names of all that comes out."""
        return [value.name for value in self.session.get_outputs()]

    def check_holds(self, examples: int) -> None:
        """Trouble N709 where a device's memory does not hold a step on so many examples; it warms up besides."""
        if self.device != "cpu" and full(self.fails(examples)):
            raise _full(self.device, examples)

    def fails(self, examples: int = 1) -> str:
        """Why no step can be taken on examples of zeros; empty where one can."""
        zeros: Arrays = {
            value.name: np.zeros([n if isinstance(n, int) else examples for n in value.shape], KINDS[value.type])
            for value in self.session.get_inputs()
        }
        try:
            self.session.run(self.results[:1], zeros)
        except Exception as error:  # onnxruntime's errors have no common kind of their own
            return short(error)
        return ""


def open_step(content: bytes, device: Device) -> OpenedStep:
    """The model of a step on a device where it runs; ``auto`` takes a card that does, else the processor.

    Raises Trouble N709 where a named device does not start or cannot run it.
    """
    quiet()
    notes: list[str] = []
    for name in ("cuda", "cpu") if device.name == "auto" else (device.name,):
        found = opened(content, name, device, steady=True)
        why, help = found.why, found.help
        if not why:
            step = OpenedStep(found.session, name, "; ".join(notes))
            why = "" if name == "cpu" else step.fails()
            if not why:
                return step
            why, help = f"it cannot run the step: {why}", "the card, or its driver, may be too old"
        if device.name != "auto" or name == "cpu":
            raise Trouble("N709", f"the device {name} does not start: {why}", help=help)
        if found.there or machine.card() is not None:
            notes = [part for part in (f"{name}: {why}", help) if part]
    raise AssertionError("the processor starts or is told")


def _full(device: str, examples: int) -> Trouble:
    return Trouble("N709", f"the device {device} does not go on: {held(examples)}", help=less(examples, None))


def seconds(content: bytes, device: Device, patience: float) -> float | None:
    """The least seconds of a model's runs on random numbers, all of which lie on the device; None where it has none.

    It is run for so many seconds, and three times at least.
    """
    found = opened(content, device.name, device, steady=True)
    if found.why or found.session is None:
        return None
    rng, binding = np.random.default_rng(0), found.session.io_binding()
    taken: list[float] = []
    try:
        for value in found.session.get_inputs():
            numbers = rng.standard_normal(value.shape, dtype=np.float32)
            binding.bind_ortvalue_input(value.name, placed(numbers, device.name))
        for value in found.session.get_outputs():
            binding.bind_output(value.name, device.name)
        while sum(taken) < patience or len(taken) < 3:
            began = time.perf_counter()
            found.session.run_with_iobinding(binding)
            taken.append(time.perf_counter() - began)
    except Exception:  # onnxruntime's errors have no common kind of their own
        return None
    return min(taken[1:])


class Loop:
    """Runs a step again and again on what it made itself: that lies on the device, in two sets that take turns.

    A step reads the one and writes the other; ``turn`` makes that the one to read. What stays and is not written goes
    in once.
    """

    def __init__(self, opened: OpenedStep, arrays: Arrays) -> None:
        """``arrays`` are all that is kept, and what stays."""
        self.opened, self.binding = opened, opened.session.io_binding()
        self.told = [name for name in opened.results if not name.endswith(NEXT)]
        self.now, self.next = (
            {name: placed(np.array(arrays[name]), opened.device) for name in opened.kept} for _ in range(2)
        )
        self.fixed = {name: placed(np.array(arrays[name]), opened.device) for name in arrays.keys() - self.now.keys()}
        for name, value in self.fixed.items():
            self.binding.bind_ortvalue_input(name, value)
        for name in self.told:
            self.binding.bind_output(name, "cpu")
        self._bind()

    def _bind(self) -> None:
        for name, value in self.now.items():
            self.binding.bind_ortvalue_input(name, value)
            self.binding.bind_ortvalue_output(f"{name}{NEXT}", self.next[name])

    def run(self, given: Arrays, examples: int) -> dict[str, float]:
        """The numbers that a step tells, without what goes in again.

        Raises Trouble N709 where the device's memory is full, MemoryError where that is the machine's, Fault N708 where
        the model does not run.
        """
        device = self.opened.device
        try:
            for name, array in given.items():
                self.binding.bind_cpu_input(name, array)
            self.opened.session.run_with_iobinding(self.binding)
            values = self.binding.get_outputs()[: len(self.told)]
            return {name: value.numpy().item() for name, value in zip(self.told, values, strict=True)}
        except Exception as error:  # onnxruntime's errors have no common kind of their own
            why = short(error)
        if not full(why):
            raise Fault("N708", f"the step does not run on {device}: {why}")
        if device == "cpu":
            raise MemoryError
        raise _full(device, examples)

    def turn(self) -> None:
        """Take what the last step made."""
        self.now, self.next = self.next, self.now
        self._bind()

    def read(self, names: Sequence[str]) -> dict[str, Array]:
        """Copies of what is kept, and what stays, by name."""
        values = {**self.fixed, **self.now}
        return {name: np.array(values[name].numpy()) for name in names}
