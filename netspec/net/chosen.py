"""The settings of a training: the spec's, with what was asked for in place of their own."""

from __future__ import annotations

from netspec.settings import Train
from netspec.settings.train import Patience


def chosen(
    settings: Train, epochs: int | None, seed: int | None, batch: int | None, rate: float | None, patience: int | None
) -> Train:
    """The settings with what is given in place of their own."""
    given = {
        "epochs": epochs,
        "seed": seed,
        "batch": batch,
        "optimizer": None if rate is None else settings.optimizer.replaced(rate=rate),
        "stop": None if patience is None else Patience(epochs=patience),
    }
    return settings.replaced(**{name: value for name, value in given.items() if value is not None})
