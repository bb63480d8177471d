"""A pool of workers, one a core, each with BLAS held to one thread."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from threading import Barrier, BrokenBarrierError

import numpy as np
from threadpoolctl import threadpool_limits


def cores() -> int:
    """The cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Pool:
    """Runs calls side by side and waits for all; one worker runs them in turn."""

    def __init__(self, workers: int) -> None:
        self.workers = max(1, workers)
        self._pool = ThreadPoolExecutor(self.workers - 1) if self.workers > 1 else None

    def run(self, calls: Sequence[Callable[[], object]]) -> None:
        """All calls; the caller's thread takes the first. What one raises is raised here, after all have ended."""
        if self._pool is None or len(calls) < 2:
            for call in calls:
                call()
            return
        waiting = [self._pool.submit(_quiet, call) for call in calls[1:]]
        try:
            calls[0]()
        finally:
            for future in waiting:
                future.exception()
        for future in waiting:
            future.result()

    def close(self) -> None:
        """End the workers."""
        if self._pool is not None:
            self._pool.shutdown(wait=True)


def together(pool: Pool, ranks: int, work: Callable[[int, Callable[[], object]], None]) -> None:
    """All ranks of a step on threads that wait for each other; where one fails, none waits for it and its error is raised."""
    if ranks == 1:
        work(0, lambda: None)
        return
    barrier, errors = Barrier(ranks), []

    def share(rank: int) -> None:
        try:
            work(rank, barrier.wait)
        except BrokenBarrierError:
            return
        except BaseException as error:
            errors.append(error)
            barrier.abort()

    pool.run([partial(share, rank) for rank in range(ranks)])
    if errors:
        raise errors[0]


def _quiet(call: Callable[[], object]) -> None:
    with np.errstate(all="ignore"):  # the state of the main thread does not reach here
        call()


@contextmanager
def pool(workers: int | None = None) -> Iterator[Pool]:
    """A pool with BLAS held to one thread, until the block ends."""
    made = Pool(workers or cores())
    try:
        with threadpool_limits(1, user_api="blas"), np.errstate(all="ignore"):
            yield made
    finally:
        made.close()
