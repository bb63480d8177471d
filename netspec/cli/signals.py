"""Signals that end a command: at once, or in a training after the current step; a second one ends it at once always."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
import _thread
import contextlib
import os
import select
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any, NoReturn, TypeVar

Event = TypeVar("Event")

#: Seconds that a command has to end by itself after the signal that ends it: a call into a library may take longer.
GRACE = 1.0
_DONE = 0


class Ended(KeyboardInterrupt):
    """A signal ends the command."""


class Signals:
    """The signals that came for one command.

    While ``gentle`` the first one is only noted, because something can be saved and will be; ``ended`` says that one
    ends the command, ``over`` that the command has ended and its status is known.
    """

    def __init__(self) -> None:
        self.came: list[int] = []
        self.gentle = self.ended = self.over = False

    @property
    def status(self) -> int:
        """The exit status of a command that was ended: 130 for Ctrl-C, 143 for SIGTERM, 129 for SIGHUP."""
        return 128 + (self.came[0] if self.came else signal.SIGINT)

    def asked(self) -> bool:
        """Whether the command was asked to end."""
        return bool(self.came)

    def watched(self, events: Iterator[Event]) -> Iterator[Event]:
        """The events of a training: from the first one on there is something to save."""
        try:
            for event in events:
                self.gentle = True
                yield event
        finally:
            self.gentle = False

    def handle(self, number: int, frame: FrameType | None) -> None:
        """Python's handler, in the main thread between two of its instructions."""
        self.came.append(number)
        if not self.over and (not self.gentle or len(self.came) > 1):
            self.ended = True
            importing = _importing(frame)
            if importing is None:
                raise Ended
            _raise_in(importing)


def _importing(frame: FrameType | None) -> FrameType | None:
    """What waits for the import, and all imports about it, in which the frame is; None outside of imports."""
    found = None
    while frame is not None:
        if frame.f_code.co_filename == "<frozen importlib._bootstrap>":
            found = frame.f_back
        frame = frame.f_back
    return found


def _raise_in(frame: FrameType) -> None:
    """Raise Ended where the frame goes on.

    Libraries that import others from C, as onnxruntime does numpy, make another exception of one that comes up in
    there, and print a traceback.
    """

    def tracer(*_: object) -> None:
        raise Ended  # Python then stops tracing

    frame.f_trace = tracer
    sys.settrace(lambda *_: None)


_now = Signals()


def current() -> Signals:
    """What came for the command that runs."""
    return _now


@contextlib.contextmanager
def heard(signals: Signals) -> Iterator[None]:
    """Hear the signals that end a command while the block runs.

    They are heard even if the program was started in the background of a script, where Ctrl-C is ignored. SIGHUP is not
    heard where it is ignored: that is what `nohup` asks for.
    """
    global _now
    before, _now = _now, signals
    try:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        with _watch(signals), _handled(signals):
            yield
    finally:
        _now = before


@contextlib.contextmanager
def _handled(signals: Signals) -> Iterator[None]:
    before = {number: signal.signal(number, signals.handle) for number in numbers()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def numbers() -> list[int]:
    """The signals that end a command here."""
    found = [int(getattr(signal, name)) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    return [number for number in found if number == signal.SIGINT or signal.getsignal(number) != signal.SIG_IGN]


def last() -> None:
    """The command is done, and only the interpreter's end is left: a signal changes the status no more."""
    for number in numbers():
        signal.signal(number, signal.SIG_IGN)


# ---- what ends a command that does not end


@contextlib.contextmanager
def _watch(signals: Signals) -> Iterator[None]:
    """Start a thread that learns of each signal as it comes, and ends the process where the command does not.

    Python's own handlers wait for the end of a call into a library, and two signals in one such call are one to them.
    """
    if os.name != "posix":
        yield
        return
    reading, writing = _pipe()
    os.set_blocking(writing, False)
    before = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    try:
        with contextlib.suppress(RuntimeError):  # no thread is to be had: the handlers alone must do
            _thread.start_new_thread(_watching, (reading, signals))
        yield
    finally:
        signal.set_wakeup_fd(before)
        with contextlib.suppress(OSError):
            os.write(writing, bytes([_DONE]))
        os.close(writing)


def _pipe() -> tuple[int, int]:
    """A pipe whose ends have none of the numbers of the standard streams, which may be closed."""
    import fcntl

    ends = os.pipe()
    reading, writing = (fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 3) for end in ends)
    for end in ends:
        os.close(end)
    return reading, writing


def _watching(reading: int, signals: Signals) -> None:
    heard: list[int] = []
    while True:
        for number in os.read(reading, 64) or bytes([_DONE]):
            if number == _DONE:
                os.close(reading)
                return
            if number in (signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
                heard.append(number)
        if len(heard) > 1 or (heard and not signals.gentle):
            while select.select([reading], [], [], GRACE)[0]:
                if _DONE in (os.read(reading, 64) or bytes([_DONE])):
                    os.close(reading)
                    return
            _end(128 + heard[0])


def end_within(seconds: float, status: int) -> None:
    """End the process so long from now, if it has not ended by itself: a thread of it may be busy for longer."""
    timer = threading.Timer(seconds, _end, (status,))
    timer.daemon = True
    timer.start()


def _end(status: int) -> NoReturn:
    """End the process, whatever it does: what it was writing is removed, its workers go with it."""
    modules: dict[str, Any] = dict(sys.modules)
    with contextlib.suppress(Exception):
        if "netspec.files" in modules:
            modules["netspec.files"].abandon()
        if "netspec.engine.running.processes" in modules:
            modules["netspec.engine.running.processes"].abandon()
    with contextlib.suppress(OSError):
        os.write(2, (b"\x1b[?25h" if os.isatty(2) else b"") + b"interrupted\n")
    os._exit(status)
