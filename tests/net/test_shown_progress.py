"""Progress of net.fit: one output of the cell in a notebook, a line for the running step at a terminal."""

from __future__ import annotations

import io
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from netspec.net import shown
from netspec.net.shown import Shown

STEP = SimpleNamespace(epoch=1, step=3, steps=9, loss=0.5)
EPOCH = SimpleNamespace(number=1, loss=0.25, accuracy=0.5, val_loss=None, val_accuracy=None, seconds=1.0, waited=0.0,
                        outputs={}, test_loss=None)  # fmt: skip


class Terminal(io.StringIO):
    """A stream that says it is one."""

    def isatty(self) -> bool:
        return True


class Notebook:
    """IPython as far as it is asked: what was displayed, and what stands there now."""

    def __init__(self) -> None:
        self.displayed = 0
        self.page = ""

    def display(self, page: str, display_id: bool) -> Notebook:
        self.displayed += 1
        self.page = page
        return self

    def update(self, page: str) -> None:
        self.page = page


def _show(progress: Shown) -> None:
    progress.tell("net <A>")
    progress.event(STEP)
    progress.event(EPOCH)
    progress.event(STEP)
    progress.close()


def test_a_notebook_has_one_output_that_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    notebook = Notebook()
    ipython, display = ModuleType("IPython"), ModuleType("IPython.display")
    ipython.get_ipython = lambda: object()  # type: ignore[attr-defined]
    display.display, display.HTML = notebook.display, str  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    monkeypatch.setattr(shown, "PAUSE", -1)
    _show(Shown())
    assert notebook.displayed == 1
    assert notebook.page.startswith("<pre>net &lt;A&gt;\nepoch   1  loss 0.2500")
    assert "step" not in notebook.page


@pytest.mark.parametrize("stream", [Terminal, io.StringIO])
def test_a_terminal_has_a_line_for_the_step_and_a_file_has_none(
    stream: type[io.StringIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    text: Any = stream()
    monkeypatch.setattr(sys, "stderr", text)
    monkeypatch.setattr(shown, "PAUSE", -1)
    _show(Shown())
    written = text.getvalue()
    assert ("step 3 of 9" in written) == (stream is Terminal)
    assert ("\r" in written) == (stream is Terminal)
    lines = [line.rpartition("\x1b[K")[2] for line in written.split("\n")]
    assert [lines[0], lines[1][:24], lines[-1]] == ["net <A>", "epoch   1  loss 0.2500  ", ""]
