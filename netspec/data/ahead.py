"""Work done ahead by threads: bounded, and its results in the order of what was asked."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from itertools import chain, islice
from typing import TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")


def in_order(
    jobs: Iterable[Job], work: Callable[[Job], Result], threads: int, most: int
) -> Generator[Result, None, None]:
    """What ``work`` makes of each job, in their order; at most ``most`` are begun and not yet taken.

    Close it by name where it may not be taken to its end: its threads then finish only what they are at.
    """
    waiting: deque[Future[Result]] = deque()
    pool = ThreadPoolExecutor(threads, "read")
    try:
        for job in jobs:
            waiting.append(pool.submit(work, job))
            if len(waiting) >= most:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def grouped(
    groups: Iterable[Sequence[Job]], work: Callable[[Job], Result], threads: int, most: int
) -> Generator[list[Result], None, None]:
    """As ``in_order``, the results of each group of jobs together."""
    known = list(groups)
    with closing(in_order(chain.from_iterable(known), work, threads, most)) as results:
        for group in known:
            yield list(islice(results, len(group)))
