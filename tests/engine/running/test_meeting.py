"""A barrier of ranks: nobody leaves before the last has come, and who comes no more is learned of."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest

from netspec.engine.running import meeting
from netspec.engine.running.meeting import APART, Broken, Meeting


@pytest.fixture(autouse=True)
def ends_in_bounded_time() -> Iterator[None]:
    before = signal.signal(signal.SIGALRM, _hung)
    signal.alarm(10)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def _hung(number: int, frame: object) -> None:
    raise TimeoutError("a rank waits for ever")


def meetings(ranks: int, look: object = lambda seconds: None) -> list[Meeting]:
    """One for each rank, over the same flags."""
    flags, found = np.zeros((ranks + 1, APART), np.int64), []
    for rank in range(ranks):
        found.append(Meeting(flags, look))  # type: ignore[arg-type]
        found[-1].rank = rank
    return found


@pytest.mark.parametrize("ranks", [1, 2, 3, 5])
@pytest.mark.parametrize("spin", [0.0, 5e-4])
def test_none_leaves_before_the_last_has_come(ranks: int, spin: float) -> None:
    at, rounds = meetings(ranks), 50
    came = np.zeros(ranks, np.int64)
    wrong: list[int] = []

    def run(one: Meeting) -> None:
        one.spin = spin
        for round_ in range(1, rounds + 1):
            if round_ % 7 == one.rank:
                time.sleep(1e-3)
            came[one.rank] = round_
            one.wait()
            wrong.extend(int(number) for number in came if number < round_)

    threads = [threading.Thread(target=run, args=(one,)) for one in at]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert not wrong and came.tolist() == [rounds] * ranks


def test_who_waits_for_one_that_has_left_leaves_too() -> None:
    first, second = meetings(2)
    second.leave()
    assert first.broken
    with pytest.raises(Broken):
        first.wait()


def test_who_has_come_is_no_hindrance_though_it_left_afterwards() -> None:
    first, second = meetings(2)
    second.visits = 0
    second.flags[1, 0] = 1
    second.leave()
    first.wait()


def test_who_waits_long_looks_after_the_others_with_the_seconds_that_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meeting, "PATIENCE", 0.005)
    seconds: list[float] = []

    def look(passed: float) -> None:
        seconds.append(passed)
        if len(seconds) == 3:
            raise KeyError

    first, _ = meetings(2, look)
    began = time.monotonic()
    with pytest.raises(KeyError):
        first.wait()
    assert all(passed > 0.005 for passed in seconds)
    assert sum(seconds) < time.monotonic() - began + 1e-3


def test_with_more_ranks_than_cores_none_spins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meeting, "cores", lambda: 2)
    assert [meetings(ranks)[0].spin for ranks in (1, 2, 3)] == [meeting.SPIN, meeting.SPIN, 0.0]


def test_who_waits_sleeps_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meeting, "cores", lambda: 2)
    first, second = meetings(2)
    naps: list[float] = []

    def sleep(seconds: float) -> None:
        naps.append(seconds)
        if len(naps) == 8:
            second.flags[1, 0] = 1

    monkeypatch.setattr(time, "sleep", sleep)
    first.wait()
    assert naps[0] == meeting.SHORTEST and naps == sorted(naps)
    assert naps[1] == 2 * naps[0] and max(naps) == meeting.LONGEST
