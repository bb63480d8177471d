"""Worker processes over shared memory: every rank runs a step on its own parts and meets the others at barriers.

Threads hand Python's lock over at every NumPy call, which costs more than a short call; processes do not.
"""

from __future__ import annotations

import contextlib
import errno
import gc
import os
import select
import signal
import time
import traceback
import warnings
from collections.abc import Callable

import numpy as np

from netspec.diagnostics import Trouble
from netspec.engine.running.forking import GROUP, held
from netspec.engine.running.meeting import APART, PATIENCE, Broken, Meeting
from netspec.engine.running.shared_memory import shared

#: A rank's share of a step: its number, and the barrier to wait at.
Work = Callable[[int, Callable[[], None]], None]
#: Seconds that a worker may stand still (SIGSTOP) while the others wait, that one has to leave by itself, and to be
#: gone after it was killed.
STANDSTILL, GRACE, GONE = 5.0, 0.2, 5.0
#: Bytes that a worker has to say what went wrong.
WORDS = 4096
#: Ends of pipes that this process writes to: a child that kept one would keep its sibling from seeing the end.
_WRITING: set[int] = set()
#: Workers of this process that have not ended.
_LIVING: set[int] = set()


class WorkerError(RuntimeError):
    """An exception of a worker, with its traceback as text."""


