"""The events of a training as a notebook's own loop takes them."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from netspec.diagnostics.html import page_text

if TYPE_CHECKING:
    from netspec.engine.training.events import Event
    from netspec.net.training import Training


class Events(Iterator["Event"]):
    """Event after event of a training, which runs only as they are asked for.

    One that is let go before its first event has trained nothing, and says so (RuntimeWarning).
    """

    def __init__(self, training: Training) -> None:
        self.training = training
        self._events = training.run()
        self._asked = False

    def __repr__(self) -> str:
        return f"the events of a training of net {self.training.net.name}, which trains while they are iterated"

    def _repr_html_(self) -> str:
        return page_text(repr(self))

    def __iter__(self) -> Events:
        return self

    def __next__(self) -> Event:
        self._asked = True
        return next(self._events)

    def close(self) -> None:
        """End the training where it is, and let its folder go."""
        self._asked = True
        self._events.close()

    def __del__(self) -> None:
        if getattr(self, "_asked", True):
            return
        with suppress(TypeError, AttributeError):  # the interpreter ends
            warnings.warn(
                f"net {self.training.net.name} was not trained: `train` and `events` train while their events are "
                "iterated; `net.fit` runs to the end",
                RuntimeWarning,
                stacklevel=2,
            )
