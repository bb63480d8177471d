"""The one module that imports onnxruntime: devices, how a session is made on one, and why one does not start."""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netspec.diagnostics import printable
from netspec.locations import cache_folder
from netspec.machine import cores

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # before the import: it would phone home by default
import onnxruntime

ort: Any = onnxruntime  # its names are not declared to type checkers

PROVIDERS = {
    "tensorrt": "TensorrtExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "cpu": "CPUExecutionProvider",
}
#: Images that go through a model at a time; the most, where it is the model that says how many.
BATCH, MOST = 32, 4096
#: What is said where nothing tells more.
_SILENT = "its libraries do not load"
_INSTALL = {
    "cuda": 'install CUDA 13 with `pip install "onnxruntime-gpu[cuda,cudnn]"` (about 1.6 GB); '
    "the driver must be there too",
    "tensorrt": 'install TensorRT with `pip install tensorrt-cu13 "onnxruntime-gpu[cuda,cudnn]"` (some GB); '
    "the driver must be there too",
}
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_ERROR = re.compile("error|fail|cannot|could not|unable", re.IGNORECASE)
#: What onnxruntime writes before a message: when, which part, the place in its sources, its own word for the kind.
_NOTICED = re.compile(r"^.*\[E:[^\]]*\] (?:.*\[ONNXRuntimeError\] : \d+ : \w+ : )?")
#: The folders of a file that is named, which are long and say nothing of the reason.
_FOLDERS = re.compile(r"(?<![\w.])(?:/[^/\s:]+)+/(?=[\w.-]+)")
_FULL = re.compile(
    r"out.of.memory|alloc_failed|failed to allocate|bad_alloc|bfc_?arena|memoryallocation", re.IGNORECASE
)


@dataclass(frozen=True)
class Device:
    """Where a model is to run, and how.

    ``name`` is that of a device, or "auto" for the best that starts. ``batch`` examples go through the model at a time;
    ``threads`` are those of the processor, one a core unless given; ``fast`` lets a card round what it multiplies to
    10 bits (TF32).
    """

    name: str = "auto"
    batch: int = BATCH
    threads: int | None = None
    fast: bool = False

    @classmethod
    def of(cls, device: str | Device) -> Device:
        """A device by its name, used as usual; or as it is."""
        return cls(device) if isinstance(device, str) else device


@dataclass(frozen=True)
class Opened:
    """A session, and why it does not run on the device that was asked for, with what helps; empty where it does.

    There may be a session all the same: on the processor, which stands in without a word. ``there`` is whether the
    device itself took the model.
    """

    session: Any | None
    why: str = ""
    help: str = ""
    there: bool = False


def built(name: str) -> bool:
    """Whether onnxruntime knows a device; its libraries are loaded before it is asked, since some bring one along."""
    return PROVIDERS[name] in ort.get_available_providers()


def opened(model: str | bytes, name: str, device: Device, steady: bool = False) -> Opened:
    """A model on the device ``name``, or what became of it: another one took it, or none.

    What libraries say meanwhile is the reason, and is not seen. ``steady`` is for a model that is run many times on
    its own results: equal runs then give equal bits where the device can, and memory is not planned twice.
    """
    options = ort.SessionOptions()
    if steady:
        options.use_deterministic_compute, options.enable_mem_pattern = True, False
    else:  # between its runs the model's threads do not wait by spinning: the cores are those of the threads that read
        options.add_session_config_entry("session.force_spinning_stop", "1")
    # a number of our own keeps onnxruntime from pinning threads to cores
    options.intra_op_num_threads = device.threads or cores()
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    said = "" if name == "cpu" else _preload(name, device.fast)
    if not built(name):
        return Opened(None, "this onnxruntime is built without it", _INSTALL.get(name, ""))
    session, error = None, ""
    with _engines(name) as engines, heard() as lines, _severity(4 if name == "cpu" else 3):
        providers = _providers(name, device.fast, engines)
        try:
            session = ort.InferenceSession(model, options, providers=providers, enable_fallback=0)
        except Exception as caught:  # onnxruntime's errors have no common kind of their own
            error = short(caught)
    if name == "cpu":
        return Opened(session, error)
    if session is not None and session.get_providers()[0] == PROVIDERS[name]:
        return Opened(session, there=True)
    why = _last_error(lines) or error or said or _SILENT
    if full(why):
        return Opened(None, "its memory does not hold the model", "run on the cpu: `--device cpu`", there=True)
    return Opened(session, why, _INSTALL[name])


def placed(array: Any, name: str) -> Any:
    """An array as a value that lies on a device."""
    return ort.OrtValue.ortvalue_from_numpy(array, name, 0)


