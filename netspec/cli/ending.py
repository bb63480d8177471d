"""How a command ends: with standard streams that may be closed or full, and every exception as a line and a status."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
import contextlib
import errno
import os
import sys
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO

import click

from netspec import __version__
from netspec.cli.signals import current

if TYPE_CHECKING:
    from netspec.diagnostics import Fault, SpecError

DONE, AT_FAULT, USAGE, INTERNAL, INTERRUPTED, PIPE = 0, 1, 2, 70, 130, 141

#: What the system says where the program itself made the mistake; all else that it says is of files, disks and rights.
_OURS = {None, errno.EBADF, errno.EFAULT, errno.ENOTSOCK, errno.ECHILD}
#: What is said of a stream that takes no more.
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}


def ending(command: Callable[[], object]) -> int:
    """Run a command; its exit status. Whatever it raises is reported in a line, if there is a stream to write it to."""
    closed = _fill()
    try:
        try:
            status = command()
            sys.stdout.flush()
            return status if isinstance(status, int) else DONE
        except BaseException as error:
            return _reported(error, closed)
        finally:
            files = sys.modules.get("netspec.files")  # where it is not loaded, nothing was written
            if files is not None:
                files.remove_unfinished()
            sys.stderr.flush()
    except BrokenPipeError:
        return _silenced(PIPE)
    except KeyboardInterrupt:
        return current().status
    except OSError:  # nobody is left to hear of it
        return _silenced(USAGE)


def _fill() -> bool:
    """Put the null device where standard streams are closed, so that no file gets their numbers; whether stdout was."""
    closed = False
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            with contextlib.suppress(OSError):
                os.open(os.devnull, os.O_RDONLY if number < 2 else os.O_WRONLY)  # takes the lowest number that is free
        if getattr(sys, name) is None:
            closed = closed or number == 1
            setattr(sys, name, os.fdopen(number, "r" if number == 0 else "w", encoding="utf-8", closefd=False))
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")  # a piped Windows console must not break on 卷積
    return closed


def _reported(error: BaseException, closed: bool) -> int:
    """Say what a command raised; the exit status."""
    if current().ended and isinstance(error, Exception):
        error = KeyboardInterrupt()  # of which a library made something else
    diagnostics = sys.modules.get("netspec.diagnostics")  # where it is not loaded, it did not raise
    if diagnostics is not None and isinstance(error, diagnostics.SpecError | diagnostics.Fault):
        return _at_fault(error)
    if isinstance(error, click.ClickException):
        error.show()
        return USAGE
    if isinstance(error, click.Abort | KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return current().status
    if isinstance(error, BrokenPipeError) or (isinstance(error, SystemExit) and error.code == 1):
        return _silenced(PIPE)  # click and rich exit with 1 where a pipe broke, and nothing else here does
    if isinstance(error, MemoryError):
        click.echo("error: not enough memory", err=True)
        return USAGE
    if isinstance(error, OSError) and (error.errno not in _OURS or closed):
        return _of_the_system(error, closed)
    if isinstance(error, Exception):
        return _internal(error)
    raise error


def _at_fault(error: SpecError | Fault) -> int:
    from netspec.cli.output import show_fault, show_problems
    from netspec.diagnostics.problem import Fault

    if isinstance(error, Fault):
        show_fault(error)
        return error.status
    show_problems(error.problems)
    return AT_FAULT


def _of_the_system(error: OSError, closed: bool) -> int:
    from netspec.diagnostics.printable import printable

    why = (
        "standard output is closed" if closed and error.errno == errno.EBADF else (error.strerror or str(error)).lower()
    )
    if error.filename is None and (error.errno in _FULL or closed):
        what = "the output cannot be written"
    else:
        what = printable(error.filename or "the system")
    click.echo(f"error: {what}: {why}", err=True)
    return _silenced(USAGE)


def _internal(error: Exception) -> int:
    """A mistake of netspec's own: one line, and the traceback for who asks."""
    from netspec.diagnostics.printable import printable

    code, place = "N900", ""
    if os.environ.get("NETSPEC_TRACEBACK", "0") not in ("", "0"):
        traceback.print_exc()
    if error.__traceback__ is not None:
        frame = traceback.extract_tb(error.__traceback__, limit=-1)[0]
        place = f" ({os.path.basename(frame.filename)}:{frame.lineno})"
    what = printable(f"{type(error).__name__}: {error}".rstrip(": "))
    what = what if len(what) <= 200 else what[:199] + "…"
    click.echo(
        f"error[{code}]: an error inside netspec {__version__}, which is not your fault: {what}{place}; "
        "please report it with the command, its files, and what it prints under NETSPEC_TRACEBACK=1",
        err=True,
    )
    return INTERNAL


def _silenced(status: int) -> int:
    """The status; streams that failed now lead to the null device, so that Python's last flush does not fail again."""
    null = os.open(os.devnull, os.O_WRONLY)
    for number, stream in ((1, sys.stdout), (2, sys.stderr)):
        if _fails(stream):
            os.dup2(null, number)
    os.close(null)
    return status


def _fails(stream: TextIO) -> bool:
    try:
        stream.flush()
    except (OSError, ValueError):
        return True
    return False
