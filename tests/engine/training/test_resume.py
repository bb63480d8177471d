"""Stopped at any step and resumed: the bits of the unbroken run, with all that a training remembers."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import numpy as np
import pytest

from netspec.diagnostics import Fault
from netspec.engine.planning import ways
from netspec.engine.training.events import Epoch, Progress
from netspec.machine import Caches
from netspec.net import load

SPEC = """netspec 1
net Small(part = 0.3) {{
    input image: 1 x 12 x 12
    output y = image -> conv(4, 3) -> norm -> relu -> dropout(part) -> conv(6, 3,
        stride: 2) -> relu -> dense(3) -> softmax
}}
train {{
    loss: cross_entropy
    optimizer: {optimizer}
    schedule: {schedule}
    batch: 16
    epochs: 4
    average: 0.9
    clip: 1
    label_smoothing: 0.1
    stop: patience(9)
}}
data {{
    prepare: augment -> scale(1 / 255) -> subtract(mean)
    augment: random_crop(12, pad: 2) -> mirror
}}
"""
RULES = {
    "sgd": ("sgd(0.05, momentum: 0.9, nesterov: true, decay: 1e-3)", "plateau(1, 0.5)"),
    "adam": ("adam(0.01, decay: 1e-3)", "warmup(1) -> cosine"),
    "adamw": ("adamw(0.01)", "step(every: 1, factor: 0.5)"),
    "rmsprop": ("rmsprop(0.001, momentum: 0.5)", "poly(2)"),
}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    from PIL import Image

    rng = np.random.default_rng(5)
    for part, size in (("train", 14), ("test", 2)):
        for kind in range(3):
            folder = tmp_path / "data" / part / f"class{kind}"
            folder.mkdir(parents=True)
            for n in range(size):
                Image.fromarray(rng.integers(0, 120 + 60 * kind, (12, 12), dtype=np.uint8)).save(
                    folder / f"{n:02d}.png"
                )
    return tmp_path / "data"


def trained(
    spec: Path, data: Path, out: Path, steps: int | None = None, resume: Path | None = None, workers: int = 1
) -> list[float]:
    """Train for so many steps (all unless said); the losses of the epochs."""
    taken, losses = count(1), []
    done = [0]
    for event in load(spec).train(
        data, out=out, resume=resume, workers=workers, stop=lambda: steps is not None and done[0] >= steps
    ):
        if isinstance(event, Progress):
            done[0] = next(taken)
        if isinstance(event, Epoch):
            losses.append(event.loss)
    return losses


@pytest.mark.slow
@pytest.mark.parametrize("rule", RULES)
def test_a_resumed_run_has_the_bits_of_the_unbroken_one(rule: str, data: Path, tmp_path: Path) -> None:
    spec = tmp_path / "small.net"
    spec.write_text(SPEC.format(optimizer=RULES[rule][0], schedule=RULES[rule][1]))
    whole = trained(spec, data, tmp_path / "whole")  # 3 steps an epoch, the last of fewer images
    for steps in (2, 3, 7):
        broken = tmp_path / f"broken{steps}"
        first = trained(spec, data, broken, steps)
        again = trained(spec, data, broken, 1, resume=broken)
        rest = trained(spec, data, broken, resume=broken, workers=2)
        assert first + again + rest == whole
        for file in ("weights.safetensors", "state.safetensors", "model.onnx"):
            assert (broken / file).read_bytes() == (tmp_path / "whole" / file).read_bytes()


@pytest.mark.slow
def test_a_run_goes_on_with_the_same_bits_on_a_machine_with_other_caches(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = tmp_path / "large.net"
    text = SPEC.format(optimizer="sgd(0.01)", schedule="constant").replace("epochs: 4", "epochs: 2")
    text = text.replace("1 x 12 x 12", "1 x 64 x 64").replace("prepare: augment", "prepare: resize(64, 64)")
    spec.write_text(text.replace("    augment: random_crop(12, pad: 2) -> mirror\n", ""))
    runs = {}
    for name, share in (("small", 2**21), ("large", 2**24)):
        monkeypatch.setattr(ways, "caches", lambda share=share: Caches(2**19, share))
        trained(spec, data, tmp_path / name)
        runs[name] = (tmp_path / name / "weights.safetensors").read_bytes()
    assert runs["small"] != runs["large"]  # else it would not matter
    monkeypatch.setattr(ways, "caches", lambda: Caches(2**19, 2**21))
    trained(spec, data, tmp_path / "run", 1)
    monkeypatch.setattr(ways, "caches", lambda: Caches(2**19, 2**24))
    trained(spec, data, tmp_path / "run", resume=tmp_path / "run")
    assert (tmp_path / "run" / "weights.safetensors").read_bytes() == runs["small"]


def test_another_training_does_not_go_on(data: Path, tmp_path: Path) -> None:
    spec = tmp_path / "small.net"
    spec.write_text(SPEC.format(optimizer="sgd(0.05)", schedule="constant"))
    trained(spec, data, tmp_path / "run", 2)
    spec.write_text(SPEC.format(optimizer="sgd(0.06)", schedule="constant"))
    with pytest.raises(Fault, match="another optimizer"):
        trained(spec, data, tmp_path / "run", resume=tmp_path / "run")
