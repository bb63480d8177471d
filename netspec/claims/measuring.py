"""The memory that a training takes, in a process of its own: `python -m netspec.claims.measuring SPEC BATCH`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np

import netspec
from netspec.files import read_regular
from netspec.shape import numbers

if sys.platform != "win32":
    import resource


def peak_of_training(net: netspec.Net, batch: int) -> int:
    """Bytes by which the largest resident set of a training exceeds that of one with two examples; 0 if unknown.

    The net stands in a file and reads pictures; three steps are trained with one worker.
    """
    command = [sys.executable, "-m", "netspec.claims.measuring", str(net.path), str(batch)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(done.stdout)


def _largest() -> int:
    """The largest resident set of this process so far, in bytes; 0 where the system does not tell."""
    status = Path("/proc/self/status")
    if status.exists():  # getrusage would tell that of the program that started this one, too
        line = next(line for line in read_regular(status, 2**16).decode().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    if sys.platform == "win32":
        return 0
    told = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return told if sys.platform == "darwin" else told * 1024


def main(path: str, batch: int) -> None:
    """Train two examples, then three batches, and print by how much the second took more."""
    net = netspec.load(path)
    maps, *sizes = numbers(next(iter(net.graph.inputs.values())))
    peaks = []
    for size in (2, batch):
        x = np.zeros((3 * size, *sizes, maps), np.uint8)
        for _ in net.train({"train": (x, np.zeros(len(x), int))}, epochs=1, batch=size, workers=1):
            pass
        peaks.append(_largest())
    print(peaks[1] - peaks[0])


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
