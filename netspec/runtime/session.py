"""The one module that imports onnxruntime: models opened on a device that really starts."""

from __future__ import annotations

import contextlib
import io
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.diagnostics import Fault, Trouble, printable
from netspec.files import in_run, open_regular, read_regular
from netspec.kinds import kind_of, mistaken
from netspec.machine import cores

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # before the import: it would phone home by default
import onnxruntime

ort: Any = onnxruntime  # its names are not declared to type checkers

Array = NDArray[Any]
PROVIDERS = {
    "tensorrt": "TensorrtExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "cpu": "CPUExecutionProvider",
}
#: Images that go through a model at a time; the most, where it is the model that says how many.
BATCH, MOST = 32, 4096
#: The numbers that tensors of models hold, by onnxruntime's names.
KINDS = {
    "tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(double)": np.float64, "tensor(bool)": np.bool_,
    "tensor(uint8)": np.uint8, "tensor(uint16)": np.uint16, "tensor(uint32)": np.uint32, "tensor(uint64)": np.uint64,
    "tensor(int8)": np.int8, "tensor(int16)": np.int16, "tensor(int32)": np.int32, "tensor(int64)": np.int64,
}  # fmt: skip


@dataclass(frozen=True)
class Session:
    """An opened model: its session, the device it runs on, why not a better one, and what netspec wrote into it.

    ``trouble`` says why what netspec wrote cannot be read.
    """

    session: Any
    device: str
    note: str
    metadata: dict[str, Any]
    trouble: str = ""

    @property
    def inputs(self) -> dict[str, tuple[int | None, ...]]:
        """Shapes of the inputs by name, without their batch; None where a size is free."""
        return {value.name: _sizes(value) for value in self.session.get_inputs()}

    @property
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

        The model runs on batches of one size, the last one padded.

        Raises Fault N708 where the model does not run, or an answer is no array with a row for each example.
        """
        inputs, outputs = self.session.get_inputs(), self.session.get_outputs()
        asked = [value for value in outputs if names is None or value.name in names]
        for value, what in (*((value, "input") for value in inputs), *((value, "output") for value in asked)):
            checked(value, what)
        size = self._fixed() or min(BATCH, len(xs[0]))
        parts = []
        for at in range(0, len(xs[0]), size):
            batch = {to.name: _filled(x[at : at + size], size, to) for to, x in zip(inputs, xs, strict=True)}
            parts.append(self._batch(batch, [value.name for value in asked], len(xs[0][at : at + size]), size))
        results = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        return [results[name] for name in (names or results)]

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
            raise Fault("N708", f"the model does not run on this input: {_short(error)}") from None
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


def open_model(path: Path, device: str = "auto", content: bytes | None = None, threads: int | None = None) -> Session:
    """A model, or a run's, on a device: ``auto`` takes the best that starts and says why not a better one.

    ``content`` is opened in place of the file; ``threads`` are those of the model on the processor, one a core unless
    given. Raises Trouble where the file or the named device is not there,
    Fault where the file is not a model.
    """
    path = in_run(path, "model.onnx")
    if content is None:
        check_model(path)
    model = _source(path) if content is None else content
    ort.set_default_logger_severity(4)
    if device != "auto":
        session, why = _start(model, device, threads)
        if session is not None:
            return _session(session, device, "")
        there = PROVIDERS[device] in ort.get_available_providers()
        cause = why if device == "cpu" else _start(model, "cpu")[1] if there else ""
        if cause:  # it is the model, since the processor does not open it either
            raise Fault("N708", f"{path} cannot be opened: {cause}")
        raise Trouble("N709", f"the device {device} does not start: {why}", help=_install(device))
    missing = []
    for name in ("cuda", "cpu"):
        if PROVIDERS[name] not in ort.get_available_providers():
            missing.append(f"{name}: this onnxruntime is built without it")
            continue
        session, why = _start(model, name, threads)
        if session is not None:
            return _session(session, name, "; ".join(missing))
        missing.append(f"{name}: {why}")
    raise Fault("N708", f"{path} cannot be opened: {missing[-1].removeprefix('cpu: ')}")


def tried(content: bytes) -> dict[str, str]:
    """Each device with the reason why it does not start, empty where a model was opened there and answered zeros."""
    ort.set_default_logger_severity(4)
    found = {}
    for name in reversed(PROVIDERS):
        running, found[name] = _start(content, name)
        if running is None:
            continue
        session = _session(running, name, "")
        try:
            session.run(
                *(np.zeros((1, *(size or 1 for size in shape)), np.float32) for shape in session.inputs.values())
            )
        except Fault as fault:
            found[name] = fault.message
    return found


def check_model(path: Path) -> None:
    """Trouble N601 for a folder, Fault N708 for a file, that is known to be something else than a model."""
    other = mistaken(path, "a model")
    if other and kind_of(path) == "a run's folder":  # with a model it would stand for that
        raise Trouble("N601", f"the run in {path} has no model yet",
                      help=f"go on with it: `netspec train --resume {path}`")  # fmt: skip
    if other:
        raise Trouble("N601", other) if path.is_dir() else Fault("N708", other)


def _source(path: Path) -> str | bytes:
    """What onnxruntime opens: the path, after a look at the file; its bytes where the path is no UTF-8."""
    with open_regular(path) as file:
        size = file.seek(0, 2)
        if not 0 < size < 2**31:
            why = "it is empty" if not size else f"it has {size:,} bytes, and an ONNX file at most {2**31 - 1:,}"
            raise Fault("N708", f"{path} cannot be opened: {why}")
    try:
        str(path).encode()
        return str(path)
    except UnicodeEncodeError:
        return read_regular(path, size)


def _start(model: str | bytes, device: str, threads: int | None = None) -> tuple[Any | None, str]:
    """A session whose first provider is the one asked for, or None and why not."""
    provider = PROVIDERS[device]
    if provider not in ort.get_available_providers():
        return None, "this onnxruntime is built without it"
    said = _preload() if device != "cpu" else ""
    options = ort.SessionOptions()
    options.intra_op_num_threads = (
        threads or cores()
    )  # a number of our own keeps onnxruntime from pinning threads to cores
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    providers: list[Any] = [provider] if device == "cpu" else [(provider, _options(device)), PROVIDERS["cpu"]]
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            session = ort.InferenceSession(model, options, providers=providers, enable_fallback=0)
    except Exception as error:  # onnxruntime's errors have no common kind of their own
        return None, _short(error) if device == "cpu" else said or "its libraries do not load"
    if session.get_providers()[0] != provider:
        return None, said or "its libraries do not load"
    return session, ""


def _options(device: str) -> dict[str, str]:
    return {"cudnn_conv_algo_search": "HEURISTIC"} if device == "cuda" else {}


def _preload() -> str:
    """Load CUDA's libraries; what it prints is the reason why one is missing."""
    heard = io.StringIO()
    if hasattr(ort, "preload_dlls"):
        with contextlib.redirect_stdout(heard), contextlib.suppress(Exception):
            ort.preload_dlls(directory="")
    return next((line.strip()[:200] for line in heard.getvalue().splitlines() if line.strip()), "")


def _install(device: str) -> str:
    return (
        'install CUDA 13 with `pip install "onnxruntime-gpu[cuda,cudnn]"` (about 1.6 GB); the driver must be there too'
        if device != "cpu"
        else ""
    )


def _session(session: Any, device: str, note: str) -> Session:
    try:
        metadata = json.loads(session.get_modelmeta().custom_metadata_map.get("netspec", "{}"))
    except (ValueError, RecursionError):
        return Session(session, device, note, {}, "it is not JSON")
    if not isinstance(metadata, dict):
        return Session(session, device, note, {}, "it is not a JSON object")
    return Session(session, device, note, metadata)


def _short(error: Exception) -> str:
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    return printable(text[:400])
