"""The memory that a training may take, and the batch that fits into it."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from netspec import machine
from netspec.diagnostics import Fault, Trouble
from netspec.net.methods_cache import tuned

if TYPE_CHECKING:
    from netspec.net.structure import Structure


def bytes_of(net: Structure, workers: int | None, recompute: bool) -> Callable[[int], int]:
    """The memory that a step of training takes, as a function of the batch; each size is worked out once."""
    from netspec.engine.planning.make import Outline
    from netspec.engine.planning.needs import training_bytes
    from netspec.engine.planning.ways import Ways
    from netspec.engine.training.rules import slots

    settings, count = net.train_settings, workers or machine.cores()
    outline = Outline(net.graph, True, settings.loss, ways=Ways.here(tuned()), recompute=recompute)
    kept = len(slots(settings.optimizer)) + (settings.average is not None)
    return lambda batch: training_bytes(outline.plan(batch), kept, count)


def largest(bytes_of: Callable[[int], int], memory: int, most: int) -> int:
    """The largest batch from 1 to ``most`` whose bytes, which grow with it, are at most ``memory``; 0 where none is.

    Planning a deep net takes a second, and its bytes grow nearly in proportion to the batch: the next batch that is
    tried lies where the line through the two nearest known ones meets the limit. Every third is the middle, so that
    steps in the line cannot hold the search up.
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


class Needs(Protocol):
    """Who knows what training takes; see ``Net``."""

    def training_bytes(self, batch: int, workers: int | None, recompute: bool) -> int:
        """The memory of a step."""

    def largest_batch(self, memory: int, workers: int | None, recompute: bool, most: int) -> int:
        """The largest batch that fits."""


@dataclass(frozen=True)
class Budget:
    """``memory`` is what training may take, in bytes; ``asked`` whether the batch was given by hand.

    ``recompute`` is whether activations are computed again in backward.
    """

    memory: int | None = None
    asked: bool = False
    recompute: bool = False

    def settle(
        self, net: Needs, batch: int, examples: int, workers: int | None, recomputes: bool = True, here: bool = True
    ) -> tuple[int, bool]:
        """The batch, and whether activations are computed again so that it fits, where that can be done.

        Where it does not even so, ``memory`` that was asked for makes a batch smaller that was not; all else that does
        not fit is Fault N712. Where it is not ``here`` that training takes its memory, this machine sets no limit.
        """
        limit, binds = self.limit() if here else (self.memory, "")
        if limit is None:
            return batch, self.recompute
        batch = min(batch, examples)
        ways = tuple(dict.fromkeys((self.recompute, recomputes)))
        for recompute in ways:
            if net.training_bytes(batch, workers, recompute) <= limit:
                return batch, recompute
        fits = {recompute: net.largest_batch(limit, workers, recompute, batch) for recompute in ways}
        recompute = max(fits, key=lambda way: (fits[way], not way))
        if self.memory is not None and not self.asked and fits[recompute]:
            return fits[recompute], recompute
        needs = net.training_bytes(batch, workers, recomputes)
        raise Fault(
            "N712",
            f"training on batches of {batch:,} takes {in_words(needs)}, and only {in_words(limit)} may be used{binds}",
            help=_advice(fits[recompute], recompute),
        )

    def limit(self) -> tuple[int | None, str]:
        """Bytes that training may take, the least of what was asked for and what the machine gives; what limits it."""
        found = machine.memory()
        if found is None or (self.memory is not None and self.memory <= found.free):
            return self.memory, ""
        return found.free, f": {found.limit}"


def _advice(batch: int, recompute: bool) -> str:
    if not batch:
        return "give training more memory: not even one example fits"
    with_option = ", with `--checkpoint-activations`" if recompute else ""
    return f"use a batch of {batch:,}, the largest that fits{with_option}"


def in_words(count: int) -> str:
    """Bytes in a unit that people read."""
    return f"{count / 1e9:.2f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"


def no_memory() -> Trouble:
    """What is said where the machine does not have the memory that training was planned with."""
    return Trouble(
        "N712",
        "the memory ran out: the machine gave less than training needs",
        help="use a smaller `--batch`, or `--memory SIZE` with less than is free; continue a kept run with `--resume`",
    )
