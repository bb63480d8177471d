"""R17: the n-th write, flush, rename, open or mkdir fails, for every n that there is:
exit 2, and what was there is there."""

from __future__ import annotations

import errno
import os
import random
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

from netspec import files
from netspec.cli import main
from netspec.files import TEMPORARY
from tests.fuzz import tiny
from tests.fuzz.frame import Harness

ERRORS = (errno.ENOSPC, errno.EIO, errno.EACCES, errno.EROFS, errno.EDQUOT)
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
TRAIN = ["train", "s.net", "--data", "d", "--threads", "1"]
#: What is run in a folder with a spec, data, weights, a model and a run of two epochs.
COMMANDS = {
    "compile": ["compile", "s.net", "--weights", "w.safetensors", "-o", "old.onnx"],
    "new": ["compile", "s.net", "--weights", "w.safetensors", "-o", "new.onnx"],
    "linked": ["compile", "s.net", "--weights", "w.safetensors", "-o", "linked.onnx"],
    "draw": ["draw", "s.net", "-o", "new.svg"],
    "format": ["format", "ugly.net"],
    "import": ["weights", "import", "s.net", "w.safetensors", "-o", "old.onnx"],
    "train": [*TRAIN, "-o", "b"],
    "fresh": TRAIN,
    "resume": [*TRAIN, "--resume", "a"],
    "elsewhere": [*TRAIN, "--resume", "a", "-o", "b"],
    "force": [*TRAIN, "-o", "a", "--force"],
}


class Failing:
    """Counts the calls that change a folder; the n-th raises ``error``."""

    def __init__(self, folder: Path, n: int, error: int) -> None:
        self.folder, self.n, self.error, self.count = str(folder), n, error, 0

    def call(self, real: Callable[..., Any], path: Callable[..., Any]) -> Callable[..., Any]:
        """``real``, where ``path`` of its arguments is one of the folder's."""

        def called(*args: Any, **named: Any) -> Any:
            where = path(*args)
            if where is not None and os.path.abspath(os.fsdecode(where)).startswith(self.folder):
                self.count += 1
                if self.count == self.n:
                    raise OSError(self.error, os.strerror(self.error))
            return real(*args, **named)

        return called

    def file(self, opened: Any) -> Any:
        """A file whose writes are counted."""
        proxy = mock.Mock(wraps=opened)
        proxy.__enter__ = lambda _: proxy
        proxy.__exit__ = lambda _, *error: opened.__exit__(*error)
        proxy.write = self.call(opened.write, lambda *_: self.folder)
        return proxy


@contextmanager
def failing(folder: Path, n: int, error: int) -> Iterator[Failing]:
    """The n-th call fails."""
    found = Failing(folder, n, error)
    real_open, real_fdopen = open, os.fdopen
    patches: list[Any] = [
        mock.patch.object(os, "open", found.call(os.open, lambda path, flags, *_: path if flags & WRITING else None)),
        mock.patch.object(os, "fsync", found.call(lambda handle: None, _of_handle)),
        mock.patch.object(os, "write", found.call(os.write, _of_handle)),
        mock.patch.object(os, "ftruncate", found.call(os.ftruncate, _of_handle)),
        *(
            mock.patch.object(os, name, found.call(getattr(os, name), lambda path, *_: path))
            for name in ("replace", "rename", "mkdir", "chmod")
        ),
        mock.patch.object(
            os,
            "fdopen",
            lambda handle, mode="r", *a, **k: (
                found.file(real_fdopen(handle, mode, *a, **k)) if "w" in mode else real_fdopen(handle, mode, *a, **k)
            ),
        ),
        mock.patch.object(files, "open", lambda path, mode: found.file(real_open(path, mode)), create=True),
    ]
    for patch in patches:
        patch.start()
    try:
        yield found
    finally:
        for patch in reversed(patches):
            patch.stop()


def _of_handle(handle: Any, *_: object) -> str | None:
    try:
        return os.readlink(f"/proc/self/fd/{handle}")
    except OSError:
        return None


@cache
def _made() -> Path:
    """The folder that every command begins with; left to the system's temporary files."""
    folder = Path(tempfile.mkdtemp())
    tiny.prepare(folder)
    (folder / "a").mkdir()
    for name, content in tiny.unbroken(2).items():
        (folder / "a" / name).write_bytes(content)
    shutil.copy(folder / "a" / "weights.safetensors", folder / "w.safetensors")
    for name in ("old.onnx", "linked.onnx"):
        (folder / name).write_bytes(b"what was there")
    (folder / "ugly.net").write_text("netspec 1\nlet   a=1\n")
    return folder


def _content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _begun(here: Path) -> Path:
    shutil.copytree(_made(), here, dirs_exist_ok=True)
    os.link(here / "linked.onnx", here / "other.onnx")
    os.chdir(here)
    return here


@cache
def _calls(name: str) -> int:
    """How many calls a command makes when none fails; what it comes to is looked at too."""
    with tempfile.TemporaryDirectory() as folder:
        here = _begun(Path(folder))
        before = _content(here)
        with failing(here, 0, 0) as found:
            status = main(COMMANDS[name])
        _look(name, here, before, status, True)
    return found.count


def _case(draw: random.Random, folder: Path) -> None:
    name, error = draw.choice(list(COMMANDS)), draw.choice(ERRORS)
    n = draw.randint(1, _calls(name))
    here = _begun(folder)
    before = _content(here)
    with failing(here, n, error) as found:
        status = main(COMMANDS[name])
    assert found.count >= n
    _look(name, here, before, status, False)


def _look(name: str, here: Path, before: dict[str, bytes], status: int, passed: bool) -> None:
    """Nothing is half, nothing old is lost, nothing is left over."""
    assert status == 0 if passed else status in (0, 2), f"{name} ended with {status}"
    after = _content(here)
    assert not [path for path in after if path.endswith(TEMPORARY) or path.endswith(".lock")], after.keys()
    if name not in ("train", "fresh", "resume", "elsewhere", "force"):
        changed = [path for path in {*before, *after} if before.get(path) != after.get(path)]
        assert not changed if status else changed, f"{name} ended with {status} and changed {changed}"
        return
    run = here / {"train": "b", "fresh": "runs/s-1", "elsewhere": "b"}.get(name, "a")
    for path in here.rglob("a*/"):
        tiny.intact(path)
    if name == "elsewhere" or (name == "force" and status):
        kept = here / "a" if name == "elsewhere" or not (here / "a.old-1").exists() else here / "a.old-1"
        assert all(after[str((kept / path).relative_to(here))] == before[f"a/{path}"] for path in tiny.FILES), name
    if status and name != "elsewhere":
        tiny.train(
            here, **({"resume": run} if (run / "state.safetensors").exists() else {}), out=run, **({"epochs": 4})
        )
    if not status or name != "elsewhere":
        tiny.same_end(run, reported=passed)


NTH_CALL = Harness("nth_call", "R17", _case, short=60, long=20_000, seconds=5)
