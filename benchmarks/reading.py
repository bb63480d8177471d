"""Training on JPEGs of 500 × 375 at 64 × 64 for three epochs, against a plain loop of Pillow with a thread a core.

The loop decodes (no draft mode) and resizes all of them once. Reading all, which is done before the first step, is
bound by decoding; from then on epochs are bound by the net, as the share of time that they waited for data says.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

from netspec.engine.training.events import Epoch, Started
from netspec.net import load

SPEC = """netspec 1
net Small {
    input image: 3 x 64 x 64
    a = image -> conv(16, 3, stride: 2) -> relu -> conv(32, 3, stride: 2) -> relu
    output kind = a -> conv(64, 3, stride: 2) -> relu -> global_avgpool -> dense(5) -> softmax
}
data { prepare: resize(64, 64) -> scale(1 / 255) -> normalize(mean: 0.45, std: 0.22) }
train {
    loss: cross_entropy
    optimizer: sgd(rate: 0.05)
    batch: 64
    epochs: 3
}
"""
CLASSES = 5


def pictures(folder: Path, count: int) -> None:
    """Textures of 500 × 375 at quality 88: about 90 KB each."""
    rng = np.random.default_rng(0)
    coarse = [Image.fromarray(rng.integers(0, 256, (12 * n, 16 * n, 3), dtype=np.uint8)) for n in range(1, CLASSES + 1)]
    bases = [np.asarray(one.resize((640, 480), Image.Resampling.BICUBIC)).astype(np.int16) for one in coarse]
    for number in range(count):
        y, x = rng.integers(0, 100), rng.integers(0, 130)
        noise = rng.normal(0, 8, (375, 500, 1)).astype(np.int16)
        pixels = np.clip(bases[number % CLASSES][y : y + 375, x : x + 500] + noise, 0, 255).astype(np.uint8)
        path = folder / f"kind{number % CLASSES}" / f"{number:05}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path, quality=88)


def plain(folder: Path) -> float:
    """Seconds of a loop that decodes and resizes all."""

    def read(file: Path) -> np.ndarray:
        with Image.open(file) as image:
            return np.asarray(image.convert("RGB").resize((64, 64), Image.Resampling.BILINEAR))

    began = time.perf_counter()
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for _ in pool.map(read, sorted(folder.rglob("*.jpg"))):
            pass
    return time.perf_counter() - began


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--cache", type=int, help="bytes to keep (default: the usual)")
    parser.add_argument("--without-fast", action="store_true", help="decode with Pillow though simplejpeg is installed")
    options = parser.parse_args()
    if options.without_fast:
        sys.modules["simplejpeg"] = None  # type: ignore[assignment]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "pictures"
        pictures(folder, options.count)
        (Path(name) / "s.net").write_text(SPEC)
        loop = plain(folder)
        net = load(Path(name) / "s.net")
        rows: list[tuple[str, float, str]] = [("a plain loop of Pillow", loop, "")]
        told: list[tuple[float, str]] = []
        began = time.perf_counter()

        def tell(line: str) -> None:
            told.append((time.perf_counter() - began, line))

        for event in net.train(folder, out=Path(name) / "run", tell=tell, cache=options.cache):
            if isinstance(event, Started):
                rows.append(("netspec: reading all", told[0][0], ""))
            elif isinstance(event, Epoch):
                rows.append((f"netspec: epoch {event.number}", event.seconds, f"{event.waited:.0%}"))
    print(f"{options.count:,} JPEGs of 500 × 375, {_processor()}, {len(os.sched_getaffinity(0))} cores")
    print(next((line for _, line in told if line.startswith("pictures:")), ""), "\n")
    print("| | seconds | pictures a second | waited for data |\n| --- | ---: | ---: | ---: |")
    for what, seconds, waited in rows:
        print(f"| {what} | {seconds:.2f} | {options.count / seconds:,.0f} | {waited} |")


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    found = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return found[0] if found else platform.processor()


if __name__ == "__main__":
    main()
