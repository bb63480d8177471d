"""An epoch's source is closed where Ctrl-C is heard, not where Python forgets it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from netspec.data.batches import Batches
from netspec.net import load
from tests.fixtures import prepared


def test_a_signal_while_an_epochs_source_ends_is_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, epoch = prepared(tmp_path), Batches.epoch

    def ending(self: Batches, *given: int) -> Iterator[object]:
        try:
            yield from epoch(self, *given)
        finally:
            raise KeyboardInterrupt  # as a handler does that runs while the thread is joined

    monkeypatch.setattr(Batches, "epoch", ending)
    with pytest.raises(KeyboardInterrupt):
        list(load(folder / "tiny.net").train(folder / "digits", epochs=2, workers=1))
