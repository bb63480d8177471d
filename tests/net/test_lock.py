"""One owner a folder, by what the owner wrote of itself where the system keeps no locks."""

from __future__ import annotations

import errno
import json
import os
import socket
from pathlib import Path
from typing import Any

import pytest

from netspec.diagnostics import Trouble
from netspec.net import lock
from netspec.net.lock import NAME, Lock

HOST = socket.gethostname()


def own() -> dict[str, Any]:
    return {"pid": os.getpid(), "host": HOST, "started": lock._started(os.getpid())}


@pytest.fixture(params=[errno.ENOLCK, errno.EOPNOTSUPP])
def no_locks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system that keeps no locks."""
    import fcntl

    def refused(*_: Any) -> None:
        raise OSError(request.param, "no locks")

    monkeypatch.setattr(fcntl, "lockf", refused)


#: What the owner wrote, and whether it may still be at work.
OWNERS: dict[str, tuple[dict[str, Any], bool]] = {
    "this process": (own(), True),
    "this number, but another age": ({**own(), "started": 1}, False),
    "this number, of unknown age": ({"pid": os.getpid(), "host": HOST}, True),
    "a number that no process has": ({"pid": 2**22 + 5, "host": HOST}, False),
    "a number that no system has": ({"pid": 2**70, "host": HOST}, False),
    "another host": ({"pid": 1, "host": "elsewhere"}, True),
    "0": ({"pid": 0, "host": HOST}, False),
    "no number": ({"pid": "1", "host": HOST}, False),
    "nothing": ({}, False),
}


@pytest.mark.usefixtures("no_locks")
@pytest.mark.parametrize("name", OWNERS)
def test_without_the_systems_locks_the_owner_decides(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, lives = OWNERS[name]
    monkeypatch.setattr("netspec.net.lock.time.sleep", lambda seconds: None)
    (tmp_path / NAME).write_text(json.dumps(owner))
    if lives:
        with pytest.raises(Trouble) as caught:
            Lock(tmp_path).take()
        assert caught.value.code == "N714"
        assert (tmp_path / NAME).exists()
    else:
        taken = Lock(tmp_path).take()
        assert json.loads((tmp_path / NAME).read_text()) == own()
        taken.release()
        assert not (tmp_path / NAME).exists()


def test_a_lock_is_taken_once_and_again_after_its_release(tmp_path: Path) -> None:
    taken = Lock(tmp_path).take()
    with pytest.raises(Trouble, match=f"process {os.getpid()} on"):
        Lock(tmp_path).take()
    taken.release()
    taken.release()
    Lock(tmp_path).take().release()


def test_the_owner_that_died_is_named(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text(json.dumps({"pid": 7, "host": "elsewhere"}))
    taken = Lock(tmp_path).take()
    assert taken.after == "process 7 on elsewhere"
    taken.release()
    taken = Lock(tmp_path).take()
    assert taken.after == ""
    taken.release()


def test_a_moved_folder_keeps_its_lock(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    taken = Lock(tmp_path / "a").take()
    os.rename(tmp_path / "a", tmp_path / "b")
    taken.moved(tmp_path / "b")
    with pytest.raises(Trouble):
        Lock(tmp_path / "b").take()
    taken.release()
    assert not (tmp_path / "b" / NAME).exists()


def test_a_link_in_the_place_of_the_lock_is_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "precious"
    target.write_text("mine")
    (tmp_path / NAME).symlink_to(target)
    with pytest.raises(Trouble) as caught:
        Lock(tmp_path).take()
    assert caught.value.code == "N604"
    assert target.read_text() == "mine"