def quantization() -> Any:
    """onnxruntime's quantiser, which only one command needs."""
    return importlib.import_module("onnxruntime.quantization")


def full(error: str) -> bool:
    """Whether a device says that its memory is full."""
    return bool(_FULL.search(error))


def short(error: Exception) -> str:
    """The first line of what a library raised, fit to print."""
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    return printable(text[:400])


def quiet() -> None:
    """Let onnxruntime write nothing on stderr: what it says comes as an error of ours."""
    ort.set_default_logger_severity(4)


def _providers(name: str, fast: bool, engines: Path | None) -> list[Any]:
    """What onnxruntime is asked for: the device, and behind it what takes the operators that it does not know."""
    cuda = (PROVIDERS["cuda"], {"cudnn_conv_algo_search": "HEURISTIC", "use_tf32": str(int(fast))})
    cpu = PROVIDERS["cpu"]
    if name != "tensorrt":
        return [cuda, cpu] if name == "cuda" else [cpu]
    kept = {
        "trt_engine_cache_enable": "1", "trt_engine_cache_path": str(engines),
        "trt_timing_cache_enable": "1", "trt_timing_cache_path": str(engines),
    }  # fmt: skip
    return [(PROVIDERS[name], kept if engines else {}), cuda, cpu]


@contextlib.contextmanager
def _engines(name: str) -> Iterator[Path | None]:
    """Where TensorRT keeps what it builds for minutes; of the folders that are made for it no empty one stays.

    It makes the last folder of a path itself, and none above.
    """
    folder = cache_folder() if name == "tensorrt" else None
    made = [] if folder is None else [each for each in (folder, *folder.parents) if not each.exists()]
    try:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        folder = None
    try:
        yield folder and folder / "tensorrt"
    finally:
        with contextlib.suppress(OSError):
            for each in made:
                each.rmdir()


def _preload(name: str, fast: bool) -> str:
    """Load a device's libraries; the first line of what is printed meanwhile says which one is missing."""
    with heard() as lines, contextlib.suppress(Exception):
        if hasattr(ort, "preload_dlls"):
            ort.preload_dlls(directory="")
        if name == "tensorrt":
            if not fast:  # TensorRT has no option of its own for it
                os.environ.setdefault("NVIDIA_TF32_OVERRIDE", "0")
            importlib.import_module("tensorrt_libs")  # which loads them all, where they came by pip
    return printable(lines[0][:400]) if lines else ""


@contextlib.contextmanager
def _severity(level: int) -> Iterator[None]:
    """From which level on onnxruntime writes: 3 is errors, 4 nothing that matters."""
    ort.set_default_logger_severity(level)
    try:
        yield
    finally:
        quiet()


@contextlib.contextmanager
def heard() -> Iterator[list[str]]:
    """What is printed meanwhile, line by line, by Python or by libraries; at the end it is in the list.

    A pipe holds it, since a process that may write no file has no other place; what is too much for it is lost.
    """
    lines: list[str] = []
    printed = io.StringIO()
    with contextlib.ExitStack() as stack:
        pipe = stack.enter_context(_descriptors()) if sys.platform != "win32" else None
        stack.enter_context(contextlib.redirect_stdout(printed))
        stack.enter_context(contextlib.redirect_stderr(printed))
        try:
            yield lines
        finally:
            text = printed.getvalue()
            if pipe is not None:
                with contextlib.suppress(BlockingIOError):
                    text += os.read(pipe, 2**16).decode(errors="replace")
            lines += [line.strip() for line in _COLOUR.sub("", text).splitlines() if line.strip()]


@contextlib.contextmanager
def _descriptors() -> Iterator[int]:
    """The end of a pipe into which the descriptors 1 and 2 write."""
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    os.set_blocking(writer, False)
    saved = []
    try:
        for number in (1, 2):
            with contextlib.suppress(OSError):  # one that is closed has nothing to tell
                saved.append((os.dup(number), number))
                os.dup2(writer, number)
        yield reader
    finally:
        for copy, number in saved:
            os.dup2(copy, number)
            os.close(copy)
        os.close(writer)
        os.close(reader)


def _last_error(lines: list[str]) -> str:
    """The last line that speaks of an error, without where in the library it was noticed."""
    errors = [line for line in lines if "[E:" in line] or [line for line in lines if _ERROR.search(line)]
    return printable(_FOLDERS.sub("", _NOTICED.sub("", errors[-1]))[:400]) if errors else ""


def held(size: int) -> str:
    """What is said where a device's memory is full."""
    return f"its memory does not hold {size} examples at a time"


def less(size: int, fixed: int | None) -> str:
    """What helps where a device's memory is full."""
    return f"give it fewer: `--batch {size // 2}`" if size > 1 and not fixed else "run on the cpu: `--device cpu`"
