"""`netspec run` on JPEGs of 500 × 375 against a plain script with Pillow, NumPy, onnxruntime and a thread a core.

Both are whole processes, which take turns; the ratio is the script's time to ours: above 1 netspec is faster.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

SPEC = """netspec 1
net Small {
    input image: 3 x 64 x 64
    a = image -> conv(16, 3, stride: 2) -> relu -> conv(32, 3, stride: 2) -> relu
    output kind = a -> conv(64, 3, stride: 2) -> relu -> global_avgpool -> dense(10) -> softmax
}
data { prepare: resize(short: 72) -> center_crop(64) -> scale(1 / 255) -> normalize(mean: 0.45, std: 0.22) }
"""
BATCH = 32


def plain(model: str, folder: str, out: str) -> None:
    """What one would write without netspec: the same answers."""
    import onnxruntime

    cores = len(os.sched_getaffinity(0))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = cores
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    files = sorted(Path(folder).iterdir())

    def read(file: Path) -> np.ndarray:
        with Image.open(file) as image:
            image = image.convert("RGB")
            width, height = image.size
            short = min(width, height)
            image = image.resize((width * 72 // short, height * 72 // short), Image.Resampling.BILINEAR)
            left, top = (image.width - 64) // 2, (image.height - 64) // 2
            pixels = np.asarray(image.crop((left, top, left + 64, top + 64)), np.float32)
            return ((pixels / 255 - 0.45) / 0.22).transpose(2, 0, 1)

    with ThreadPoolExecutor(cores) as pool, open(out, "w", encoding="utf-8") as lines:
        for at in range(0, len(files), BATCH):
            batch = np.stack(list(pool.map(read, files[at : at + BATCH])))
            for file, row in zip(files[at:], session.run(None, {"image": batch})[0], strict=False):
                lines.write(f"{file},{row.argmax()},{row.max()}\n")


def pictures(folder: Path, count: int) -> None:
    """Textures of 500 × 375 at quality 88: about 90 KB each."""
    rng = np.random.default_rng(0)
    coarse = Image.fromarray(rng.integers(0, 256, (24, 32, 3), dtype=np.uint8))
    base = np.asarray(coarse.resize((640, 480), Image.Resampling.BICUBIC)).astype(np.int16)
    for number in range(count):
        y, x = rng.integers(0, 100), rng.integers(0, 130)
        noise = rng.normal(0, 8, (375, 500, 1)).astype(np.int16)
        pixels = np.clip(base[y : y + 375, x : x + 500] + noise, 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{number:05}.jpg", quality=88)


def timed(*command: str) -> float:
    """Seconds of a whole process, with its bytecode as an installed package has it."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    began = time.perf_counter()
    subprocess.run([sys.executable, *command], check=True, capture_output=True, env=environment)
    return time.perf_counter() - began


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--plain", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.plain:
        plain(*options.plain)
        return
    from netspec.net import load

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "jpg").mkdir()
        pictures(folder / "jpg", options.count)
        (folder / "s.net").write_text(SPEC)
        model, jpg = str(folder / "m.onnx"), str(folder / "jpg")
        load(folder / "s.net").compile(model)
        without = "import sys; sys.modules['simplejpeg'] = None; from netspec.__main__ import start; start()"
        asked = ("run", model, jpg, "--csv", str(folder / "a.csv"))
        ways = {
            "a plain script": (__file__, "--plain", model, jpg, str(folder / "b.csv")),
            "netspec": ("-c", without, *asked),
            "netspec[fast]": ("-m", "netspec", *asked),
        }
        for command in ways.values():
            timed(*command)  # writes the bytecode
        times: dict[str, list[float]] = {way: [] for way in ways}
        for _ in range(options.rounds):
            for way, command in ways.items():
                times[way].append(timed(*command))
    medians = {way: statistics.median(seconds) for way, seconds in times.items()}
    print(f"{options.count:,} JPEGs of 500 × 375, {len(os.sched_getaffinity(0))} cores, {options.rounds} rounds\n")
    print("| | seconds | pictures a second | ratio |\n| --- | ---: | ---: | ---: |")
    for way, seconds in medians.items():
        print(f"| {way} | {seconds:.2f} | {options.count / seconds:,.0f} | {medians['a plain script'] / seconds:.2f} |")


if __name__ == "__main__":
    main()
