"""What `netspec doctor` finds: devices that start and those that do not, and what is wrong with a machine."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from netspec.net import doctor
from netspec.net.doctor import examined
from netspec.runtime import session as module


def test_a_sound_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_card", lambda: None)
    found = examined()
    devices = {device["name"]: device for device in found["devices"]}
    assert list(devices) == ["cpu", "cuda", "tensorrt"]
    assert devices["cpu"] == {"name": "cpu", "starts": True, "reason": ""}
    assert all(device["starts"] != bool(device["reason"]) for device in devices.values())
    assert found["problems"] == []
    assert found["versions"]["numpy"] == np.__version__ and found["blas"]
    assert found["cores"] >= 1 and all(free > 0 for free in found["disk"].values())


class Opens:
    """A session that opens, and is of no use."""

    def __init__(self, error: Exception | None) -> None:
        self.error = error

    def get_inputs(self) -> list[Any]:
        return [type("Input", (), {"name": "x", "shape": ["n", 1, 4, 4], "type": "tensor(float)"})]

    def get_outputs(self) -> list[Any]:
        return [type("Output", (), {"name": "y", "shape": ["n", 1, 4, 4], "type": "tensor(float)"})]

    def get_modelmeta(self) -> Any:
        return type("Meta", (), {"custom_metadata_map": {}})

    def run(self, names: list[str], given: dict[str, Any]) -> list[Any]:
        if self.error is not None:
            raise self.error
        return [given["x"]]


def test_a_device_starts_only_where_a_model_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    made = {"cpu": (Opens(None), ""), "cuda": (Opens(RuntimeError("CUDA failure 100: no device")), "")}
    monkeypatch.setattr(module, "_start", lambda content, name: made.get(name, (None, "built without it")))
    assert module.tried(b"") == {
        "cpu": "",
        "cuda": "the model does not run on this input: CUDA failure 100: no device",
        "tensorrt": "built without it",
    }


@pytest.mark.parametrize(
    ("versions", "devices", "card", "problem", "cure"),
    [
        (["onnxruntime", "onnxruntime-gpu"], {"cpu": "", "cuda": "x"}, None, "both installed", "pip uninstall"),
        (["onnxruntime"], {"cpu": "it is broken", "cuda": "x"}, None, "on the processor: it is broken", "pip install"),
        (["onnxruntime-gpu"], {"cpu": "", "cuda": "no cudnn"}, "/dev/nvidia0", "does not start: no cudnn", "cudnn"),
        (["onnxruntime-gpu"], {"cpu": "", "cuda": ""}, "/dev/nvidia0", "", ""),
        (["onnxruntime-gpu"], {"cpu": "", "cuda": "no cudnn"}, None, "", ""),
    ],
)  # fmt: skip
def test_problems_and_cures(
    versions: list[str], devices: dict[str, str], card: str | None, problem: str, cure: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    own = {"versions": dict.fromkeys(versions, "1"), "command": None}
    monkeypatch.setattr(doctor, "environment", lambda command: dict(own))
    monkeypatch.setattr(doctor, "_devices", lambda: devices)
    monkeypatch.setattr(doctor, "_card", lambda: card)
    found = examined()["problems"]
    assert len(found) == bool(problem)
    for each in found:
        assert problem in each["problem"] and cure in each["cure"]
