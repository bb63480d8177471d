"""Where the ranks of a step wait for each other, and learn that one of them will not come."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from netspec.machine import cores

#: Seconds that a rank looks before it sleeps: as long as equal shares of a step differ on a quiet machine. Each look
#: offers the core to others; where one takes it, the look alone takes longer than this, and the rank sleeps at once.
#: One that went on looking would be given the core last, as it uses all of its share, and who waits for it in turn
#: would wait for long.
SPIN = 5e-4
#: Seconds of the first sleep and of the longest, and between two looks at whether the others live.
SHORTEST, LONGEST, PATIENCE = 5e-5, 1e-3, 0.05
#: Numbers between two flags: a cache line and more.
APART = 64


class Broken(Exception):
    """A rank has left the step in the middle: the others leave it too."""


class Meeting:
    """A barrier of ``ranks`` processes over ``flags``, shared memory that was zero before they were born.

    Each rank counts its visits up in its own flag; the last row is not zero once the meeting is broken. ``look`` is
    called with the seconds since the last time by who waits long, and raises what ends the waiting. With more ranks
    than cores none spins: the ones that are waited for need them.
    """

    def __init__(self, flags: NDArray[np.int64], look: Callable[[float], None]) -> None:
        self.flags, self.look = flags, look
        self.spin = SPIN if len(flags) - 1 <= cores() else 0.0
        self.ranks = len(flags) - 1
        self.rank = self.visits = 0

    @property
    def broken(self) -> bool:
        """Whether some rank has left."""
        return bool(self.flags[-1, 0])

    def leave(self) -> None:
        """Tell all that this rank comes no more."""
        self.flags[-1, 0] = 1

    def wait(self) -> None:
        """Until every rank is here. Raises Broken where one has left, and what ``look`` raises."""
        self.visits += 1
        flags, visits = self.flags, self.visits
        flags[self.rank, 0] = visits
        until = 0.0
        for rank in range(self.ranks):
            while flags[rank, 0] < visits:
                now = time.perf_counter()
                until = until or now + self.spin
                if now >= until:
                    self._rest(rank)
                    break
                os.sched_yield()

    def _rest(self, rank: int) -> None:
        pause, since = SHORTEST, 0.0
        while self.flags[rank, 0] < self.visits:
            if self.broken:
                raise Broken
            time.sleep(pause)
            since += pause
            pause = min(LONGEST, pause * 2)
            if since > PATIENCE:
                self.look(since)
                since = 0.0
