"""One owner a folder: a file that says who works in it, locked by the system, so that a dead owner's lock is free."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
import contextlib
import errno
import json
import os
import socket
import time
from pathlib import Path

from netspec.diagnostics import Trouble
from netspec.files import reason

#: The file in the folder that is locked.
NAME = ".lock"
_MOST = 4096
#: The folders that this process holds: the system gives its own locks to a process again.
_held: set[tuple[int, int]] = set()


class Lock:
    """The lock of a folder from ``take`` to ``release``; ``after`` names the owner that died with it, if one did.

    Who finds it taken is told of the ``work`` that is done there, and what ``other`` way there is.
    """

    def __init__(
        self, folder: Path, work: str = "training in it", other: str = "give this run another folder with `-o`"
    ):
        self.folder, self.work, self.other, self.after = folder, work, other, ""
        self._handle = -1
        there = os.stat(folder)
        self._key = (there.st_dev, there.st_ino)

    def take(self) -> Lock:
        """Take it. Trouble N714 where a process works in the folder already, N604 where no file can be made there."""
        if self._key in _held:
            raise self._taken(f"process {os.getpid()} on {socket.gethostname()}")
        try:
            while not self._locked():
                pass
        except OSError as error:
            raise Trouble("N604", f"nothing can be written into {self.folder}: {reason(error)}") from None
        _held.add(self._key)
        return self

    def release(self) -> None:
        """Let the folder go."""
        if self._handle < 0:
            return
        with contextlib.suppress(OSError):
            os.unlink(self.folder / NAME)
        os.close(self._handle)
        self._handle = -1
        _held.discard(self._key)

    def moved(self, folder: Path) -> None:
        """The folder has another name now."""
        self.folder = folder

    def _locked(self) -> bool:
        """Open and lock the file; False where it was another's that was removed in between."""
        # A link is not followed, and a pipe does not block: whatever has the name was put there by somebody else.
        handle = os.open(
            self.folder / NAME,
            os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0),
            0o666,
        )
        granted = False
        try:
            granted = self._granted(handle, _read(handle))
            if not granted:
                raise self._taken(_named(_waited(handle)))
            # The owner before may have removed the file between our opening and locking it: a lock on a file that has
            # no name any more keeps nobody out, so the name must still lead to the file that is locked.
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(handle), os.stat(self.folder / NAME, follow_symlinks=False)):
                    before = _read(handle)
                    _sign(handle)
                    self.after, self._handle = _named(before) if before else "", handle
                    return True  # and the file stays open: to close it is to give the lock back
            os.close(handle)
            return False
        except BaseException:
            if granted:
                with contextlib.suppress(OSError):
                    os.unlink(self.folder / NAME)
            os.close(handle)
            raise

    def _granted(self, handle: int, before: dict[str, object]) -> bool:
        """The system knows who lives; where it keeps no locks on these files, what the owner wrote has to do."""
        try:
            import fcntl

            fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except ImportError:
            return not _lives(before)
        except OSError as error:
            if error.errno in (errno.EACCES, errno.EAGAIN):
                return False
            if error.errno in (errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS):
                return not _lives(before)
            raise

    def _taken(self, owner: str) -> Trouble:
        return Trouble(
            "N714",
            f"{self.folder} is in use: {owner} is {self.work}",
            help=f"wait until it is done, stop it, or {self.other}",
        )


def _sign(handle: int) -> None:
    """Write who owns the lock, in place of who did."""
    own = {"pid": os.getpid(), "host": socket.gethostname(), "started": _started(os.getpid())}
    os.ftruncate(handle, 0)
    os.lseek(handle, 0, os.SEEK_SET)
    os.write(handle, json.dumps(own).encode())


def _waited(handle: int) -> dict[str, object]:
    """What the owner says of itself: one that has just come may still be about to."""
    for _ in range(50):
        if found := _read(handle):
            return found
        time.sleep(0.02)
    return {}


def _read(handle: int) -> dict[str, object]:
    """What an owner wrote of itself; nothing where it wrote nothing that can be read."""
    try:
        os.lseek(handle, 0, os.SEEK_SET)
        owner = json.loads(os.read(handle, _MOST))
    except (ValueError, RecursionError):
        return {}
    return owner if isinstance(owner, dict) else {}


def _named(owner: dict[str, object]) -> str:
    pid, host = owner.get("pid"), owner.get("host")
    return f"process {pid} on {host}" if isinstance(pid, int) and isinstance(host, str) else "another process"


def _lives(owner: dict[str, object]) -> bool:
    """Whether an owner may still be at work.

    One of another host may; one of this host where a process of its number and age runs.
    """
    pid = owner.get("pid")
    if not isinstance(pid, int) or pid < 1:
        return False
    if owner.get("host") != socket.gethostname():
        return True
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        pass
    return owner.get("started") is None or _started(pid) == owner["started"]


def _started(pid: int) -> int | None:
    """When a process was started, in the system's ticks; None where it does not tell."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[19])
    except (OSError, ValueError, IndexError):
        return None
