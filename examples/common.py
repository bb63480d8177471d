"""What the examples share: data that comes with netspec, training to a curve, and reading what was learned."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import netspec
from netspec.data.batches import prepared
from netspec.data.sets import read_set
from netspec.engine.training.events import Epoch
from netspec.settings import Train

HERE = Path(__file__).parent
SPECS = HERE.parent / "specs"
#: 10,000 of MNIST's digits to learn from and 2,000 to test on.
DIGITS = Path(netspec.__file__).parent / "data" / "demo"


def learn(
    net: netspec.Net, data: Path, epochs: int, seed: int | None = None, settings: Train | None = None
) -> list[Epoch]:
    """Train; one Epoch each, told as they come."""
    done = []
    for event in net.train(data, epochs=epochs, seed=seed, settings=settings):
        if isinstance(event, Epoch):
            done.append(event)
            print(
                f"  {net.name} epoch {event.number}: loss {event.loss:.4f}, "
                f"test {event.test_right / event.test_count:.2%}, {event.seconds:.1f} s"
            )
    return done


def accuracy(epoch: Epoch) -> float:
    """The share of right answers on the test set."""
    return epoch.test_right / epoch.test_count


def test_pictures(net: netspec.Net, data: Path, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The first prepared pictures of the test set (images, maps, height, width), and their classes."""
    pictures = read_set(data, "test", net.data.classes)
    inputs, _ = next(prepared(pictures, net.data, net.input_shapes(), []))
    x = next(iter(inputs.values()))
    return np.moveaxis(x, -1, 1)[:count], pictures.labels[:count]


def begin(main: Callable[[Path, bool], Any]) -> None:
    """Run an example: `--out` is where its pictures go, `--quick` makes it a matter of seconds."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--out", type=Path, default=Path("runs/examples"), help="folder for pictures")
    parser.add_argument("--quick", action="store_true", help="small numbers: it runs, and shows little")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    main(given.out, given.quick)
