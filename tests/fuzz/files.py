"""Changes to files of bytes, for the harnesses of pictures, data and weights."""

from __future__ import annotations

import random
from pathlib import Path

from netspec.diagnostics import Fault


def damaged(draw: random.Random, content: bytes, other: bytes = b"") -> bytes:
    """One to four changes: bytes, bits, cuts, repeats, numbers that are large or small, pieces of another file."""
    held = bytearray(content)
    for _ in range(draw.choice((1, 1, 2, 4))):
        at, size = draw.randrange(len(held) + 1), draw.choice((1, 1, 2, 4, 8, 64))
        if draw.random() < 0.6:  # heads are where it hurts
            at = draw.randrange(min(len(held), 100) + 1)
        kind = draw.randrange(8)
        if kind == 0:
            held[at : at + size] = draw.randbytes(size)
        elif kind == 1 and at < len(held):
            held[at] ^= 1 << draw.randrange(8)
        elif kind == 2:
            del held[at : at + size]
        elif kind == 3:
            held[at:at] = held[at : at + size] * draw.choice((1, 2, 50))
        elif kind == 4:
            del held[at:]
        elif kind == 5:
            start = draw.randrange(len(other) + 1)
            held[at : at + size] = other[start : start + size]
        else:
            number = draw.choice(
                (0, 1, -1, 2**15, 2**31 - 1, 2**32 - 1, 2**63 - 1, draw.getrandbits(16), draw.getrandbits(32))
            )
            width = draw.choice((2, 4, 8))
            held[at : at + width] = (number % 2 ** (8 * width)).to_bytes(width, draw.choice(("little", "big")))
    return bytes(held)


def told(fault: Fault, code: str, path: Path | None = None) -> None:
    """Hold a fault against what it should be: the input's, of one code, short, and with the file's name."""
    assert fault.status == 1 and fault.code == code and len(fault.message) < 1000
    assert path is None or str(path) in fault.message
