"""The memory that a training may take, and the batch that fits into it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from netspec import machine
from netspec.diagnostics import Fault

if TYPE_CHECKING:
    from netspec.net import Net


def largest(bytes_of: Callable[[int], int], memory: int, most: int) -> int:
    """The largest batch from 1 to ``most`` whose bytes, which grow with it, are at most ``memory``; 0 where none is.

    A plan of a deep net takes a second and its bytes grow nearly in proportion: the next batch that is tried lies where the
    line through the two nearest known ones meets the limit, and every third is the middle, so that steps in it cannot hold it up.
    """
    known: dict[int, int] = {}
    good, bad = 0, most + 1
    while bad - good > 1:
        batch = max(good + 1, min(_guess(known, memory, good, bad), bad - 1, 16 * good or 1))
        known[batch] = bytes_of(batch)
        good, bad = (batch, bad) if known[batch] <= memory else (good, batch)
    return good


def _guess(known: Mapping[int, int], memory: int, good: int, bad: int) -> int:
    if len(known) < 2 or len(known) % 3 == 0:
        return 2 * good + 1 if bad not in known else (good + bad) // 2
    (n, low), (m, high) = sorted(sorted(known.items(), key=lambda item: abs(item[1] - memory))[:2])
    return n + (memory - low) * (m - n) // (high - low) if high > low else (good + bad) // 2


@dataclass(frozen=True)
class Budget:
    """``memory`` that training may take, in bytes; whether the batch was ``asked`` for; whether activations are made again."""

    memory: int | None = None
    asked: bool = False
    recompute: bool = False

    def settle(self, net: Net, batch: int, examples: int, workers: int | None) -> tuple[int, bool]:
        """The batch, and whether activations are made again so that it fits. Fault N712 where none does."""
        limit, binds = self.limit()
        if limit is None:
            return batch, self.recompute
        batch = min(batch, examples)
        if self.memory is None or self.asked:
            for recompute in dict.fromkeys((self.recompute, True)):
                if net.training_bytes(batch, workers, recompute) <= limit:
                    return batch, recompute
        largest = {again: net.largest_batch(limit, workers, again, examples) for again in dict.fromkeys((self.recompute, True))}
        recompute = max(largest, key=lambda again: (largest[again], not again))
        if self.memory is not None and not self.asked and largest[recompute]:
            plain = largest.get(False, 0)
            return (plain, False) if plain >= min(batch, examples) else (largest[recompute], recompute)
        needs = net.training_bytes(batch, workers, True)
        best = f"a batch of {largest[recompute]:,} is the largest that fits" if largest[recompute] else "not even one example fits"
        raise Fault("N712", f"training on batches of {batch:,} takes {told(needs)}, and there are {told(limit)}{binds}",
                    help=f"{best}{', with `--checkpoint-activations`' if recompute and largest[recompute] else ''}")  # fmt: skip

    def limit(self) -> tuple[int | None, str]:
        """Bytes that training may take, the least of what is said and what the machine gives; and what binds, in words."""
        found = machine.memory()
        if found is None or (self.memory is not None and self.memory <= found.free):
            return self.memory, ""
        return found.free, f": {found.limit}"


def told(count: int) -> str:
    """Bytes in a unit that people read."""
    return f"{count / 1e9:.2f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"
