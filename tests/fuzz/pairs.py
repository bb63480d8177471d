"""R27: chains of operators as onnxruntime's optimiser meets them, at every level of it, against the engine."""

from __future__ import annotations

import random
from pathlib import Path

from tests.agreement import LEVELS, disagreements
from tests.fuzz.frame import Harness
from tests.pairs import drawn


def _case(draw: random.Random, folder: Path) -> None:
    chains = drawn(draw, 20)
    told = disagreements(chains.graph(), draw.randrange(2**31), LEVELS)
    assert not told, "\n".join(f"{line}: {chains.texts.get(line.split(': ')[1].split()[0], '')}" for line in told)


PAIRS = Harness("pairs", "R27", _case, short=12, long=2_000, seconds=20.0, megabytes=1024)
