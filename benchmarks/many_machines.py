"""`netspec run` by threads and by workers of Ray on this machine: seconds to the first row, and to the last."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

PICTURES = sorted((Path(__file__).parents[1] / "netspec" / "data" / "demo" / "pictures").glob("*.png"))


def seconds(*words: str) -> tuple[float, float]:
    """Seconds until a command printed its first line, and until it ended."""
    began = time.perf_counter()
    child = subprocess.Popen(
        [sys.executable, "-m", "netspec", *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert child.stdout is not None
    child.stdout.readline()
    first = time.perf_counter() - began
    child.communicate()
    assert child.returncode == 0
    return first, time.perf_counter() - began


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--count", type=int, default=20_000)
parser.add_argument("--workers", type=int, default=2)
given = parser.parse_args()
with tempfile.TemporaryDirectory() as folder:
    run, pictures = Path(folder) / "run", Path(folder) / "pictures"
    subprocess.run([sys.executable, "-m", "netspec", "demo", "-o", run], check=True, stdout=subprocess.DEVNULL)
    pictures.mkdir()
    for number, path in enumerate(islice(PICTURES * (given.count // len(PICTURES) + 1), given.count)):
        (pictures / f"{number:08}.png").symlink_to(path)
    print("| | first row | whole |\n| --- | --- | --- |")
    for name, words in {"threads": [], "Ray": ["--ray", "--workers", str(given.workers)]}.items():
        for _ in range(2):
            first, whole = seconds("run", str(run), str(pictures), *words)
            print(f"| {name} | {first:.1f} s | {whole:.1f} s |", flush=True)
