"""A training from its first step to its last, and what it leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Any

from netspec.diagnostics import Trouble
from netspec.net.chosen import plain
from netspec.net.shown import Shown, Silent
from netspec.net.trained import Run

if TYPE_CHECKING:
    from netspec.engine.training.events import Event
    from netspec.net.net import Net

Callback = Callable[["Event"], Any]


def fit(
    net: Net,
    data: Any,
    progress: bool,
    callbacks: Callback | Iterable[Callback],
    weights: Mapping[str, Any] | None,
    how: dict[str, Any],
) -> Run:
    """Train to the end; see ``Net.fit``."""
    called = [callbacks] if callable(callbacks) else list(callbacks)
    shown = Shown() if progress else Silent()
    if weights is not None:
        if how.get("start") is not None:
            raise Trouble("N716", "both `weights` and `start` say what training begins with", help="give one of them")
        how["start"] = weights
    events = net.train(data, **{"tell": shown.tell, **how})
    with closing(events), closing(shown):
        for event in events:
            shown.event(event)
            for callback in called:
                if plain(callback(event)) is True:
                    events.training.ended = True
    return Run.of(net, events.training)