class Crew:
    """``ranks`` processes, this one among them as rank 0; the others sleep between steps and end with this one.

    A step that any rank leaves in the middle is the last one: the others learn of it at their next barrier.
    """

    def __init__(self, ranks: int, work: Work, hear: Callable[[bytes], None], size: int) -> None:
        self.ranks, self.work, self.size = ranks, work, size
        self.meeting = Meeting(shared((ranks + 1, APART), np.int64), self._look)
        self.pids = shared(
            ranks, np.int64
        )  # written by the children: a fork that is interrupted may not give its number
        self.words = shared((ranks, WORDS), np.uint8)
        self.parent = os.getpid()
        self.pipes: list[int] = []
        self.children: list[int] = []
        self.still, self.seen = 0.0, time.monotonic()
        try:
            for rank in range(1, ranks):
                self._fork(rank, hear)
        except BaseException as error:
            self.close()
            if isinstance(error, OSError):
                raise _unborn(error) from None
            raise

    def _fork(self, rank: int, hear: Callable[[bytes], None]) -> None:
        reading, writing = os.pipe()
        self.pipes.append(writing)
        _WRITING.add(writing)
        try:
            with held(), warnings.catch_warnings():
                warnings.simplefilter(
                    "ignore", DeprecationWarning
                )  # other threads there may be; the child asks nothing of them
                child = os.fork()
                if child == 0:
                    self._serve(rank, reading, hear)
                self.children.append(child)
                _LIVING.add(child)
        finally:
            if os.getpid() != self.parent:
                os._exit(1)
            os.close(reading)

    # ---- a worker's life

    def _serve(self, rank: int, reading: int, hear: Callable[[bytes], None]) -> None:
        """A step for each message that comes, until the pipe ends or the parent is gone."""
        status = 1
        try:
            self.meeting.rank = rank
            self.pids[rank] = os.getpid()
            for number in GROUP:
                signal.signal(number, signal.SIG_IGN)
            signal.set_wakeup_fd(-1)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, GROUP)
            gc.disable()  # what the parent had half done is not for this process to finish
            for pipe in _WRITING:
                os.close(pipe)
            self._steps(rank, reading, hear)
            status = 0
        except Broken:
            status = 0
        except BaseException as error:
            self._say(rank, error)
        finally:
            os._exit(status)

    def _steps(self, rank: int, reading: int, hear: Callable[[bytes], None]) -> None:
        asked = select.poll()
        asked.register(reading)
        with np.errstate(all="ignore"):
            while True:
                while not asked.poll(1000):  # whoever else was forked may hold the pipe open
                    self._look(1.0)
                message = os.read(reading, self.size)
                if len(message) != self.size:
                    return
                hear(message)
                self.work(rank, self.meeting.wait)

    def _say(self, rank: int, error: BaseException) -> None:
        """Keep what went wrong for the parent, its kind first; then all may know."""
        with contextlib.suppress(BaseException):
            kind = "MemoryError" if isinstance(error, MemoryError) else ""
            text = "".join(traceback.format_exception(error))[-WORDS // 2 :] if not kind else str(error)[:1000]
            message = f"{kind}\n{text}".encode(errors="replace")[:WORDS]
            self.words[rank, : len(message)] = np.frombuffer(message, np.uint8)
        self.meeting.leave()

    # ---- the parent's

    def step(self, message: bytes) -> None:
        """Run one step on all ranks; the message, of ``size`` bytes, is sent to each.

        Raises Trouble N710 where a rank has died, MemoryError or WorkerError where one has failed.
        """
        if self.meeting.broken or os.getpid() != self.parent:
            raise self._why()
        try:
            for pipe in self.pipes:
                os.write(pipe, message)
            self.work(0, self.meeting.wait)
        except (Broken, BrokenPipeError):
            self.meeting.leave()
            raise self._why() from None
        except BaseException:
            self.meeting.leave()
            raise

    def alone(self, work: Callable[[], None]) -> None:
        """Run a step without the others, who must live all the same; raises what ``step`` does."""
        if self.meeting.broken or os.getpid() != self.parent:
            raise self._why()
        try:
            passed = time.monotonic() - self.seen
            if passed > PATIENCE:  # a look costs a tenth of a short step
                self.seen += passed
                self._look(min(passed, 1.0))
            work()
        except Broken:
            self.meeting.leave()
            raise self._why() from None
        except BaseException:
            self.meeting.leave()
            raise

    def _look(self, seconds: float) -> None:
        """Whether the others live: a worker ends without its parent; the parent raises Broken without a worker."""
        if self.meeting.rank:
            if os.getppid() != self.parent:
                os._exit(1)
            return
        if any(_ended(child) for child in self.children):
            raise Broken
        self.still = self.still + seconds if any(_stands_still(child) for child in self.children) else 0.0
        if self.still > STANDSTILL:
            raise Broken

    def _why(self) -> Exception:
        for words in self.words:
            kind, _, text = bytes(words).rstrip(b"\0").decode(errors="replace").partition("\n")
            if kind or text:
                return MemoryError(text) if kind == "MemoryError" else WorkerError(text)
        how = "stands still" if self.still > STANDSTILL else "ended"
        return Trouble(
            "N710", f"a worker process {how} in the middle of training", help="train without them: `--threads 1`"
        )

    def close(self) -> None:
        """Let the others go and wait for their end; who does not leave is killed. It is short, whatever interrupts."""
        if os.getpid() != self.parent:  # a copy of this object in some other child
            return
        self.meeting.leave()
        interrupted, grace = None, GRACE
        while self.pipes or self.children:
            try:
                self._let_go(grace)
                break
            except KeyboardInterrupt as error:
                interrupted, grace = error, 0.0
        if interrupted is not None:
            raise interrupted

    def _let_go(self, grace: float) -> None:
        while self.pipes:
            _WRITING.discard(self.pipes[-1])
            os.close(self.pipes.pop())
        self.children = sorted({*self.children, *(int(pid) for pid in self.pids if pid)})
        self._gone(grace)
        for child in self.children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        self._gone(GONE)
        self.children.clear()
        self.pids[:] = 0

    def _gone(self, seconds: float) -> None:
        """Wait so long for the children to end; they are forgotten as they do."""
        end, pause = time.monotonic() + seconds, 1e-4
        while True:
            ended = {child for child in self.children if _ended(child)}
            self.children = [child for child in self.children if child not in ended]
            _LIVING.difference_update(ended)
            if not self.children or time.monotonic() >= end:
                return
            time.sleep(pause)
            pause = min(2 * pause, 0.01)


def abandon() -> None:
    """Kill all workers of this process, which is about to end."""
    for child in tuple(_LIVING):
        with contextlib.suppress(OSError):
            os.kill(child, signal.SIGKILL)


def _ended(child: int) -> bool:
    try:
        return os.waitpid(child, os.WNOHANG)[0] == child
    except ChildProcessError:  # someone else has waited for it
        return True


def _stands_still(child: int) -> bool:
    """Whether a process was stopped by a signal."""
    try:
        with open(f"/proc/{child}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[:1] == [b"T"]
    except OSError:
        return False


def _unborn(error: OSError) -> Exception:
    if error.errno == errno.ENOMEM:
        return MemoryError("a worker process")
    return Trouble("N710", f"a worker process cannot be started: {(error.strerror or str(error)).lower()}",
                   help="train without them: `--threads 1`")  # fmt: skip
