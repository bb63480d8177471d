"""Nets learn what they are for; a wrong gradient would miss the thresholds. Errors are of examples not trained on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netspec.engine.training.events import Epoch
from netspec.net import load

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
DIGITS = ROOT / "netspec" / "data" / "demo"


def learned(spec: str, data: Path, epochs: int, **parameters: Any) -> Epoch:
    """The last epoch of a training."""
    events = load(ROOT / "specs" / f"{spec}.net", **parameters).train(data, epochs=epochs, seed=1)
    return [event for event in events if isinstance(event, Epoch)][-1]


def kept(folder: Path, **parts: dict[str, np.ndarray]) -> Path:
    """A folder with the parts as arrays."""
    for part, arrays in parts.items():
        np.savez(folder / f"{part}.npz", **arrays)
    return folder


def test_a_function_is_approximated(tmp_path: Path) -> None:
    def part(seed: int, count: int) -> dict[str, np.ndarray]:
        point = np.random.default_rng(seed).uniform(-1, 1, (count, 2))
        return {"point": point, "value": np.sin(3 * point[:, :1]) * np.cos(2 * point[:, 1:])}

    done = learned("approximate", kept(tmp_path, train=part(1, 1000), test=part(2, 300)), 200)
    assert done.test_loss is not None and done.test_loss < 3e-3  # the function's own variance is 0.27


def test_noisy_patterns_are_recalled(tmp_path: Path) -> None:
    stored = np.sign(np.random.default_rng(0).standard_normal((8, 64)))

    def part(seed: int, count: int) -> dict[str, np.ndarray]:
        rng = np.random.default_rng(seed)
        clean = stored[rng.integers(0, 8, count)]
        noisy = np.where(rng.random(clean.shape) < 0.15, -clean, clean)
        return {"pattern": (noisy + 1) / 2, "recalled": clean}

    done = learned("hopfield", kept(tmp_path, train=part(1, 4000), test=part(2, 200)), 10)
    assert done.test_loss is not None and done.test_loss < 0.08  # the noise itself: 0.6


def test_codes_of_digits() -> None:
    done = learned("autoencoder", DIGITS, 4)
    assert done.test_loss is not None and done.test_loss < 0.245  # the mean digit for every one: 0.263


@pytest.mark.parametrize(("spec", "least"), [("rbf", 0.83), ("mlp", 0.91), ("lenet5_rbf", 0.85)])
def test_digits_are_told_apart(spec: str, least: float) -> None:
    done = learned(spec, DIGITS, 2)
    assert done.test_right / done.test_count > least
