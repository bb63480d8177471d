"""What `netspec doctor` finds: devices that start and those that do not, and what is wrong with a machine."""

from __future__ import annotations

import numpy as np
import pytest

from netspec import machine
from netspec.net import doctor
from netspec.net.doctor import examined


def test_a_sound_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "card", lambda: None)
    found = examined()
    devices = {device["name"]: device for device in found["devices"]}
    assert list(devices) == ["cpu", "cuda", "tensorrt"]
    assert devices["cpu"] == {"name": "cpu", "starts": True, "reason": ""}
    assert all(device["starts"] != bool(device["reason"]) for device in devices.values())
    assert found["problems"] == []
    assert found["versions"]["numpy"] == np.__version__ and found["blas"]
    assert found["cores"] >= 1 and all(free > 0 for free in found["disk"].values())


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
    monkeypatch.setattr(machine, "card", lambda: card)
    found = examined()["problems"]
    assert len(found) == bool(problem)
    for each in found:
        assert problem in each["problem"] and cure in each["cure"]
