"""Files on disk: the one way to open what may be anything, and the one way to write what must be whole."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
import contextlib
import os
import secrets
import stat
import threading
from collections.abc import Iterable, Iterator, Sequence
from io import BufferedIOBase, BufferedReader
from pathlib import Path

from netspec.diagnostics.problem import Fault, Trouble
from netspec.locations import IN_RUN, is_nowhere, kind_of_file

Buffer = bytes | memoryview
#: How the name of a temporary file ends, so that one that a killed program left is known for what it is.
TEMPORARY = ".netspec-tmp"
#: Temporary files of this process that have not got their names yet; and whether a file is being written in its place.
_unfinished: set[str] = set()
#: Temporary folders of this process.
_folders: set[str] = set()
_in_place = threading.Lock()


def reason(error: Exception) -> str:
    """What the system says of an error, in lower case."""
    text = (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
    return text[:1].lower() + text[1:]


def open_regular(path: str | Path, code: str = "N601", kind: type[Fault] = Trouble) -> BufferedReader:
    """Open a regular file to read its bytes.

    A pipe, a socket or a device may never answer, so nothing but a regular file is opened (links to one are followed).
    Raises ``kind`` with ``code`` where there is none or it cannot be read.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)
    try:
        mode = os.stat(path).st_mode  # opening some devices does something already
        descriptor = os.open(path, flags) if stat.S_ISREG(mode) else -1
    except (OSError, ValueError) as error:
        raise kind(code, f"{path} cannot be read: {reason(error)}") from None
    if descriptor >= 0:
        mode = os.fstat(descriptor).st_mode  # what was opened, whatever has become of the name in between
        if stat.S_ISREG(mode):
            return os.fdopen(descriptor, "rb")
        os.close(descriptor)
    raise kind(code, f"{path} cannot be read: it is {kind_of_file(mode)}, and not a regular file")


def read_regular(path: str | Path, limit: int, code: str = "N601", kind: type[Fault] = Trouble) -> bytes:
    """At most ``limit`` + 1 bytes of a regular file: what is longer than that is for the caller to refuse.

    Raises ``kind`` with ``code`` where it cannot be read.
    """
    try:
        with open_regular(path, code, kind) as file:
            size = os.fstat(file.fileno()).st_size or limit  # some files say nothing of theirs
            return file.read(min(limit, size) + 1)  # room for as much as is asked for is taken at once
    except OSError as error:
        raise kind(code, f"{path} cannot be read: {reason(error)}") from None


@contextlib.contextmanager
def foreign(code: str, message: str, help: str = "") -> Iterator[None]:
    """Around the reading of somebody's file by a library: whatever it raises becomes a Fault ``code``.

    ``message`` is what is said of the file, followed by the library's reason. A list of all that libraries raise over
    damaged files would never be complete.
    """
    try:
        yield
    except Fault:
        raise
    except MemoryError:
        raise Fault(code, f"{message}: it asks for more memory than there is", help=help) from None
    except Exception as error:
        raise Fault(code, f"{message}: {reason(error).splitlines()[0][:200]}", help=help) from None


def atomic_write(path: str | Path, content: bytes | Sequence[Buffer]) -> None:
    """Write a file whole or not at all: a temporary file in the same folder, flushed to the disk, then renamed.

    ``content`` may be in pieces, which are written one behind the other.

    A symbolic link stays one, and its target is written; mode, owner and group of a file that is there are kept. A file
    with other hard links is written in place, since a rename would part them, and so is one whose owner a new file
    cannot have.
    What is written to ``/dev/null`` is gone. Raises Trouble N604 where that cannot be done;
    what stood under ``path`` then still stands there.
    """
    if is_nowhere(path):
        return
    content = [content] if isinstance(content, bytes) else content
    try:
        target = Path(os.path.realpath(path))
        before = _regular_or_new(target)
        # known before it is there: a signal may come between any two instructions, here and while it is removed
        temporary = str(target.parent / f".{target.name[:20]}.{secrets.token_hex(8)}{TEMPORARY}")
        _unfinished.add(temporary)
        try:
            alike = _written(temporary, content, before)
            if before is not None and (before.st_nlink > 1 or not alike):
                _overwrite(target, content)
            else:
                os.replace(temporary, target)
        finally:
            _remove(temporary)
    except (OSError, ValueError) as error:
        raise Trouble("N604", f"{path} cannot be written: {reason(error)}") from None
    _sync_folder(target.parent)


