"""Worker processes: whatever breaks a step in the middle, it ends in bounded time, and leaves no process behind."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from netspec.diagnostics import Trouble
from netspec.engine.running import processes as crews
from netspec.engine.running.processes import WorkerError
from tests.engine.running.job import Job, closing
from tests.processes import children

#: Seconds that anything may take here; a hang is what these tests are for.
BOUND = 20


@pytest.fixture(autouse=True)
def no_process_is_left() -> Iterator[None]:
    signal.signal(signal.SIGALRM, _hung)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background would ignore it
    signal.alarm(BOUND)
    before = children()
    yield
    signal.alarm(0)
    assert children() == before


def _hung(number: int, frame: object) -> None:
    raise TimeoutError(f"still there after {BOUND} s")


@pytest.mark.parametrize("ranks", [1, 2, 3, 4])
def test_all_meet_at_every_barrier(ranks: int) -> None:
    with closing(Job(ranks)) as job:
        for _ in range(10):
            job.step()
        assert job.seen.tolist() == [200] * ranks


def raising(rank: int, error: BaseException) -> Callable[[int, int], None]:
    def fault(now: int, round_: int) -> None:
        if now == rank and round_ == 3:
            raise error

    return fault


@pytest.mark.parametrize("ranks", [2, 3, 4])
@pytest.mark.parametrize(
    "error", [ValueError("of a kernel"), MemoryError("no room"), KeyboardInterrupt()], ids=lambda e: type(e).__name__
)
def test_what_the_first_rank_raises_is_raised_and_ends_all(ranks: int, error: BaseException) -> None:
    with closing(Job(ranks, raising(0, error))) as job, pytest.raises(type(error)):
        job.step()


@pytest.mark.parametrize("ranks", [2, 3, 4])
@pytest.mark.parametrize(
    ("error", "raised"),
    [(ValueError("of a kernel"), WorkerError), (MemoryError("no room"), MemoryError)],
    ids=["ValueError", "MemoryError"],
)
def test_what_another_rank_raises_is_told(ranks: int, error: BaseException, raised: type[Exception]) -> None:
    with closing(Job(ranks, raising(ranks - 1, error))) as job:
        with pytest.raises(raised, match=str(error)):
            job.step()
        with pytest.raises(raised):  # it is no crew any more
            job.step()


@pytest.mark.slow
@pytest.mark.parametrize(("ranks", "rank"), [(2, 1), (3, 1), (3, 2), (4, 1), (4, 3)])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP], ids=lambda number: number.name)
@pytest.mark.parametrize("inside", [False, True], ids=["between steps", "in a step"])
def test_a_killed_or_stopped_worker_ends_the_step(
    ranks: int, rank: int, number: int, inside: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crews, "STANDSTILL", 0.3)

    def fault(now: int, round_: int) -> None:
        if inside and now == rank and round_ == 3:
            os.kill(os.getpid(), number)

    with closing(Job(ranks, fault)) as job:
        if not inside:
            job.step()
            os.kill(job.crew.children[rank - 1], number)
        began = time.monotonic()
        with pytest.raises(Trouble, match="worker process") as caught:
            job.step()
        assert caught.value.code == "N710"
        assert time.monotonic() - began < 20


def test_a_step_alone_leaves_the_others_asleep() -> None:
    with closing(Job(3)) as job:
        job.step()
        done: list[int] = []
        for number in range(5):
            job.crew.alone(lambda number=number: done.append(number))  # type: ignore[misc]
        assert done == [0, 1, 2, 3, 4] and job.seen.tolist() == [20] * 3
        job.step()
        assert job.seen.tolist() == [40] * 3


def test_what_a_step_alone_raises_ends_the_crew() -> None:
    def fail() -> None:
        raise ValueError("of a kernel")

    with closing(Job(2)) as job:
        with pytest.raises(ValueError, match="of a kernel"):
            job.crew.alone(fail)
        with pytest.raises(Trouble, match="worker process"):
            job.step()
        with pytest.raises(Trouble, match="worker process"):
            job.crew.alone(lambda: None)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP], ids=lambda number: number.name)
def test_who_runs_alone_learns_of_a_worker_that_ended_or_stands_still(
    number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crews, "STANDSTILL", 0.2)
    with closing(Job(2)) as job:
        os.kill(job.crew.children[0], number)
        began = time.monotonic()
        with pytest.raises(Trouble, match="ended" if number == signal.SIGKILL else "stands still") as caught:
            [job.crew.alone(lambda: time.sleep(1e-3)) for _ in range(5000)]
        assert caught.value.code == "N710" and time.monotonic() - began < 3


def test_a_copy_in_another_child_takes_no_step_alone() -> None:
    with closing(Job(2)) as job:
        child = os.fork()
        if child == 0:
            try:
                job.crew.alone(lambda: None)
            except Trouble:
                os._exit(7)
            finally:
                os._exit(1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        job.crew.alone(lambda: None)


@pytest.mark.slow
def test_a_whole_group_that_was_stopped_for_a_while_goes_on() -> None:
    # Ctrl-Z: all are stopped together, and go on together
    job_rounds = 200

    def fault(rank: int, round_: int) -> None:
        time.sleep(0.002)

    with closing(Job(2, fault, job_rounds)) as job:
        worker = job.crew.children[0]
        threading.Timer(0.1, lambda: os.kill(worker, signal.SIGSTOP)).start()
        threading.Timer(0.6, lambda: os.kill(worker, signal.SIGCONT)).start()
        job.step()
        assert job.seen.tolist() == [job_rounds] * 2


@pytest.mark.slow
def test_keyboard_interrupts_at_many_moments() -> None:
    draw = random.Random(1)
    for _ in range(40):
        job = None
        timer = threading.Timer(0.005 + draw.random() * 0.04, lambda: os.kill(os.getpid(), signal.SIGINT))
        try:
            timer.start()
            job = Job(3)
            with closing(job):
                while True:
                    job.step()
        except KeyboardInterrupt:
            pass
        timer.join()
        if job is not None:
            job.crew.close()
        assert not children()


def test_signals_of_the_group_are_the_first_process_s() -> None:
    with closing(Job(3)) as job:
        job.step()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            for worker in job.crew.children:
                os.kill(worker, number)
        job.step()


def test_a_worker_that_is_busy_for_long_does_not_hold_up_the_end() -> None:
    def fault(rank: int, round_: int) -> None:
        if rank == 1:
            time.sleep(BOUND)
        elif round_ == 0:
            raise ValueError("early")

    with closing(Job(2, fault)) as job, pytest.raises(ValueError, match="early"):
        job.step()


def test_crews_side_by_side_in_threads() -> None:
    errors: list[BaseException] = []

    def train() -> None:
        try:
            with closing(Job(3)) as job:
                for _ in range(20):
                    job.step()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=train) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors


def test_a_copy_in_another_child_ends_nothing() -> None:
    with closing(Job(2)) as job:
        job.step()
        child = os.fork()
        if child == 0:
            try:
                job.crew.close()
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        job.step()


@pytest.mark.slow
def test_workers_end_with_their_parent_though_another_child_holds_the_pipe() -> None:
    reading, writing = os.pipe()
    parent = os.fork()
    if parent == 0:  # which makes a crew, and a child of its own that lives on
        try:
            job = Job(3)
            job.step()
            other = os.fork()
            if other == 0:
                time.sleep(BOUND)
                os._exit(0)
            os.write(writing, " ".join(map(str, [other, *job.crew.children])).encode())
            os.kill(os.getpid(), signal.SIGKILL)
        finally:
            os._exit(1)
    other, *workers = map(int, os.read(reading, 100).split())
    os.waitpid(parent, 0)
    for worker in workers:
        while running(worker):
            time.sleep(0.05)
    os.kill(other, signal.SIGKILL)
    for end in (reading, writing):
        os.close(end)


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] not in (b"Z", b"X")
    except OSError:
        return False
