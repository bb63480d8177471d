"""Arrays that stay one array when the process forks."""

from __future__ import annotations

import mmap
import os
import sys
from collections.abc import Sequence
from math import prod

import numpy as np
from numpy.typing import DTypeLike

from netspec.engine.kernel import Array


def can_fork() -> bool:
    """Whether processes can share memory that was made before they were born."""
    return sys.platform == "linux" and hasattr(os, "fork")


def shared(shape: Sequence[int] | int, dtype: DTypeLike) -> Array:
    """An array of zeros that stays one array when the process forks; where it cannot fork, any array."""
    if not can_fork():
        return np.zeros(shape, dtype)
    kind = np.dtype(dtype)
    sizes = (shape,) if isinstance(shape, int) else tuple(shape)
    try:
        memory = mmap.mmap(-1, max(prod(sizes) * kind.itemsize, 1))
    except (OSError, OverflowError):
        raise MemoryError(f"{prod(sizes) * kind.itemsize:,} bytes of shared memory") from None
    return np.frombuffer(memory, dtype=kind, count=prod(sizes)).reshape(sizes)
