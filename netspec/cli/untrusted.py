"""A command in a separate process, with limits on memory and on the time without an answer: for models of strangers."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
import ctypes
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from netspec.cli.output import words
from netspec.diagnostics import Fault, printable

#: Bytes that the process may write to, and seconds that may pass without a line of its answer.
MEMORY, SECONDS = 4 * 2**30, 60.0
#: The longest line that is waited for.
LONGEST = 2**24
_CHILD = "import sys; sys.path.append(sys.argv.pop(1)); from netspec.cli.untrusted import child; child()"

untrusted_option = click.option(
    "--untrusted",
    is_flag=True,
    help=f"Run the model in a separate process that may take {MEMORY / 2**30:.0f} GiB, may write no file, "
    "and is stopped if it does not answer.",
)


def again(device: str) -> list[str]:
    """The command that runs, for a process that is asked to do it: on the processor, unless a device was named."""
    options, arguments = list[str](), list[str]()
    for param, given in words():
        if param.name not in ("untrusted", "device"):
            (arguments if isinstance(param, click.Argument) else options).extend(given)
    name = click.get_current_context().info_name or ""
    return [name, *options, "--device", "cpu" if device == "auto" else device, "--", *arguments]


def apart(arguments: Sequence[str], seconds: float = SECONDS, memory: int = MEMORY) -> int:
    """A command's exit status; what it prints is passed on, line by line, made fit to print.

    Raises Fault N727 where its process is ended by a signal, or by us because it gives no answer.
    """
    root = str(Path(__file__).parents[2])
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", _CHILD, root, str(os.getpid()), str(memory), *arguments],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    try:
        with selectors.DefaultSelector() as selector:
            for stream, error in ((process.stdout, False), (process.stderr, True)):
                assert stream is not None
                selector.register(stream, selectors.EVENT_READ, _passing(error))
            _follow(selector, seconds)
        status = process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        raise _silent(seconds) from None
    finally:
        _end(process)
    if status not in (0, 1, 2, 70):
        raise Fault(
            "N727",
            f"the model crashed the process that ran it: {_ending(status)}",
            help="the model is damaged, malicious or too large",
        )
    return status


def _follow(selector: selectors.BaseSelector, seconds: float) -> None:
    """Pass on what comes until both streams end."""
    last = time.monotonic()
    while selector.get_map():
        ready = selector.select(max(0.0, last + seconds - time.monotonic()))
        if not ready:
            raise _silent(seconds)
        for key, _ in ready:
            chunk = os.read(key.fd, 65536)
            if key.data(chunk):
                last = time.monotonic()
            if not chunk:
                selector.unregister(key.fileobj)


def _passing(error: bool) -> Callable[[bytes], bool]:
    """What takes a stream's chunks and prints its whole lines; whether there was one."""
    held = b""

    def take(chunk: bytes) -> bool:
        nonlocal held
        *lines, held = (held + chunk).split(b"\n")
        if len(held) > LONGEST:
            raise Fault("N727", "the model made its process print a line without end")
        for line in [*lines, held] if held and not chunk else lines:
            click.echo(printable(line.decode("utf-8", errors="backslashreplace")), err=error)
        return bool(lines)

    return take


def _silent(seconds: float) -> Fault:
    return Fault("N727", f"the model gave no answer for {seconds:.0f} seconds, and its process was stopped")


def _ending(status: int) -> str:
    if status >= 0:
        return f"exit status {status}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = ""
    return f"signal {-status} {name}".strip()


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process and all that it started, where it still runs."""
    if process.poll() is None:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            process.kill()
        process.wait()
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()


def child() -> None:
    """The process itself: limits first, then the command."""
    parent, memory, *arguments = sys.argv[1:]
    _limit(int(parent), int(memory))
    from netspec.cli import main

    sys.exit(main(arguments))


def _limit(parent: int, memory: int) -> None:
    """No more than ``memory`` bytes, no file written, no core left, and no life after the parent's."""
    try:
        import resource
    except ImportError:  # not on this system
        return
    for what, most in (
        (resource.RLIMIT_DATA, memory),
        (resource.RLIMIT_AS, memory + 2**35),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    ):
        hard = resource.getrlimit(what)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (most, most))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: it does not outlive its parent
        if os.getppid() != parent:
            os._exit(1)
