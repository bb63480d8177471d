"""The memory that a training may take, and the batch that fits into it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from netspec import machine
from netspec.diagnostics import Fault

if TYPE_CHECKING:
    from netspec.net import Net


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
