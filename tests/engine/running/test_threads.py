"""Calls side by side: all are run, an error of any is raised, none is left waiting."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from netspec.engine.running import threads
from netspec.engine.running.threads import Pool, pool, together


@pytest.mark.parametrize("workers", [1, 2, 4])
@pytest.mark.parametrize("calls", [0, 1, 2, 7])
def test_every_call_is_run_once(workers: int, calls: int) -> None:
    done = np.zeros(max(calls, 1), np.int64)

    def call(number: int) -> Callable[[], None]:
        def run() -> None:
            done[number] += 1

        return run

    with pool(workers) as found:
        found.run([call(number) for number in range(calls)])
    assert done[:calls].tolist() == [1] * calls


@pytest.mark.parametrize("wrong", [0, 1, 2])
def test_an_error_of_any_call_is_raised_when_all_have_ended(wrong: int) -> None:
    ended: list[int] = []

    def call(number: int) -> Callable[[], None]:
        def run() -> None:
            ended.append(number)
            if number == wrong:
                raise KeyError(number)

        return run

    with pool(3) as found, pytest.raises(KeyError, match=str(wrong)):
        found.run([call(number) for number in range(3)])
    assert sorted(ended) == [0, 1, 2]


@pytest.mark.parametrize("ranks", [1, 2, 4])
def test_ranks_meet(ranks: int) -> None:
    came = np.zeros(ranks, np.int64)
    wrong: list[int] = []

    def work(rank: int, wait: Callable[[], object]) -> None:
        for round_ in range(1, 20):
            came[rank] = round_
            wait()
            wrong.extend(int(number) for number in came if number < round_)
            wait()

    with pool(ranks) as found:
        together(found, ranks, work)
    assert not wrong and came.tolist() == [19] * ranks


@pytest.mark.parametrize("wrong", [0, 1, 2])
def test_none_waits_for_a_rank_that_failed(wrong: int) -> None:
    def work(rank: int, wait: Callable[[], object]) -> None:
        wait()
        if rank == wrong:
            raise KeyError(rank)
        wait()

    with pool(3) as found, pytest.raises(KeyError, match=str(wrong)):
        together(found, 3, work)


def test_warnings_of_arithmetic_stay_away_in_threads() -> None:
    def work(rank: int, wait: Callable[[], object]) -> None:
        np.float32(1) / np.zeros(1, np.float32)

    with np.errstate(all="ignore"), pool(2) as found:
        together(found, 2, work)


def of_blas() -> list[int]:
    return [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]


def test_blas_is_held_to_one_thread_until_the_last_is_done() -> None:
    before = of_blas()
    first, second = pool(1), pool(1)
    first.__enter__()
    second.__enter__()
    assert set(of_blas()) == {1}
    first.__exit__(None, None, None)
    assert set(of_blas()) == {1}
    second.__exit__(None, None, None)
    assert of_blas() == before


@pytest.mark.parametrize(
    ("asked", "workers"), [(None, 3), (0, 3), (1, 1), (2, 2), (5, 5)], ids=["none", "zero", "one", "two", "more"]
)
def test_how_many_workers(asked: int | None, workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "cores", lambda: 3)
    with pool(asked) as found:
        assert (found.workers, found.asked) == (workers, bool(asked))


def test_no_thread_is_left() -> None:
    before = threading.active_count()
    with pool(4) as found:
        found.run([lambda: None] * 4)
    assert threading.active_count() == before
    assert Pool(0).workers == 1
