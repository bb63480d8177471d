"""Signals wait while a process is forked."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from typing import Any

#: Signals that a terminal or a scheduler sends to a whole group: the first process says what becomes of the workers.
GROUP = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT") if hasattr(signal, name))


@contextlib.contextmanager
def held() -> Iterator[None]:
    """Signals wait: what a handler raised in a fork would be lost (Python ignores errors in hooks of
    `os.register_at_fork`), and one that came between a child's birth and its first words would be taken for the
    parent's."""
    came: list[int] = []
    handlers: dict[int, Any] = {}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    try:
        for number in GROUP if threading.current_thread() is threading.main_thread() else ():
            if callable(handler := signal.getsignal(number)):
                handlers[number] = handler
                signal.signal(number, lambda number, frame: came.append(number))
        signal.pthread_sigmask(signal.SIG_BLOCK, GROUP)
        yield
    finally:
        before_fork = dict(handlers)
        try:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        finally:
            _restore(handlers)
        for number in came:
            before_fork[number](number, None)


def _restore(handlers: dict[int, Any]) -> None:
    """Each handler in its place again, though one that is there already may raise meanwhile."""
    try:
        while handlers:
            number = next(iter(handlers))
            signal.signal(number, handlers[number])
            del handlers[number]
    finally:
        if handlers:
            _restore(handlers)
