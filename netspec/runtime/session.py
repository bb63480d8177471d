"""The one module that imports onnxruntime: models opened on a device that really starts."""

from __future__ import annotations

import contextlib
import io
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netspec.diagnostics import Fault, Trouble

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # before the import: it would phone home by default
import onnxruntime

ort: Any = onnxruntime  # its names are not declared to type checkers

Array = NDArray[Any]
PROVIDERS = {
    "tensorrt": "TensorrtExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "cpu": "CPUExecutionProvider",
}
DEVICES = ("auto", "cpu", "cuda", "tensorrt")
#: Images that go through a model at a time.
BATCH = 32


@dataclass(frozen=True)
class Session:
    """An opened model: its session, the device it runs on, why not a better one, and what netspec wrote into it."""

    session: Any
    device: str
    note: str
    metadata: dict[str, Any]

    @property
    def inputs(self) -> dict[str, tuple[int | None, ...]]:
        """Shapes of the inputs by name, without their batch; None where a size is free."""
        return {value.name: _sizes(value) for value in self.session.get_inputs()}

    @property
    def input(self) -> tuple[str, tuple[int | None, ...]]:
        """Name and shape of the first input."""
        return next(iter(self.inputs.items()))

    @property
    def outputs(self) -> dict[str, tuple[int | None, ...]]:
        """Shapes of the outputs by name, as those of the inputs."""
        return {value.name: _sizes(value) for value in self.session.get_outputs()}

    def run(self, *xs: Array) -> list[Array]:
        """All outputs for the inputs in their order, as the model reads them, in batches of one size, the last one padded."""
        parts = []
        for at in range(0, len(xs[0]), BATCH):
            batch = {to.name: _filled(x[at : at + BATCH], len(x), to.type) for to, x in zip(self.session.get_inputs(), xs, strict=True)}
            n = len(xs[0][at : at + BATCH])
            try:
                parts.append([value[:n] for value in self.session.run(None, batch)])
            except Exception as error:  # onnxruntime's errors have no common kind of their own
                raise Fault("N708", f"the model does not run on this input: {_short(error)}") from None
        return [np.concatenate(values) for values in zip(*parts, strict=True)]


def _sizes(value: Any) -> tuple[int | None, ...]:
    return tuple(n if isinstance(n, int) else None for n in value.shape[1:])


def _filled(x: Array, whole: int, kind: str) -> Array:
    """A batch of the one size where there is more than one."""
    batch = np.ascontiguousarray(x, dtype=np.uint8 if kind == "tensor(uint8)" else np.float32)
    rest = BATCH - len(batch) if whole > BATCH else 0
    return np.concatenate([batch, np.zeros((rest, *batch.shape[1:]), batch.dtype)]) if rest else batch


def open_model(path: Path, device: str = "auto") -> Session:
    """A model on a device: ``auto`` takes the best that starts and says why not a better one.

    Raises Trouble where the file or the named device is not there, Fault where the file is no model.
    """
    if not path.is_file():
        raise Trouble("N601", f"{path} cannot be read: {'not a plain file' if path.exists() else 'no such file or directory'}")
    ort.set_default_logger_severity(4)
    if device != "auto":
        made, why = _start(path, device)
        if made is None:
            raise Trouble("N709", f"the device {device} does not start: {why}", help=_install(device))
        return _session(made, device, "")
    missing = []
    for name in ("cuda", "cpu"):
        if PROVIDERS[name] not in ort.get_available_providers():
            missing.append(f"{name}: this onnxruntime is built without it")
            continue
        made, why = _start(path, name)
        if made is not None:
            return _session(made, name, "; ".join(missing))
        missing.append(f"{name}: {why}")
    raise Fault("N708", f"{path} cannot be opened: {missing[-1].removeprefix('cpu: ')}")


def _start(path: Path, device: str) -> tuple[Any | None, str]:
    """A session whose first provider is the one asked for, or None and why not."""
    wanted = PROVIDERS[device]
    if wanted not in ort.get_available_providers():
        return None, "this onnxruntime is built without it"
    said = _preload() if device != "cpu" else ""
    options = ort.SessionOptions()
    options.intra_op_num_threads = _threads()
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    providers: list[Any] = [wanted] if device == "cpu" else [(wanted, _options(device)), PROVIDERS["cpu"]]
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            session = ort.InferenceSession(str(path), options, providers=providers, enable_fallback=0)
    except Exception as error:  # onnxruntime's errors have no common kind of their own
        return None, _short(error) if device == "cpu" else said or "its libraries do not load"
    if session.get_providers()[0] != wanted:
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


def _threads() -> int:
    """Cores that this process may use; a number of our own keeps onnxruntime from pinning threads to cores."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with contextlib.suppress(OSError, ValueError):
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        cores = min(cores, max(1, -(-int(quota) // int(period))))
    return cores


def _install(device: str) -> str:
    return 'pip install "onnxruntime-gpu[cuda,cudnn]" brings CUDA 13 (about 1.6 GB); the driver must be there' if device != "cpu" else ""


def _session(session: Any, device: str, note: str) -> Session:
    try:
        metadata = json.loads(session.get_modelmeta().custom_metadata_map.get("netspec", "{}"))
    except ValueError:
        metadata = {}
    return Session(session, device, note, metadata if isinstance(metadata, dict) else {})


def _short(error: Exception) -> str:
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    return text[:200]
