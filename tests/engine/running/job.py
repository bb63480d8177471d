"""Work for a crew of processes that is right only where all ranks meet at every barrier."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from netspec.engine.running.processes import Crew
from netspec.engine.running.shared_memory import shared


class Job:
    """Rounds of a barrier with a sum that every rank must have added to; ``fault`` may break one."""

    def __init__(
        self, ranks: int, fault: Callable[[int, int], None] = lambda rank, round_: None, rounds: int = 20
    ) -> None:
        self.seen, self.fault, self.rounds = shared(ranks, np.int64), fault, rounds
        self.steps = 0
        self.crew = Crew(ranks, self.work, lambda message: None, 1)

    def work(self, rank: int, wait: Callable[[], None]) -> None:
        self.steps += 1
        for round_ in range(self.rounds):
            self.fault(rank, round_)
            self.seen[rank] += 1
            wait()
            assert len(set(self.seen.tolist())) == 1
            wait()

    def step(self) -> None:
        self.crew.step(b"g")


@contextmanager
def closing(job: Job) -> Iterator[Job]:
    try:
        yield job
    finally:
        began = time.monotonic()
        job.crew.close()
        assert time.monotonic() - began < 20
