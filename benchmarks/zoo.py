"""Does every net of the zoo train as shipped? Each spec whole, on pictures of its own size, for 20 steps.

`python benchmarks/zoo.py [NET …]` prints a row for each: the batch, at most 8 and what fits into 4 GB, with the
spec's rate in proportion; the first loss of the main output beside that of a guess, ln(classes), and the mean of the
last five steps' losses beside that of the first five. Then the mean loss of a first epoch at the spec's own rate, 48
examples in batches of 8. Pictures are crops of photographs that scikit-image ships (each photograph is a class);
segmentation tells bright places from dark ones; clips are crops that move; sounds, units and points are drawn.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from math import isfinite, log
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage import data as photographs

import netspec
from netspec.engine.training.events import Epoch, Progress
from netspec.shape import numbers

SPECS = Path(__file__).parents[1] / "specs"
EXAMPLES, BATCH, STEPS, MEMORY = 48, 8, 20, 4 * 10**9
CLASSES = 6
PHOTOGRAPHS = ("astronaut", "coffee", "chelsea", "rocket", "immunohistochemistry", "hubble_deep_field",
               "retina", "camera", "coins", "grass")  # fmt: skip
Array = NDArray[Any]


def crops(height: int, width: int, count: int, rng: np.random.Generator, classes: int = CLASSES) -> tuple[Array, Array]:
    """Pieces of photographs, bytes (count, height, width, 3), and which photograph each is of."""
    pictures, labels = [], np.arange(count) % classes
    for label in labels:
        whole = getattr(photographs, PHOTOGRAPHS[label])()
        whole = whole[..., :3] if whole.ndim == 3 else np.repeat(whole[..., None], 3, axis=-1)
        times = [-(-side // have) for side, have in zip((height, width), whole.shape, strict=False)]
        whole = np.tile(whole, (*times, 1))  # a photograph smaller than the input is repeated
        top, left = (
            int(rng.integers(0, have - side + 1)) for have, side in zip(whole.shape, (height, width), strict=False)
        )
        pictures.append(whole[top : top + height, left : left + width])
    return np.stack(pictures), labels


def folder_of(net: netspec.Net, sizes: tuple[int, int], folder: Path) -> Path:
    """A folder for each photograph with pieces of it; of a net that answers at each place, pictures and labels."""
    rng = np.random.default_rng(0)
    answer = next(shape for name, shape in shapes(net).items())
    ten = len(answer) == 1 and answer[0] == len(PHOTOGRAPHS)
    pictures, labels = crops(*sizes, EXAMPLES, rng, len(PHOTOGRAPHS) if ten else CLASSES)
    for number, (picture, label) in enumerate(zip(pictures, labels, strict=True)):
        if len(answer) == 1:
            place = folder / "train" / PHOTOGRAPHS[label] / f"{number:03}.png"
        else:
            place = folder / "train" / "images" / f"{number:03}.png"
            bright = (picture.mean(axis=-1) > 110).astype(np.uint8)
            (folder / "train" / "labels").mkdir(parents=True, exist_ok=True)
            Image.fromarray(bright).save(folder / "train" / "labels" / f"{number:03}.png")
        place.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(place)
    return folder


def masked(net: netspec.Net) -> dict[str, Array]:
    """Arrays for a net that answers for the middle of a grey picture alone: pieces, and where they are bright there."""
    (name, (_, *sizes)), (output, (_, *gives)) = next(iter(net.input_shapes().items())), next(iter(shapes(net).items()))
    pictures, _ = crops(*map(int, sizes), EXAMPLES, np.random.default_rng(0))
    grey = pictures.mean(axis=-1).astype(np.float32)
    top, left = ((have - get) // 2 for have, get in zip(grey.shape[1:], gives, strict=True))
    bright = (grey > 110).astype(np.int64)[:, top : top + gives[0], left : left + gives[1]]
    return {name: grey[:, None], output: bright}  # the spec scales them


def shapes(net: netspec.Net) -> dict[str, tuple[int, ...]]:
    """The shapes of a net's outputs."""
    return {output.name: numbers(net.graph.shapes[output.value]) for output in net.graph.outputs}


