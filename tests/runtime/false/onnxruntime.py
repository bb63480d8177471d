"""A false onnxruntime, for commands: models are answered by onnx's own reference, cards behave as ``FALSE`` says.

``FALSE`` is one of: works, falls, raises, cannot_run, full, none. What is asked is written to the file ``ASKED``, a
JSON value a line.
"""

from __future__ import annotations

import json
import os
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator

__version__ = "0"
CARD = os.environ["FALSE"]
CPU = "CPUExecutionProvider"
KINDS = {
    onnx.TensorProto.FLOAT: "tensor(float)", onnx.TensorProto.UINT8: "tensor(uint8)",
    onnx.TensorProto.INT64: "tensor(int64)",
}  # fmt: skip
_level = 2


class SessionOptions(SimpleNamespace):
    """What is set is not looked at."""

    def add_session_config_entry(self, key: str, value: str) -> None:
        pass


def asked(**what: Any) -> None:
    with open(os.environ["ASKED"], "a") as file:
        file.write(json.dumps(what) + "\n")


def set_default_logger_severity(level: int) -> None:
    global _level
    _level = level


def preload_dlls(directory: str) -> None:
    asked(preload=directory)
    print("Failed to load libcufft.so.12: no such file")


def get_available_providers() -> list[str]:
    asked(available=True)
    return [CPU] if CARD == "none" else ["TensorrtExecutionProvider", "CUDAExecutionProvider", CPU]


def _values(values: Any) -> list[Any]:
    return [
        SimpleNamespace(
            name=value.name,
            type=KINDS[value.type.tensor_type.elem_type],
            shape=[size.dim_param or size.dim_value for size in value.type.tensor_type.shape.dim],
        )
        for value in values
    ]


class OrtValue:
    """An array, and where it is said to lie."""

    def __init__(self, array: Any, device: str) -> None:
        self.array, self.device = array, device

    @staticmethod
    def ortvalue_from_numpy(array: Any, device: str, number: int) -> OrtValue:
        asked(placed=list(array.shape), on=device)
        return OrtValue(array, device)

    def numpy(self) -> Any:
        return self.array


class Binding:
    """What goes in and out of a run; what comes out is written where it is told."""

    def __init__(self, session: InferenceSession) -> None:
        self.session = session
        self.given: dict[str, Any] = {}
        self.out: dict[str, OrtValue] = {}

    def bind_ortvalue_input(self, name: str, value: OrtValue) -> None:
        self.given[name] = value.array

    def bind_cpu_input(self, name: str, array: Any) -> None:
        self.given[name] = array

    def bind_ortvalue_output(self, name: str, value: OrtValue) -> None:
        self.out[name] = value

    def bind_output(self, name: str, device: str) -> None:
        self.out[name] = OrtValue(None, device)

    def get_outputs(self) -> list[OrtValue]:
        return list(self.out.values())


class InferenceSession:
    def __init__(self, path: Any, options: Any, providers: list[Any], enable_fallback: int) -> None:
        self.model = onnx.load_from_string(path) if isinstance(path, bytes) else onnx.load(path)
        names = [each if isinstance(each, str) else each[0] for each in providers]
        asked(session=providers, threads=options.intra_op_num_threads)
        if names[0] != CPU:
            print("*** EP Error ***")
            if _level <= 3:
                os.write(2, b"\x1b[1;31m2026-01-01 [E:onnxruntime:Default, a.cc:1 Get] no kernel image\n\x1b[m")
                os.write(2, b"2026-01-01 [W:onnxruntime:Default, b.cc:2 Make] see the page of requirements\n")
            if CARD == "raises":
                raise RuntimeError("CUDA failure 35: the driver is too old\nand more")
        self.card = names[0] != CPU and CARD != "falls"
        self.names = names if self.card else [CPU]

    def get_providers(self) -> list[str]:
        return self.names

    def get_modelmeta(self) -> Any:
        return SimpleNamespace(custom_metadata_map={entry.key: entry.value for entry in self.model.metadata_props})

    def get_inputs(self) -> list[Any]:
        return _values(self.model.graph.input)

    def get_outputs(self) -> list[Any]:
        return _values(self.model.graph.output)

    def io_binding(self) -> Binding:
        return Binding(self)

    def run_with_iobinding(self, binding: Binding) -> None:
        found = self.run(list(binding.out), binding.given)
        for value, array in zip(binding.out.values(), found, strict=True):
            value.array = np.array(array)

    def run(self, names: list[str], given: dict[str, Any]) -> list[Any]:
        sizes = [len(given[value.name]) for value in self.model.graph.input if given[value.name].ndim]
        asked(run=sizes[0], on=self.names[0], zeros=not any(value.any() for value in given.values()))
        if self.card and CARD == "cannot_run":
            raise RuntimeError("CUDA error: no kernel image is available for execution on the device")
        if self.card and CARD == "full" and sizes[0] > 8:
            raise RuntimeError("bfc_arena.cc:376 BFCArena::AllocateRawInternal Failed to allocate memory")
        return list(ReferenceEvaluator(self.model).run(names, given))
