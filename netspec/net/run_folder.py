"""The folder of a run: who may write there, what it must not write over, and whether there is room."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable, Iterable
from pathlib import Path

from netspec.diagnostics import Trouble
from netspec.files import reason, sweep
from netspec.locations import kind_of_file
from netspec.net.kept import OWN
from netspec.net.lock import Lock


class RunFolder:
    """A folder from ``claim`` to ``release``: one process has it to itself.

    ``goes_on`` says that the run in it is the one that is wanted; any other is refused, or with ``force`` moved aside
    once ``ready`` is called. ``names`` are the files that will be written; ``tell`` gets what is worth knowing.
    """

    def __init__(
        self, path: Path, goes_on: bool, force: bool, names: Iterable[str], tell: Callable[[str], None]
    ) -> None:
        self.path, self.goes_on, self.force, self.tell = path, goes_on, force, tell
        self.names = [*OWN, *names]
        self.created = False
        self.lock: Lock | None = None

    def claim(self, inputs: Iterable[Path]) -> RunFolder:
        """Make the folder, or take the one that is there; none of the ``inputs`` is moved.

        Trouble N713 where it has a run or files that would be written over, N714 where another training has it,
        N604 where it is no folder or takes no files.
        """
        self._make()
        self._lock(Lock(self.path))
        try:
            if not self.goes_on:
                self._look(list(inputs))
            sweep(self.path)
        except BaseException:
            self.release()
            raise
        return self

    def ready(self) -> None:
        """Move aside what is in the way: what was to be read has been read."""
        if self.goes_on or not self._occupied() or self.lock is None:
            return
        aside = free_beside(self.path)
        try:
            os.rename(self.path, aside)
            self.lock.moved(aside)
            self.lock.release()
            self.path.mkdir()
        except OSError as error:
            raise Trouble("N604", f"{self.path} cannot be moved to {aside}: {reason(error)}") from None
        self._lock(Lock(self.path))
        self.tell(f"the run that was in {self.path} is now in {aside}")

    def release(self) -> None:
        """Let it go; one that was made for nothing goes too."""
        if self.lock is not None:
            self.lock.release()
            self.lock = None
        if self.created:
            with contextlib.suppress(OSError):  # it holds something
                self.path.rmdir()

    def _make(self) -> None:
        try:
            mode = os.stat(self.path).st_mode
        except FileNotFoundError:
            try:
                self.path.mkdir(parents=True)
                self.created = True
            except OSError as error:
                if not self.path.is_dir():  # another may have made it just now
                    raise Trouble("N604", f"{self.path} cannot be made: {reason(error)}") from None
            return
        except (OSError, ValueError) as error:
            raise Trouble("N604", f"{self.path} cannot be made: {reason(error)}") from None
        if not stat.S_ISDIR(mode):
            kind = "a file" if stat.S_ISREG(mode) else kind_of_file(mode)
            raise Trouble("N604", f"{self.path} is {kind}, and a run is kept in a folder")

    def _lock(self, lock: Lock) -> None:
        self.lock = lock.take()
        if lock.after:
            self.tell(f"{self.path} was locked by {lock.after}, which no longer runs")

    def _occupied(self) -> list[str]:
        return [name for name in self.names if os.path.lexists(self.path / name)]

    def _look(self, inputs: list[Path]) -> None:
        """Trouble N713 where files would be overwritten, unless they may be moved aside and no input goes with them."""
        found = self._occupied()
        if not found:
            return
        is_run = "log.jsonl" in found or "state.safetensors" in found or "settings.json" in found
        state = "already holds a run" if is_run else f"holds a file {found[0]}, which would be overwritten"
        if not self.force:
            more = f"continue it with `--resume {self.path}`, " if "state.safetensors" in found else ""
            raise Trouble(
                "N713",
                f"{self.path} {state}",
                help=f"{more}move it aside with `--force`, or leave out `-o` to get a new folder",
            )
        real = os.path.realpath(self.path)
        for path in [*inputs, Path.cwd()]:
            if os.path.commonpath([real, os.path.realpath(path)]) == real:
                raise Trouble(
                    "N713",
                    f"{self.path} {state}, and cannot be moved aside: {path} is in it",
                    help="give another folder with `-o`",
                )


def free_beside(folder: Path) -> Path:
    """Where a folder is moved aside to: runs/a.old-1, or the first number that is free."""
    number = 1
    while os.path.lexists(folder.with_name(f"{folder.name}.old-{number}")):
        number += 1
    return folder.with_name(f"{folder.name}.old-{number}")


def fresh(folder: Path, name: str) -> Path:
    """FOLDER/NAME-1, or with the first number that is free; made at once, so that it is nobody else's. Trouble N604."""
    number = 1
    try:
        folder.mkdir(parents=True, exist_ok=True)
        while True:
            with contextlib.suppress(FileExistsError):
                (folder / f"{name}-{number}").mkdir()
                return folder / f"{name}-{number}"
            number += 1
    except OSError as error:
        raise Trouble("N604", f"{folder / f'{name}-{number}'} cannot be made: {reason(error)}") from None


def room(path: Path, needed: int) -> None:
    """Trouble N715 where the disk under a folder has less than ``needed`` bytes left."""
    try:
        disk = os.statvfs(path)
    except (OSError, AttributeError):  # not every system tells
        return
    free = disk.f_bavail * disk.f_frsize
    if disk.f_blocks and free < needed:
        raise Trouble(
            "N715",
            f"the run needs {needed / 1e6:,.1f} MB in {path}, but the disk has {free / 1e6:,.1f} MB left",
            help="free some space, or keep the run elsewhere with `-o`",
        )