@contextlib.contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder among the system's temporary ones for files that a library insists on. It vanishes.

    Raises OSError where there can be none.
    """
    import tempfile

    folder = Path(tempfile.gettempdir(), f"netspec-{secrets.token_hex(8)}")
    with vanishing(folder):
        folder.mkdir(0o700)
        yield folder


@contextlib.contextmanager
def vanishing(folder: Path) -> Iterator[None]:
    """At the end a folder is gone with all that is in it, also where the process is ended meanwhile."""
    _folders.add(str(folder))
    try:
        yield
    finally:
        _remove_folder(str(folder))


def check_target(path: str | Path, inputs: Iterable[str | Path] = ()) -> None:
    """Trouble N604 unless a file can be written under ``path``: a new name in a folder, or a regular file.

    It must be none of the ``inputs``, under whatever name or link, nor what is read of one that is a run's folder.
    Nothing is touched; ``/dev/null`` is taken.
    """
    if is_nowhere(path):
        return
    try:
        target = Path(os.path.realpath(path))
        there = _regular_or_new(target)
        if not target.parent.is_dir():
            raise OSError(
                0, f"there is no folder {Path(path).parent if target == Path(os.path.abspath(path)) else target.parent}"
            )
        if not _may(target.parent, os.W_OK | os.X_OK):
            raise PermissionError(13, "permission denied")
    except (OSError, ValueError) as error:
        raise Trouble("N604", f"{path} cannot be written: {reason(error)}") from None
    for given in (Path(path, name) for path in inputs for name in ("", *IN_RUN)):
        with contextlib.suppress(OSError, ValueError):
            if there is not None and os.path.samestat(there, os.stat(given)):
                raise Trouble(
                    "N604",
                    f"{path} cannot be written: it is {given}, which this command reads",
                    help="give the result another name",
                )


def sweep(folder: Path) -> None:
    """Remove the temporary files that killed programs left in a folder; only its owner may call this."""
    for path in folder.glob(f".*{TEMPORARY}"):
        with contextlib.suppress(OSError):
            path.unlink()


def remove_unfinished() -> None:
    """Remove the temporary files of writes that were broken off, and whose own removal was; temporary folders too."""
    for folder in tuple(_folders):
        _remove_folder(folder)
    for temporary in tuple(_unfinished):
        _remove(temporary)


def abandon() -> None:
    """For a process that is about to end, whatever it does: remove half-written files, let writes in place finish."""
    remove_unfinished()
    _in_place.acquire(timeout=2)


def _remove(temporary: str) -> None:
    with contextlib.suppress(OSError):
        os.unlink(temporary)
    _unfinished.discard(temporary)


def _remove_folder(folder: str) -> None:
    import shutil

    shutil.rmtree(folder, ignore_errors=True)
    _folders.discard(folder)


def _regular_or_new(target: Path) -> os.stat_result | None:
    """The state of the file that is written over; None where there is none. Raises OSError where it must not be."""
    try:
        before = os.stat(target)
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(before.st_mode):
        raise OSError(0, f"it is {kind_of_file(before.st_mode)}, and not a regular file")
    if not _may(target, os.W_OK):  # a rename would not ask
        raise PermissionError(13, "permission denied")
    return before


def _may(path: Path, what: int) -> bool:
    """Whether this process may, by the rights that it has now and not by those that it was started with."""
    return os.access(path, what, effective_ids=os.access in os.supports_effective_ids)


def _written(temporary: str, content: Sequence[Buffer], before: os.stat_result | None) -> bool:
    """Write a new file with the content, and the mode and owner of ``before``; whether it could get those."""
    alike = True
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)
    with os.fdopen(os.open(temporary, flags | getattr(os, "O_BINARY", 0), 0o600), "wb") as file:
        file.writelines(content)
        file.flush()
        os.fsync(file.fileno())
    mine = os.stat(temporary)
    if before is not None and (before.st_uid, before.st_gid) != (mine.st_uid, mine.st_gid):
        try:
            os.chown(temporary, before.st_uid, before.st_gid)
        except PermissionError:  # only root may give files away
            alike = False
    os.chmod(temporary, 0o666 & ~_umask() if before is None else stat.S_IMODE(before.st_mode))
    return alike


def _overwrite(target: Path, content: Sequence[Buffer]) -> None:
    """Write a file in its place; what stood there is put back where that fails half-way."""
    with _in_place, open(target, "r+b") as file:
        old = file.read()
        try:
            _put(file, content)
        except BaseException:
            _put(file, [old])
            raise


def _put(file: BufferedIOBase, content: Sequence[Buffer]) -> None:
    file.seek(0)
    file.writelines(content)
    file.truncate()
    file.flush()
    os.fsync(file.fileno())


def _sync_folder(path: Path) -> None:
    with contextlib.suppress(OSError):  # not every file system can sync a folder
        folder = os.open(path, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
