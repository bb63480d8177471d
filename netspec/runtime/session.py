"""Models opened on a device that really starts, and run there in batches."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec import machine
from netspec.diagnostics import Fault, Trouble, printable
from netspec.kinds import STEP
from netspec.locations import in_run
from netspec.runtime.checked import check_model, source
from netspec.runtime.devices import (
    BATCH,
    MOST,
    PROVIDERS,
    Device,
    Opened,
    built,
    full,
    held,
    less,
    opened,
    quiet,
    short,
)

Array = NDArray[Any]
#: The numbers that tensors of models hold, by onnxruntime's names.
KINDS = {
    "tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(double)": np.float64, "tensor(bool)": np.bool_,
    "tensor(uint8)": np.uint8, "tensor(uint16)": np.uint16, "tensor(uint32)": np.uint32, "tensor(uint64)": np.uint64,
    "tensor(int8)": np.int8, "tensor(int16)": np.int16, "tensor(int32)": np.int32, "tensor(int64)": np.int64,
}  # fmt: skip
#: What the free sizes of an input are tried with until one fits: those of pictures, then of what is small.
SIZES = (224, 32, 512, 64, 28, 1)


@dataclass(frozen=True)
class Session:
    """An opened model: its session, the device it runs on, why not a better one, and what netspec wrote into it.

    ``batch`` examples go through it at a time. ``trouble`` says why what netspec wrote cannot be read.
    """

    session: Any
    device: str
    note: str
    metadata: dict[str, Any]
    trouble: str = ""
    batch: int = BATCH

    @property
    def inputs(self) -> dict[str, tuple[int | None, ...]]:
        """Shapes of the inputs by name, without their batch; None where a size is free."""
        return {value.name: _sizes(value) for value in self.session.get_inputs()}

    @cached_property
    def input(self) -> tuple[str, tuple[int | None, ...]]:
        """Name and shape of the only input. Raises Fault N708 where a picture cannot be that."""
        inputs = self.session.get_inputs()
        if len(inputs) != 1:
            count = (
                f"{len(inputs)} inputs ({', '.join(printable(value.name) for value in inputs[:10])})"
                if inputs
                else "no input"
            )
            raise Fault("N708", f"the model has {count}, but a picture is one input")
        checked(inputs[0], "input")
        if not inputs[0].shape:
            raise Fault("N708", f"input {printable(inputs[0].name)} of the model has no axes, but a picture has some")
        return inputs[0].name, _sizes(inputs[0])

    def check_output(self, name: str) -> None:
        """Fault N708 where an output is nothing with a row of numbers for each example."""
        value = next(value for value in self.session.get_outputs() if value.name == name)
        checked(value, "output")
        if value.shape is not None and len(value.shape) == 1:
            raise Fault("N708", f"output {printable(name)} of the model has no axis of units or maps")

    @property
    def outputs(self) -> dict[str, tuple[int | None, ...]]:
        """Shapes of the outputs by name, as those of the inputs."""
        return {value.name: _sizes(value) for value in self.session.get_outputs()}

    def run(self, *xs: Array, names: Sequence[str] | None = None) -> list[Array]:
        """The outputs ``names`` (default: all) for the inputs in their order.

        The model runs on batches of one size, the last one padded; on a device that is the same for all calls, since
        it chooses its methods for a size, and does so anew for another.

        Raises Fault N708 where the model does not run, or an answer is no array with a row for each example, Trouble
        N709 where the device's memory is full.
        """
        inputs, outputs = self.session.get_inputs(), self.session.get_outputs()
        asked = [value for value in outputs if names is None or value.name in names]
        for value, what in (*((value, "input") for value in inputs), *((value, "output") for value in asked)):
            checked(value, what)
        size = self._rows(len(xs[0]))
        parts = []
        for at in range(0, len(xs[0]), size):
            batch = {to.name: _filled(x[at : at + size], size, to) for to, x in zip(inputs, xs, strict=True)}
            parts.append(self._batch(batch, [value.name for value in asked], len(xs[0][at : at + size]), size))
        results = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        return [results[name] for name in (names or results)]

    def fails(self) -> str:
        """Why no batch of zeros goes through the model; empty where one does, or what it takes is nothing of ours."""
        inputs, why = self.session.get_inputs(), ""
        if any(value.type not in KINDS for value in inputs):
            return ""
        rows = self._rows(1)
        for size in SIZES if self._free() else SIZES[:1]:
            zeros: list[Array] = [
                np.zeros((rows, *(n or size for n in _sizes(value))), KINDS[value.type]) for value in inputs
            ]
            try:
                self.session.run(list(self.outputs), dict(zip(self.inputs, zeros, strict=True)))
                return ""
            except Exception as error:  # onnxruntime's errors have no common kind of their own
                why = short(error)
        return why

    def _rows(self, count: int) -> int:
        """Examples in a batch where there are ``count``: on a device always as many, unless they differ in size."""
        return self._fixed() or (min(self.batch, count) if self.device == "cpu" or self._free() else self.batch)

    def _free(self) -> bool:
        """Whether examples may differ in size."""
        return any(None in shape for shape in self.inputs.values())

    def _fixed(self) -> int | None:
        """The batch of a model that runs on no other."""
        sizes = [
            value.shape[0] for value in self.session.get_inputs() if value.shape and isinstance(value.shape[0], int)
        ]
        if sizes and not 0 < sizes[0] <= MOST:
            raise Fault("N708", f"the model takes batches of {sizes[0]:,}, and the most that netspec tries is {MOST:,}")
        return sizes[0] if sizes else None

    def _batch(self, batch: dict[str, Array], names: list[str], rows: int, size: int) -> dict[str, Array]:
        """The outputs of one batch, of which ``rows`` are no padding."""
        try:
            found = dict(zip(names, self.session.run(names, batch), strict=True))
        except Exception as error:  # onnxruntime's errors have no common kind of their own
            if self.device != "cpu" and full(short(error)):
                raise Trouble("N709", f"the device {self.device} does not go on: {held(size)}",
                              help=less(size, self._fixed())) from None  # fmt: skip
            raise Fault("N708", f"the model does not run on this input: {short(error)}") from None
        for name, value in found.items():
            if not isinstance(value, np.ndarray) or value.ndim < 2 or not value.size or len(value) % size:
                shape = " x ".join(map(str, value.shape)) if isinstance(value, np.ndarray) and value.ndim else "no axis"
                raise Fault(
                    "N708",
                    f"output {printable(name)} of the model has {shape}, where {size} x units, or maps, were expected "
                    f"for {size} inputs",
                )
        return {
            name: value
            if rows == size
            else value.reshape(size, -1, *value.shape[1:])[:rows].reshape(-1, *value.shape[1:])
            for name, value in found.items()
        }


def _sizes(value: Any) -> tuple[int | None, ...]:
    return tuple(n if isinstance(n, int) and n > 0 else None for n in (value.shape or [])[1:])


def checked(value: Any, what: str) -> None:
    """Fault N708 for an input or output that is no array of numbers."""
    if value.type not in KINDS:
        raise Fault(
            "N708", f"{what} {printable(value.name)} of the model is {printable(value.type)}, not an array of numbers"
        )


def _filled(x: Array, size: int, to: Any) -> Array:
    """A batch of the one size, of the numbers that the model reads. Raises Fault N708 where these cannot hold it."""
    kind = KINDS[to.type]
    with np.errstate(all="ignore"):
        batch: Array = np.ascontiguousarray(x, dtype=kind)
    if np.dtype(kind).kind not in "f" and not np.array_equal(batch, x):
        raise Fault(
            "N708",
            f"input {printable(to.name)} of the model is {to.type}, but the numbers for it are not whole, or too large",
        )
    rest = size - len(batch)
    return np.concatenate([batch, np.zeros((rest, *batch.shape[1:]), batch.dtype)]) if rest else batch


def open_model(path: Path, device: str | Device = "auto", content: bytes | None = None) -> Session:
    """A model, or a run's, on a device: ``auto`` takes the best that starts and says why not a better one.

    ``content`` is opened in place of the file. Raises Trouble where the file or the named device is not there, Fault
    where the file is not a model, or is one step of training.
    """
    path = in_run(path, "model.onnx")
    session = _opened(path, Device.of(device), content)
    if session.metadata.get("kind") == STEP:
        raise Fault("N708", f"{path} is a training step: it takes weights and gives better ones, and has no answers",
                    help="compile the net without `--train-step`")  # fmt: skip
    return session


def _opened(path: Path, device: Device, content: bytes | None) -> Session:
    """A model on a device, whatever it is for."""
    if content is None:
        check_model(path)
    model = source(path) if content is None else content
    quiet()
    if device.name == "auto":
        return _best(path, model, device)
    found = _start(model, device.name, device)
    if not found.why:
        return _session(found.session, device.name, device)
    of_model = found.why if device.name == "cpu" else ""
    if device.name != "cpu" and found.session is None and not found.there and built(device.name):
        of_model = opened(model, "cpu", device).why
    if of_model:
        raise Fault("N708", f"{path} cannot be opened: {of_model}")
    raise Trouble("N709", f"the device {device.name} does not start: {found.why}", help=found.help)


def tried(content: bytes) -> dict[str, str]:
    """Each device with the reason why it does not start, empty where a model was opened there and answered zeros."""
    quiet()
    found = {}
    for name in reversed(PROVIDERS):
        begun = _start(content, name, Device())
        found[name] = begun.why or _session(begun.session, name, Device()).fails()
    return found


def _best(path: Path, model: str | bytes, device: Device) -> Session:
    """The model on the card, or else on the processor: with the reason, where there seems to be a card."""
    better = _start(model, "cuda", device)
    if not better.why:
        return _session(better.session, "cuda", device)
    # the processor may have stood in for CUDA already, and a large model takes seconds to open
    own = better if better.session is not None else opened(model, "cpu", device)
    if own.session is None:
        raise Fault("N708", f"{path} cannot be opened: {own.why}")
    seen = better.there or machine.card() is not None
    note = "; ".join(part for part in (f"cuda: {better.why}", better.help) if part) if seen else ""
    return _session(own.session, "cpu", device, note)


def _start(model: str | bytes, name: str, device: Device) -> Opened:
    """A session that has answered a batch of zeros on the device, if that is no processor; or why there is none.

    A device is at fault only where the processor answers.
    """
    found = opened(model, name, device)
    if found.why or name == "cpu":
        return found
    session = _session(found.session, name, device)
    why = session.fails()
    if not why:
        return found
    if full(why):
        size = session._rows(1)
        return Opened(None, held(size), less(size, session._fixed()), there=True)
    own = opened(model, "cpu", replace(device, batch=1))
    if own.session is None or _session(own.session, "cpu", device).fails():
        return found
    return Opened(None, f"it cannot run the model: {why}", "the card, or its driver, may be too old", there=True)


def _session(session: Any, name: str, device: Device, note: str = "") -> Session:
    metadata, trouble = {}, ""
    try:
        metadata = json.loads(session.get_modelmeta().custom_metadata_map.get("netspec", "{}"))
    except (ValueError, RecursionError):
        trouble = "it is not JSON"
    if not isinstance(metadata, dict):
        metadata, trouble = {}, "it is not a JSON object"
    return Session(session, name, note, metadata, trouble, device.batch)
