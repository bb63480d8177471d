"""What a machine has for netspec, and what it lacks: versions, devices that start, memory, disk, caches."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from ctypes.util import find_library
from pathlib import Path
from typing import Any

from netspec import machine
from netspec.net.environment import environment
from netspec.net.methods_cache import place

#: A net of one layer, which every device that starts can run.
SPEC = "netspec 1\nnet Tiny {\n    input x: 1 x 4 x 4\n    output y = x -> conv(1, 3, pad: 1)\n}\n"
#: What onnxruntime needs of CUDA, by the names of libraries.
LIBRARIES = ("cuda", "cudart", "cublas", "cudnn", "nvinfer")


def examined() -> dict[str, Any]:
    """As ``netspec doctor --json`` has it; ``problems`` has what keeps netspec from working, each with its cure.

    ``memory``, ``free`` and those of ``disk`` are bytes, as far as this machine tells. ``devices`` says of each whether
    a model was opened and answered there, and else why not.
    """
    devices = _devices()  # which loads NumPy, and so its library of matrix products
    found = environment(None)
    del found["command"]
    free, caches = machine.memory(), machine.caches()
    found |= {
        "free_limit": None if free is None else free.limit,
        "card": machine.card(),
        "devices": [{"name": name, "starts": not why, "reason": why} for name, why in devices.items()],
        "libraries": {name: find_library(name) for name in LIBRARIES},
        "disk": {str(path): shutil.disk_usage(path).free for path in (Path.cwd(), Path(tempfile.gettempdir()))},
        "caches": {"core": caches.core, "share": caches.share, "methods": str(place() or "")},
    }
    return found | {"problems": list(_problems(found))}


def _devices() -> dict[str, str]:
    from netspec.interop.export import export, serialize
    from netspec.net.compiling import metadata
    from netspec.net.reading import loads
    from netspec.runtime.session import tried

    net = loads(SPEC)
    return tried(serialize(export(net.model(net.initial()), metadata(net, net.data))))


def _problems(found: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    versions, devices = found["versions"], {device["name"]: device for device in found["devices"]}
    if {"onnxruntime", "onnxruntime-gpu"} <= set(versions):
        yield {
            "problem": "onnxruntime and onnxruntime-gpu are both installed, and each writes over the other's files",
            "cure": "pip uninstall -y onnxruntime onnxruntime-gpu, then install the one that is wanted",
        }
    if not devices["cpu"]["starts"]:
        yield {"problem": f"no model runs on the processor: {devices['cpu']['reason']}",
               "cure": "install onnxruntime anew: pip install --force-reinstall onnxruntime"}  # fmt: skip
    if found["card"] and not devices["cuda"]["starts"]:
        yield {"problem": f"there is a card ({found['card']}), and cuda does not start: {devices['cuda']['reason']}",
               "cure": 'pip install "onnxruntime-gpu[cuda,cudnn]"; the driver must be there too'}  # fmt: skip
