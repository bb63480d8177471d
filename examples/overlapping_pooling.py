"""Does pooling that overlaps help? Windows of 3 at steps of 2 against 2 (Krizhevsky et al. 2012, section 3.4)."""

from __future__ import annotations

from pathlib import Path

from common import DIGITS, HERE, accuracy, begin, learn

import netspec


def main(out: Path, quick: bool) -> dict[str, float]:
    """Errors on the test digits, a seed at a time: one net says little, several say something."""
    errors: dict[str, list[float]] = {"window 2": [], "window 3": []}
    for seed in (1,) if quick else (1, 2, 3):
        for window in (2, 3):
            net = netspec.load(HERE / "digits.net", window=window)
            errors[f"window {window}"].append(1 - accuracy(learn(net, DIGITS, 1 if quick else 5, seed)[-1]))
    means = {name: sum(found) / len(found) for name, found in errors.items()}
    for name, found in errors.items():
        print(f"{name}: {means[name]:.2%} wrong on average ({', '.join(f'{error:.2%}' for error in found)})")
    return means


if __name__ == "__main__":
    begin(main)