def arrays_of(net: netspec.Net) -> dict[str, Array]:
    """Arrays for nets that read no single picture: clips that move, pairs, tones, bits and points."""
    rng, arrays = np.random.default_rng(0), dict[str, Array]()
    labels = np.arange(EXAMPLES) % 4
    for name, shape in net.input_shapes().items():
        sizes = tuple(n or 224 for n in shape[1:])
        if len(sizes) == 3:
            pictures, labels = crops(sizes[1], sizes[2], EXAMPLES, rng)
            clips = np.stack([np.roll(pictures, 2 * t, axis=2) for t in range(sizes[0])], axis=1)
            arrays[name] = np.moveaxis(clips, -1, 1).astype(np.float32)
        elif len(sizes) == 2:  # of a pair the second is of the same photograph, or not
            pictures, labels = crops(sizes[0], sizes[1], EXAMPLES, rng)
            order = np.where(np.arange(EXAMPLES) % 2, np.arange(EXAMPLES), np.roll(np.arange(EXAMPLES), 1))
            grey = pictures.mean(axis=-1).astype(np.float32)[:, None] / 255
            arrays[name] = grey if not arrays else grey[order]
        elif len(sizes) == 1:
            phases = np.arange(sizes[0]) * (0.01 * 2.0**labels)[:, None] + rng.uniform(0, 6, (EXAMPLES, 1))
            arrays[name] = (8000 * np.sin(phases))[:, None].astype(np.float32)
        else:
            arrays[name] = (rng.random((EXAMPLES, shape[0] or 1)) < 0.5).astype(np.float32)
    first = next(iter(arrays.values()))
    for name, shape in shapes(net).items():
        if net.train_settings.loss[name] == "cross_entropy":
            arrays[name] = labels
        elif shape == (1,) and len(arrays) == 2:
            arrays[name] = (np.arange(EXAMPLES) % 2).astype(np.float32)[:, None]
        elif shape != first.shape[1:]:
            arrays[name] = np.sin(first).sum(axis=1, keepdims=True)
    return arrays


def loaded(name: str) -> netspec.Net:
    """A spec as shipped, but for the number of classes and, of free sizes, 224."""
    path = SPECS / f"{name}.net"
    text = path.read_text(encoding="utf-8").split("{")[0]
    given = {key: CLASSES for key in ("classes", "people") if key in text and name not in ("fcn32s", "unet")}
    net = netspec.load(path, **given)
    free = any(None in shape for shape in net.input_shapes().values())
    return net.at({"H": 224, "W": 224}) if free else net


def row(name: str) -> str:
    """What came of one net."""
    net = loaded(name)
    settings = net.train_settings
    batch = max(1, net.largest_batch(MEMORY, most=min(BATCH, settings.batch)))
    sizes = [tuple(shape) for shape in net.input_shapes().values()]
    with TemporaryDirectory() as folder:
        one = len(sizes) == 1 and (len(sizes[0]) == 3 or name == "autoencoder")
        size = (sizes[0][1], sizes[0][2]) if len(sizes[0]) == 3 else (28, 28)
        smaller = one and shapes(net)[next(iter(shapes(net)))][1:] not in ((), size)
        data: Any = masked(net) if smaller else folder_of(net, size, Path(folder)) if one else arrays_of(net)
        rate = float(settings.optimizer.rate)
        losses = list(steps(net, data, batch, rate * batch / settings.batch))
        own = next(event.loss for event in net.train(data, batch=8, epochs=1) if isinstance(event, Epoch))
    first, last = np.mean(losses[:5]), np.mean(losses[-5:])
    output = next(iter(shapes(net)))
    heads = sum(output.weight for output in net.graph.outputs)
    guess = log(shapes(net)[output][0]) if settings.loss[output] == "cross_entropy" else None
    sound = all(map(isfinite, losses)) and last < first
    if guess is not None:
        sound = sound and abs(losses[0] / heads / guess - 1) < 0.2 and own / heads < 3 * guess
    told = "-" if guess is None else f"{guess:.2f}"
    figures = " | ".join(f"{loss / heads:.2f}" for loss in (losses[0], first, last, own))
    verdict = "yes" if sound else "**no**"
    return f"| {name} | {batch} | {rate * batch / settings.batch:.3g} | {told} | {figures} | {verdict} |"


def steps(net: netspec.Net, data: Any, batch: int, rate: float) -> Iterator[float]:
    """The losses of the first steps, all heads together."""
    count = 0
    for event in net.train(data, batch=batch, rate=rate, epochs=STEPS):
        if isinstance(event, Progress):
            yield event.loss
            count += 1
            if count == STEPS:
                return


def main(names: list[str]) -> None:
    """Print the table, a row as it comes."""
    print("| net | batch | rate | ln(classes) | first loss | first five | last five | epoch at its own rate | sound |\n"
          "| --- | --- | --- | --- | --- | --- | --- | --- | --- |")  # fmt: skip
    for name in names or sorted(path.stem for path in SPECS.glob("*.net")):
        print(row(name), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
