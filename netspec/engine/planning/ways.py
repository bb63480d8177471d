"""How a machine runs nets: how much its caches hold, and the methods that were measured to be its fastest.

Both change the order in which numbers are added, so a run keeps those that it began with: it goes on with the same bits
on another machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from netspec.machine import Caches, caches

#: Numbers that one layer of a chunk should touch where the machine does not tell of its caches; the least and the most.
USUAL, LEAST, MOST = 2**20, 2**19, 2**22
#: Bytes of a second-level cache that holds a chunk by itself.
LARGE = 2**21


@dataclass(frozen=True)
class Ways:
    """``chunk`` is how many numbers one layer should touch at a time; ``methods`` are convolutions', by shape key."""

    chunk: int
    methods: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def here(cls, methods: Mapping[str, str] | None = None) -> Ways:
        """Those of this machine; ``methods`` are what was measured on it."""
        return cls(chunk_of(caches()), methods or {})

    @classmethod
    def read(cls, told: Any) -> Ways | None:
        """What ``to_json`` gave; None where it is not that."""
        match told:
            case {"chunk": int(chunk), "methods": dict(methods)} if LEAST <= chunk <= MOST:
                return cls(chunk, {key: name for key, name in methods.items() if isinstance(name, str)})
        return None

    def to_json(self) -> dict[str, Any]:
        """As a run keeps it."""
        return {"chunk": self.chunk, "methods": dict(self.methods)}


def chunk_of(found: Caches) -> int:
    """Numbers that one layer of a chunk should touch, from the caches.

    A large second-level cache holds most of a layer: twice its size was the best with 2 MiB. With 1 MiB the best was a
    core's share of the last level, 16 MiB: LeNet-5 on batches of 256 took 9 % less time than with 4 MiB, ResNet-20
    7 %, AlexNet 22 %, ResNet-18 8 %; with 32 MiB they took longer again, with 1 MiB a quarter longer.
    """
    if found.core is None:
        return USUAL
    size = 2 * found.core if found.core >= LARGE or found.share is None else max(2 * found.core, found.share)
    return min(max(size // 4, LEAST), MOST)
