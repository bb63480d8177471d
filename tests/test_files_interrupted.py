"""A write that a signal breaks off, wherever it comes: the old file or the new one, and nothing beside it."""

from __future__ import annotations

import sys
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from netspec import files

LINES = 60


def interrupted(moments: tuple[int, ...], path: Path) -> None:
    """Write, with an interrupt before the n-th line of our code for each n of ``moments``."""
    seen = 0

    def line(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal seen
        if event == "line":
            seen += 1
            if seen in moments:
                raise KeyboardInterrupt
        return line

    def call(frame: FrameType, event: str, argument: Any) -> Any:
        return line if frame.f_code.co_filename == files.__file__ else None

    before = sys.gettrace()
    sys.settrace(call)
    try:
        files.atomic_write(path, b"new")
    finally:
        sys.settrace(before)


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("after", [0, 1, 2, 3])
def test_nothing_is_left_beside_a_broken_write(after: int, tmp_path: Path) -> None:
    broken = 0
    for moment in range(1, LINES):
        path = tmp_path / f"{moment}"
        path.write_bytes(b"old")
        try:
            interrupted((moment, moment + after), path)
        except KeyboardInterrupt:
            broken += 1
        files.remove_unfinished()
        assert path.read_bytes() in (b"old", b"new")
        assert {found.name for found in tmp_path.iterdir()} == {path.name}, moment
        path.unlink()
    assert broken > 20
