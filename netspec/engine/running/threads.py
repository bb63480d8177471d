"""A pool of workers, one a core, each with BLAS held to one thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from threading import Barrier, BrokenBarrierError, Lock

import numpy as np
from threadpoolctl import threadpool_limits

from netspec.machine import cores


class Pool:
    """Runs calls side by side and waits for all; one worker runs them in turn. So many may have been ``asked`` for."""

    def __init__(self, workers: int, asked: bool = False) -> None:
        self.workers, self.asked = max(1, workers), asked
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
    """All ranks of a step on threads that wait for each other; where one fails, its error is raised and none waits."""
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

    try:
        pool.run([partial(share, rank) for rank in range(ranks)])
    except BaseException:
        barrier.abort()  # a rank that could not be started is waited for by none
        raise
    if errors:
        raise errors[0]


def _quiet(call: Callable[[], object]) -> None:
    with np.errstate(all="ignore"):  # the state of the main thread does not reach here
        call()


class _OneThread:
    """BLAS held to one thread while anyone asks for it: trainings side by side end in any order."""

    def __init__(self) -> None:
        self.lock, self.users = Lock(), 0
        self.limits: threadpool_limits | None = None

    def __enter__(self) -> None:
        with self.lock:
            self.users += 1
            if self.limits is None:
                self.limits = threadpool_limits(1, user_api="blas")

    def __exit__(self, *error: object) -> None:
        with self.lock:
            self.users -= 1
            if not self.users and self.limits is not None:
                self.limits.restore_original_limits()
                self.limits = None


_ONE_THREAD = _OneThread()


@contextmanager
def pool(workers: int | None = None) -> Iterator[Pool]:
    """A pool with BLAS held to one thread, until the block ends."""
    opened = Pool(workers or cores(), bool(workers))
    try:
        with _ONE_THREAD:
            yield opened
    finally:
        opened.close()
