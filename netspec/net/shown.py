"""How far a training is, for who waits for it in a notebook or at a terminal; elsewhere a line an epoch."""

from __future__ import annotations

import sys
import time
from html import escape
from typing import Any

from netspec.diagnostics import printable
from netspec.net.lines import of_epoch

#: Seconds between two looks of a step, and lines that a notebook shows.
PAUSE, MOST = 0.2, 40


class Shown:
    """Shows events and lines: in a notebook in one place, at a terminal with a line for the step that runs."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.step = ""
        self.looked = 0.0
        self.display = _notebook()
        self.handle: Any = None

    def tell(self, text: str) -> None:
        """A line that stays."""
        self.lines.append(printable(text, keep="\n"))
        self._draw(self.lines[-1])

    def event(self, event: Any) -> None:
        """What came of a step or an epoch."""
        if hasattr(event, "number"):
            self.step = ""
            for line in of_epoch(event):
                self.tell(line)
        elif hasattr(event, "step") and time.monotonic() - self.looked > PAUSE:
            self.looked = time.monotonic()
            self.step = f"epoch {event.epoch}  step {event.step:,} of {event.steps:,}  loss {event.loss:.4f}"
            self._draw()

    def close(self) -> None:
        """Nothing runs any more."""
        if self.step:
            self.step = ""
            self._draw()

    def _draw(self, line: str | None = None) -> None:
        if self.display is not None:
            self._redraw()
        elif sys.stderr is not None:
            terminal = sys.stderr.isatty()
            wiped = "\r\x1b[K" if terminal else ""
            text = (f"{wiped}{line}\n" if line is not None else "") + (f"{wiped}{self.step}" if terminal else "")
            sys.stderr.write(text)
            sys.stderr.flush()

    def _redraw(self) -> None:
        """The same output of the cell, drawn again."""
        lines = [*self.lines[-MOST:], *([self.step] if self.step else [])]
        page = self.display.HTML(f"<pre>{escape(chr(10).join(lines))}</pre>")
        if self.handle is None:
            self.handle = self.display.display(page, display_id=True)
        else:
            self.handle.update(page)


class Silent(Shown):
    """Shows nothing."""

    def _draw(self, line: str | None = None) -> None:
        pass


def _notebook() -> Any:
    """IPython's display where a notebook runs this, else None; nothing is imported for it."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if shell is None or type(shell).__name__ == "TerminalInteractiveShell":
        return None
    return sys.modules.get("IPython.display")
