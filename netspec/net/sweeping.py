"""A sweep: each combination of values is a training in a process and folder of its own; what is done stays done."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Protocol

from netspec import __version__
from netspec.diagnostics import Trouble, strict_json
from netspec.files import atomic_write, read_regular, reason
from netspec.kinds import kind_of
from netspec.net.left import STATE
from netspec.net.points import Point

#: The file that says which points are done, and how each was asked for.
NAME = "sweep.json"
#: Seconds that a training has to end by itself after the first signal, and after the second.
GRACE, LAST = 30.0, 5.0
_CHILD = (
    "import sys; sys.path.append(sys.argv.pop(1)); from netspec.net.sweeping import bound; bound(); "
    "from netspec.__main__ import start; start()"
)


def bound() -> None:
    """End this process with the one that started it: Linux then sends the signal of Ctrl-C, other systems nothing.

    That signal is let through: a worker of Ray has it blocked, and so has what it starts.
    """
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, int(signal.SIGINT))  # PR_SET_PDEATHSIG


class Process(Protocol):
    """What a training runs in: a process of this machine, or what looks like one."""

    @property
    def returncode(self) -> int | None:
        """Its exit status, once it was asked for and has ended."""

    def poll(self) -> int | None:
        """Its exit status, if it has ended."""

    def send_signal(self, sig: int, /) -> None:
        """Ask it to end."""

    def terminate(self) -> None:
        """Ask it to end."""

    def kill(self) -> None:
        """End it."""

    def wait(self) -> int | None:
        """Its exit status, when it has ended."""


@dataclass(frozen=True)
class Training:
    """A training of ``spec`` into the folder ``out``: the ``words`` of its command line, and ``more``."""

    spec: Path
    out: Path
    words: Sequence[str]
    more: Sequence[str]

    def line(self) -> list[str]:
        """The command line: one that goes on, where there is something to go on with."""
        goes_on = (self.out / STATE).is_file()
        words = [w for w in self.words if not (goes_on and w.startswith(_OF_BEGINNING))]
        return ["train", *words, *self.more, f"--{'resume' if goes_on else 'out'}={self.out}", "--", str(self.spec)]

    def begin(self, told: IO[bytes]) -> subprocess.Popen[bytes]:
        """Its process on this machine, which writes into ``told``. Raises OSError where the system gives none."""
        return subprocess.Popen(
            [sys.executable, "-P", "-c", _CHILD, str(Path(__file__).parents[2]), *self.line()],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=told, start_new_session=True,
        )  # fmt: skip


def trained(training: Training, folder: str, version: str) -> tuple[int, bytes]:
    """In a worker on whatever machine: train in a process of its own; its status, and what it told.

    Names start at ``folder``. Where an earlier worker died, what it began goes on, once its process has ended.
    """
    if version != __version__:
        return 2, f"error[N718]: on {socket.gethostname()} is netspec {__version__}, and not {version}".encode()
    end = time.monotonic() + GRACE
    while True:
        with tempfile.TemporaryFile() as told:
            try:
                os.chdir(folder)
                process = training.begin(told)
            except OSError as error:
                return 2, f"error[N718]: on {socket.gethostname()}: {reason(error)}".encode()
            before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a script's `ray start &` ignores it
            try:
                while process.poll() is None:  # Ray's interrupt is no signal: it would not end a call that waits
                    time.sleep(0.05)
            except KeyboardInterrupt:
                _halt([process])
            finally:
                signal.signal(signal.SIGINT, before)
                if process.poll() is None:
                    process.kill()
                    process.wait()
            text = _text(told)
        if process.returncode != 2 or "error[N714]" not in text or time.monotonic() > end:
            return process.returncode, text.encode()
        time.sleep(0.5)


@dataclass
class Kept:
    """What became of a point: it is done, or why it is not; None where nothing is known."""

    words: tuple[str, ...]
    done: bool = False
    error: str | None = None

    @classmethod
    def read(cls, at: Any) -> Kept:
        """As sweep.json has it. Raises KeyError or TypeError where it is nothing of the kind."""
        words, error = at["words"], at["error"]
        texts = [*words, *([] if error is None else [error])]
        if not isinstance(words, list) or not all(isinstance(text, str) for text in texts):
            raise TypeError
        return cls(tuple(words), at["done"] is True, error)


@dataclass
class Sweep:
    """``spec`` is trained at ``points`` in folders of ``folder``, ``jobs`` at a time; ``mark`` says which spec it is.

    ``more`` are words of each command line that change no result. ``begin`` begins a training, here unless it is said.
    """

    spec: Path
    folder: Path
    points: Sequence[Point]
    jobs: int
    mark: str
    more: Sequence[str] = ()
    kept: dict[str, Kept] = field(default_factory=dict)
    begin: Callable[[Training, IO[bytes]], Process] = Training.begin

    def read(self) -> None:
        """What an earlier sweep into the folder left. Trouble N713 where it had other points of the same names.

        And where the folder is a run's.
        """
        path = self.folder / NAME
        if kind_of(self.folder) == "a run's folder":
            raise Trouble("N713", f"{self.folder} holds a run", help="give another folder with `-o`")
        if not path.exists():
            return
        try:
            found = json.loads(read_regular(path, 2**28))
            mark = found["mark"]
            self.kept = {name: Kept.read(at) for name, at in found["points"].items()}
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise self._other("its sweep.json cannot be read") from None
        if mark != self.mark:
            raise self._other("its spec was another")
        for point in self.points:
            before = self.kept.get(point.name)
            had, now = ([] if before is None else _telling(before.words)), _telling(point.words)
            if before is not None and had != now:
                with_, without = [w for w in had if w not in now], [w for w in now if w not in had]
                said = [f"with {' '.join(with_)}"] if with_ else []
                said += [f"without {' '.join(without)}"] if without else []
                raise self._other(f"{point.name} was trained {', '.join(said) or 'with its options in another order'}")

    def _other(self, why: str) -> Trouble:
        advice = "give another folder with `-o`, or move this one aside with `--force`"
        return Trouble("N713", f"{self.folder} holds another sweep: {why}", help=advice)

    def waiting(self) -> list[Point]:
        """The points that are not done."""
        return [p for p in self.points if not (self._at(p).done and (self.folder / p.name).is_dir())]

    def run(self, stop: Callable[[], bool]) -> Generator[Point, None, None]:
        """Train what is not done; each point as it ends. Where asked to stop, or closed, no process is left."""
        waiting, running = self.waiting(), list[_Child]()
        try:
            while (waiting or running) and not stop():
                while waiting and len(running) < self.jobs:
                    running += self._started(waiting.pop(0))
                for child in [child for child in running if child.process.poll() is not None]:
                    running.remove(child)
                    yield self._ended(child)
                time.sleep(0.05)
            _halt([child.process for child in running])
        finally:
            for child in running:
                if child.process.poll() is None:
                    child.process.kill()
                child.process.wait()
                self._note(child)
                child.told.close()

    def _at(self, point: Point) -> Kept:
        return self.kept.setdefault(point.name, Kept(point.words))

    def _started(self, point: Point) -> list[_Child]:
        """The process of a point, which goes on where it stood; none where the system gives none."""
        told = tempfile.TemporaryFile()  # noqa: SIM115
        try:
            process = self.begin(Training(self.spec, self.folder / point.name, point.words, self.more), told)
        except OSError as error:
            told.close()
            self._at(point).error = f"no process could be started: {reason(error)}"
            self.write()
            return []
        return [_Child(point, process, told)]

    def _ended(self, child: _Child) -> Point:
        self._note(child)
        child.told.close()
        self.write()
        return child.point

    def _note(self, child: _Child) -> None:
        at, status = self._at(child.point), child.process.returncode
        text = _text(child.told)
        assert status is not None
        at.done = status == 0 and "the time is over (" not in text  # --max-hours: there is more to do
        at.error = None if status in (0, 130) else _why(text, status)

    def write(self) -> None:
        """Keep what is known of the points."""
        known = {name: vars(at) for name, at in self.kept.items()}
        atomic_write(self.folder / NAME, f"{strict_json({'mark': self.mark, 'points': known}, 1)}\n".encode())


def _telling(words: Sequence[str]) -> list[str]:
    """The words that say what is trained, and not for how long."""
    return [word for word in words if not word.startswith("--max-hours=")]


#: Options of a beginning: a run that goes on began with them.
_OF_BEGINNING = ("--from=", "--fresh=", "--freeze=")


@dataclass(frozen=True)
class _Child:
    """A process that trains a point; ``told`` has what it says."""

    point: Point
    process: Process
    told: IO[bytes]


def _halt(processes: Iterable[Process]) -> None:
    """Ask processes to end: once, so that they keep where they are; then so that they do not."""
    left = list(processes)
    for seconds in (GRACE, LAST):
        left = [process for process in left if process.poll() is None]
        for process in left:
            if os.name == "posix":
                process.send_signal(signal.SIGINT)
            else:
                process.terminate()
        end = time.monotonic() + seconds
        while any(process.poll() is None for process in left) and time.monotonic() < end:
            time.sleep(0.02)


def _text(told: IO[bytes]) -> str:
    """The end of what was told."""
    told.seek(0, os.SEEK_END)
    told.seek(max(0, told.tell() - 2**16))
    return told.read().decode("utf-8", "replace")


def _why(text: str, status: int) -> str:
    """Why a training failed: its first error, else its last line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    said = next((line for line in lines if re.match(r"error\[N\d+\]: |Error: ", line)), None)
    if status < 0:
        return f"it was ended by signal {-status}"
    return said or (lines[-1] if lines else f"exit status {status}")
