"""How much of a batch runs at a time follows from the machine's caches, and a run keeps it."""

from __future__ import annotations

import pytest

from netspec.engine.planning import ways
from netspec.engine.planning.ways import Ways, chunk_of
from netspec.machine import Caches

KB, MB = 2**10, 2**20

CHUNKS: list[tuple[Caches, int]] = [  # in bytes of float32
    (Caches(), 4 * MB),  # the system tells nothing
    (Caches(None, 16 * MB), 4 * MB),
    (Caches(2 * MB, 50 * MB), 4 * MB),  # the own cache is large
    (Caches(2 * MB - KB, 12 * MB), 12 * MB),
    (Caches(MB, 16 * MB), 16 * MB),
    (Caches(MB, 100 * MB), 16 * MB),
    (Caches(512 * KB, 4 * MB), 4 * MB),
    (Caches(MB, MB), 2 * MB),  # a small share does not make it smaller than the own cache does
    (Caches(256 * KB, None), 2 * MB),
    (Caches(16 * MB, 16 * MB), 16 * MB),
]


@pytest.mark.parametrize(("caches", "size"), CHUNKS)
def test_the_caches_say_how_much(caches: Caches, size: int) -> None:
    assert 4 * chunk_of(caches) == size


def test_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ways, "caches", lambda: Caches(MB, 8 * MB))
    assert Ways.here({"a": "tiles"}) == Ways(2 * MB, {"a": "tiles"})


def test_what_a_run_keeps_is_read_again() -> None:
    kept = Ways(2**20, {"3x3": "winograd"})
    assert Ways.read(kept.to_json()) == kept
    for odd in (None, {}, {"chunk": 1, "methods": {}}, {"chunk": 2**30, "methods": {}}, {"chunk": "a", "methods": {}},
                {"chunk": 2**20, "methods": []}, {"chunk": 2.0**20, "methods": {}}):  # fmt: skip
        assert Ways.read(odd) is None
    assert Ways.read({"chunk": 2**20, "methods": {"a": 1, "b": "tiles"}}) == Ways(2**20, {"b": "tiles"})
