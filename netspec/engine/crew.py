"""Worker processes over shared memory: every rank runs the same step on its own parts and meets the others at a barrier.

Threads hand Python's lock over at every NumPy call, which costs more than a short call; processes do not.
"""

from __future__ import annotations

import mmap
import os
import signal
import sys
from collections.abc import Callable, Sequence
from math import prod

import numpy as np

from netspec.diagnostics import Trouble
from netspec.engine.kernel import Array

#: A rank's share of a step: its number, and the barrier to wait at.
Work = Callable[[int, Callable[[], None]], None]
#: Looks at the barrier between two looks at whether the others live.
PATIENCE = 10_000
#: Ends of pipes that this process writes to: a child that kept one would keep its sibling from seeing the end.
_WRITING: set[int] = set()


def can_fork() -> bool:
    """Whether processes can share memory that was made before they were born."""
    return sys.platform == "linux" and hasattr(os, "fork")


def shared(shape: Sequence[int] | int, dtype: object) -> Array:
    """An array of zeros that stays one array when the process forks; where it cannot fork, any array."""
    if not can_fork():
        return np.zeros(shape, dtype)  # type: ignore[call-overload,no-any-return]
    kind = np.dtype(dtype)  # type: ignore[call-overload]
    sizes = (shape,) if isinstance(shape, int) else tuple(shape)
    memory = mmap.mmap(-1, max(prod(sizes) * kind.itemsize, 1))
    return np.frombuffer(memory, dtype=kind, count=prod(sizes)).reshape(sizes)


def _died() -> Trouble:
    return Trouble("N710", "a worker process ended in the middle of training", help="`--threads 1` trains without them")


class Crew:
    """``ranks`` processes, this one among them as rank 0; the others sleep between steps and end with this one."""

    def __init__(self, ranks: int, work: Work, told: Callable[[bytes], None], size: int) -> None:
        self.ranks, self.work, self.size = ranks, work, size
        self.flags = shared((ranks, 64), np.int64)  # a cache line and more apart
        self.rank = self.epoch = 0
        self.parent = os.getpid()
        self.pipes: list[int] = []
        self.children: list[int] = []
        for rank in range(1, ranks):
            reading, writing = os.pipe()
            _WRITING.add(writing)
            child = os.fork()
            if child == 0:
                self._serve(rank, reading, told)
            os.close(reading)
            self.pipes.append(writing)
            self.children.append(child)

    def _serve(self, rank: int, reading: int, told: Callable[[bytes], None]) -> None:
        """A child's life: a step for each message that comes, until the pipe ends."""
        status = 1
        try:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what Ctrl-C ends
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            for pipe in _WRITING:
                os.close(pipe)
            self.rank = rank
            with np.errstate(all="ignore"):
                while len(message := os.read(reading, self.size)) == self.size:
                    told(message)
                    self.work(rank, self.wait)
            status = 0
        finally:
            os._exit(status)

    def step(self, message: bytes) -> None:
        """Run one step on all ranks; the message, of ``size`` bytes, is told to each. Raises Trouble where a rank has died."""
        for pipe in self.pipes:
            try:
                os.write(pipe, message)
            except OSError:
                raise _died() from None
        self.work(0, self.wait)

    def wait(self) -> None:
        """Until every rank is here."""
        self.epoch += 1
        self.flags[self.rank, 0] = self.epoch
        looks = 0
        for rank in range(self.ranks):
            while self.flags[rank, 0] < self.epoch:
                os.sched_yield()
                looks += 1
                if looks % PATIENCE == 0:
                    self._look()

    def _look(self) -> None:
        if self.rank:
            if os.getppid() != self.parent:
                os._exit(1)
        elif any(os.waitpid(child, os.WNOHANG)[0] for child in self.children):
            raise _died()

    def close(self) -> None:
        """Let the others go."""
        for pipe in self.pipes:
            os.close(pipe)
            _WRITING.discard(pipe)
        for child in self.children:
            try:
                os.waitpid(child, 0)
            except ChildProcessError:  # it died before, and that was told
                continue
        self.pipes, self.children = [], []
