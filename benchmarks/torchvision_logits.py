"""Do torchvision's weights, imported and compiled, give torchvision's logits? PyTorch judges; weights are random.

Run with the `bench` extra and torchvision: `python benchmarks/torchvision_logits.py`. Prints a Markdown table.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
import torchvision
from safetensors.torch import save_file

from netspec.cli import main

SPECS = Path(__file__).parents[1] / "specs"
NETS: list[tuple[str, str, list[str]]] = [
    ("vgg16", "vgg", []),
    ("resnet18", "resnet", ["depth=18", "stride_in=3"]),
    ("resnet50", "resnet", ["stride_in=3"]),
    ("resnext50_32x4d", "resnext", []),
    ("densenet121", "densenet", []),
    ("squeezenet1_0", "squeezenet", []),
    ("mobilenet_v2", "mobilenet_v2", []),
]


def randomised(name: str) -> torch.nn.Module:
    """The net of torchvision, with statistics as after some training."""
    torch.manual_seed(1)
    net: torch.nn.Module = getattr(torchvision.models, name)(weights=None)
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.5, 1.0)
            torch.nn.init.uniform_(module.bias, -0.1, 0.1)
            torch.nn.init.uniform_(module.running_mean, -0.1, 0.1)
            torch.nn.init.uniform_(module.running_var, 0.5, 1.5)
    return net.eval()


def netspec(*arguments: object) -> None:
    """A command that must succeed."""
    if status := main([str(a) for a in arguments]):
        raise SystemExit(status)


def compare(name: str, spec: str, settings: list[str], folder: Path) -> tuple[int, float]:
    """Tensors taken over, and the largest difference of the logits as a share of their range."""
    net = randomised(name)
    save_file(dict(net.state_dict()), folder / "torch.safetensors")
    sets = [part for setting in settings for part in ("--set", setting)]
    ours = folder / "ours.safetensors"
    netspec("weights", "import", SPECS / f"{spec}.net", folder / "torch.safetensors", *sets, "-o", ours)
    netspec("compile", SPECS / f"{spec}.net", *sets, "--weights", ours, "-o", folder / "net.onnx")
    x = np.random.default_rng(1).standard_normal((2, 3, 224, 224), dtype=np.float32)
    with torch.no_grad():
        wanted = net(torch.from_numpy(x)).numpy().astype(np.float64)
    session = onnxruntime.InferenceSession(folder / "net.onnx", providers=["CPUExecutionProvider"])
    (answers,) = session.run(None, {session.get_inputs()[0].name: x})
    logits = np.log(answers.astype(np.float64))  # up to a constant an image
    apart: Any = (logits - logits.mean(axis=1, keepdims=True)) - (wanted - wanted.mean(axis=1, keepdims=True))
    return len(net.state_dict()), float(np.abs(apart).max() / np.ptp(wanted))


print("| net | spec | tensors | largest difference / range of the logits |\n| --- | --- | --- | --- |")
with tempfile.TemporaryDirectory() as place:
    for torch_name, spec_name, chosen in NETS:
        tensors, difference = compare(torch_name, spec_name, chosen, Path(place))
        print(f"| {torch_name} | {' '.join([spec_name, *chosen])} | {tensors} | {difference:.1e} |", flush=True)
