"""Do the nets learn? Test accuracy of whole trainings, with the time that waiting for data took.

`python benchmarks/learning.py MNIST_FOLDER`: LeNet-5 and the MLP as shipped on MNIST, ResNet-20 on 4,000 drawn shapes
(shapes.py) for 12 epochs with a recipe for that many.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from shapes import CLASSES, make

import netspec
from netspec.engine.training.events import Epoch
from netspec.settings import Train
from netspec.settings.train import Adam, Cosine, Warmup

HERE = Path(__file__).parents[1]
SPECS = HERE / "specs"
#: The paper's is for 50,000 pictures.
RECIPE = Train(
    loss={"label": "cross_entropy"}, optimizer=Adam(rate=0.002), schedule=(Warmup(epochs=1), Cosine()), batch=64, seed=1
)


def main(digits: Path) -> None:
    """Print the table, a row as it comes."""
    print(
        "| net, data | epochs | test accuracy | must | seconds | waited for data |\n"
        "| --- | --- | --- | --- | --- | --- |"
    )
    with TemporaryDirectory() as folder:
        shapes = make(Path(folder), 4000, 800)
        residual = netspec.load(SPECS / "resnet_cifar.net", classes=len(CLASSES))
        rows = (
            ("LeNet-5, MNIST", netspec.load(SPECS / "lenet5.net").train(digits), 0.992),
            ("MLP, MNIST", netspec.load(SPECS / "mlp.net").train(digits), 0.98),
            ("ResNet-20, shapes", residual.train(shapes, settings=RECIPE, epochs=12), 0.95),
        )
        for name, events, must in rows:
            began = time.perf_counter()
            done = [event for event in events if isinstance(event, Epoch)]
            took, right = time.perf_counter() - began, done[-1].test_right / done[-1].test_count
            waited = sum(epoch.waited * epoch.seconds for epoch in done) / sum(epoch.seconds for epoch in done)
            print(f"| {name} | {len(done)} | {right:.2%} | {must:.1%} | {took:.0f} | {waited:.1%} |", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
