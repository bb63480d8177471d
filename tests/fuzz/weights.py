"""R14: safetensors and npz files with bytes changed: N702, or arrays of just the numbers that the file holds."""

from __future__ import annotations

import io
import json
import random
import re
from functools import cache
from pathlib import Path

import numpy as np
from safetensors.numpy import save

from netspec.diagnostics import Fault
from netspec.interop.weight_files import load_weights
from tests.fuzz.files import damaged, told
from tests.fuzz.frame import Harness


@cache
def corpus() -> list[tuple[str, bytes]]:
    """Files of weights with their suffixes."""
    rng = np.random.default_rng(0)
    arrays = {
        "a/conv.weight": rng.random((2, 1, 3, 3)).astype(np.float32),
        "a/conv.bias": rng.random(2).astype(np.float16),
        "n": np.arange(6),
        "e": np.zeros((0, 2), np.float32),
    }
    plain, squeezed = io.BytesIO(), io.BytesIO()
    np.savez(plain, **arrays)
    np.savez_compressed(squeezed, **arrays)
    about = {"netspec": json.dumps({"net": "A", "data": {"prepare": []}})}
    return [
        ("safetensors", save(arrays, about)),
        ("safetensors", save(arrays)),
        ("npz", plain.getvalue()),
        ("npz", squeezed.getvalue()),
    ]


def _of_the_head(draw: random.Random, content: bytes) -> bytes:
    """A safetensors file whose head is sound JSON and says something else."""
    length = int.from_bytes(content[:8], "little")
    head = content[8 : 8 + length].decode("utf-8", errors="replace")
    numbers = list(re.finditer(r"\d+|F32|F16|I64", head))
    place = draw.choice(numbers) if numbers else None
    if place is not None:
        word = draw.choice(
            (
                "0",
                "-1",
                "1e9",
                str(2**63),
                str(draw.randrange(100)),
                "F8_E5M2",
                "BF16",
                "null",
                "[]",
                "[" * 1000,
                "F64",
                "BOOL",
                "true",
            )
        )
        head = head[: place.start()] + word + head[place.end() :]
    made = head.encode()
    return len(made).to_bytes(8, "little") + made + content[8 + length :]


def _case(draw: random.Random, folder: Path) -> None:
    suffix, content = draw.choice(corpus())
    content = (
        _of_the_head(draw, content)
        if suffix == "safetensors" and draw.random() < 0.4
        else damaged(draw, content, draw.choice(corpus())[1])
    )
    path = folder / f"a.{suffix}"
    path.write_bytes(content)
    try:
        arrays, about = load_weights(path)
    except Fault as fault:
        return told(fault, "N702", path)
    assert isinstance(about, dict)
    for array in arrays.values():
        assert array.dtype.kind in "fiub" and array.nbytes <= 2 * len(content) * 1032


WEIGHTS = Harness("weights", "R14", _case, short=1_500, long=100_000)
