"""Ray: the one module that knows it. Blocks of pictures go to workers on many machines, and their rows come back."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
import json
import logging
import os
import secrets
import signal
import socket
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from queue import Empty, SimpleQueue
from time import monotonic
from typing import IO, Any

from netspec.diagnostics import Trouble
from netspec.files import temporary_folder
from netspec.runtime.devices import heard
from netspec.runtime.worker import Job, Worker

#: Seconds that an address has to answer, and after which it is told that no answer comes.
PATIENCE, SILENCE = 5.0, 60.0
#: Workers that may die one after the other before the first one has started: then none ever will.
DEATHS = 8
#: The longest folder that the names of Ray's sockets fit behind.
_LONGEST = 45
#: Bytes of memory that a cluster of this machine takes for what goes to and fro: names and rows.
_STORE = 2**27
#: How a call to Ray begins (HTTP/2, RFC 9113 section 3.4); whoever speaks that answers at once.
_HELLO = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"
#: What Ray is told before it is loaded: nothing is sent to its makers, nothing is printed, and
#: no cluster begins by itself where one has ended.
_TOLD = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_BACKEND_LOG_LEVEL": "fatal", "RAY_DATA_LOG_LEVEL": "CRITICAL",
         "RAY_ENABLE_AUTO_CONNECT": "0"}  # fmt: skip


def installed() -> bool:
    """Whether there is a Ray with what it needs for data; it is not loaded."""
    return all(find_spec(name) is not None for name in ("ray", "pandas", "pyarrow"))


@dataclass(frozen=True)
class Machine:
    """What a machine of the cluster has."""

    cores: int
    cards: int


@contextmanager
def cluster(address: str | None, cores: int, tell: Callable[[str], None]) -> Iterator[list[Machine]]:
    """The machines of the Ray cluster at an address, or of one that this machine is with so many ``cores`` meanwhile.

    What goes wrong there and is mended is told.
    Raises Trouble N718 where there is none.
    """
    if address not in (None, "auto"):
        _reach(address)
    os.environ.update(_TOLD | admission(address))
    import ray

    logging.getLogger("ray").setLevel(logging.CRITICAL + 1)
    ray._private.worker.print_to_stdstream = heeding(tell)  # which would go to standard output, among the rows
    with temporary_folder() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        of_own: dict[str, Any] = {"num_cpus": cores, "include_dashboard": False, "object_store_memory": _STORE}
        if len(str(folder)) <= _LONGEST:
            of_own["_temp_dir"] = str(folder)
        try:
            yield _started(address, {} if address else of_own)
        finally:
            with _signals_kept():
                ray.shutdown()


def _started(address: str | None, of_own: Mapping[str, Any]) -> list[Machine]:
    import ray

    try:
        with _signals_kept(), heard():
            ray.init(address or "local", log_to_driver=False, logging_level=logging.CRITICAL, **of_own)
        found = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    except (Exception, SystemExit) as error:  # Ray's errors have no common kind of their own
        raise _trouble(error) from None
    return [Machine(int(node.get("CPU", 0)), int(node.get("GPU", 0))) for node in found]


def admission(address: str | None) -> dict[str, str]:
    """By what token Ray lets somebody in: its user's, where there is one; a fresh one for a cluster of our own."""
    if "RAY_AUTH_MODE" in os.environ:
        return {}
    if address is None:
        return {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    told = {"RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"} & set(os.environ)
    return {"RAY_AUTH_MODE": "token"} if told or os.path.isfile(os.path.expanduser("~/.ray/auth_token")) else {}


def heeding(tell: Callable[[str], None]) -> Callable[..., None]:
    """What takes Ray's messages: the first sentence of each is told, once."""
    said = set[str]()

    def heed(message: Mapping[str, Any], **_: Any) -> None:
        for line in message["lines"]:
            sentence = str(line).strip().partition(". ")[0]
            if sentence not in said and "will be retried" not in line:
                said.add(sentence)
                tell(f"Ray: {sentence[:300]}")

    return heed


def cards(device: str) -> int:
    """Cards that a worker takes for itself."""
    return int(device in ("cuda", "tensorrt"))


def _reach(address: str) -> None:
    """Trouble N718 unless something answers there."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or "/" in host:
        raise Trouble("N718", f"{address} is no address of a Ray cluster",
                      help="give HOST:PORT, as `ray start --head` prints it")  # fmt: skip
    try:
        with socket.create_connection((host.strip("[]"), int(port)), PATIENCE) as there:
            there.sendall(_HELLO)
            there.recv(1)  # Ray itself would wait for ever where something else listens
    except (OSError, OverflowError, UnicodeError) as error:
        why = str(getattr(error, "strerror", None) or error).lower()
        raise Trouble("N718", f"no Ray cluster answers at {address}: {why}",
                      help="`ray start --head` begins one, and prints its address") from None  # fmt: skip


def _trouble(error: BaseException) -> Trouble:
    """What Ray raised, in a line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    said = lines[-1] if "Traceback" in str(error) else lines[0]
    if isinstance(error, ConnectionError):
        help = "this machine must be one of the cluster's, and have its token in ~/.ray/auth_token"
    else:
        help = "install the same netspec on every machine" if "No module named" in said else ""
    return Trouble("N718", f"Ray does not go on: {said[:300]}", help=help)


@contextmanager
def _signals_kept() -> Iterator[None]:
    """Ray takes SIGTERM for itself."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, before)


def answers(
    job: Job, blocks: Sequence[Sequence[str]], workers: int, stop: Callable[[], bool], tell: Callable[[str], None]
) -> Iterator[bytes]:
    """What ``workers`` in the cluster answer to each block of names, in order, until asked to ``stop``.

    A block whose worker, or its machine, dies is given to another, without end. Raises Trouble N718 where Ray fails.
    """
    came: SimpleQueue[bytes | BaseException | None] = SimpleQueue()
    threading.Thread(target=_follow, args=(_asked(job, blocks, workers), came), daemon=True).start()
    last = monotonic()
    while not stop():
        try:
            found = came.get(timeout=0.1)
        except Empty:
            if monotonic() - last > SILENCE:
                last = monotonic()
                tell(f"no answer came for {SILENCE:.0f} s: the cluster is busy, or a picture ends every worker")
            continue
        if found is None:
            return
        if isinstance(found, BaseException):
            raise _trouble(found)
        last = monotonic()
        yield found


def _asked(job: Job, blocks: Sequence[Sequence[str]], workers: int) -> Any:
    """The data set of the answers; nothing is done before it is read."""
    import pyarrow
    from ray import data

    settings = data.DataContext.get_current()
    settings.enable_progress_bars = settings.print_on_execution_start = False
    settings.execution_options.preserve_order = True
    settings.execution_no_progress_timeout_s = -1  # a cluster may be busy for long
    settings.max_consecutive_actor_init_deaths = DEATHS
    tables = [pyarrow.table({"names": [json.dumps(names).encode()]}) for names in blocks]
    # Ray Data starts actors, and tasks whose actor died, again without end, unless it is told otherwise.
    return data.from_arrow(tables).map_batches(
        Worker, fn_constructor_args=(job,), batch_size=1, batch_format="numpy",
        compute=data.ActorPoolStrategy(size=min(workers, len(blocks))), num_cpus=job.threads,
        num_gpus=cards(job.device.name),
    )  # fmt: skip


def _follow(dataset: Any, came: SimpleQueue[bytes | BaseException | None]) -> None:
    """Put answers into the queue as they come, in a thread: the main one hears signals."""
    try:
        for batch in dataset.iter_batches(batch_size=None, batch_format="numpy", prefetch_batches=0):
            for answer in batch["answers"]:
                came.put(bytes(answer))
        came.put(None)
    except BaseException as error:
        came.put(error)


class Call:
    """A call of a function, on a machine with so many ``cores`` to spare, that is treated as a process.

    It gives its exit status and what it told, which is then in ``told``. Where its machine goes away, it is called
    again on another, without end.
    """

    def __init__(self, function: Callable[..., tuple[int, bytes]], given: Sequence[Any], cores: int, told: IO[bytes]):
        import ray

        self.returncode: int | None = None
        self.told = told
        self.call = ray.remote(num_cpus=cores, max_retries=-1)(function).remote(*given)

    def poll(self) -> int | None:
        """Its exit status, if it has ended."""
        return self._ended(0)

    def wait(self) -> int | None:
        """Its exit status, when it has ended."""
        return self._ended(None)

    def send_signal(self, number: int) -> None:
        """Raise KeyboardInterrupt in it."""
        self._cancel(False)

    def terminate(self) -> None:
        """Raise KeyboardInterrupt in it."""
        self._cancel(False)

    def kill(self) -> None:
        """End its process."""
        self._cancel(True)

    def _cancel(self, force: bool) -> None:
        import ray

        ray.cancel(self.call, force=force)

    def _ended(self, seconds: float | None) -> int | None:
        import ray

        if self.returncode is None and ray.wait([self.call], timeout=seconds)[0]:
            try:
                self.returncode, said = ray.get(self.call)
            except (ray.exceptions.TaskCancelledError, ray.exceptions.WorkerCrashedError):
                self.returncode, said = 128 + signal.SIGINT, b""
            except Exception as error:  # Ray's errors have no common kind of their own
                self.returncode, said = Trouble.status, f"error[N718]: {_trouble(error).line}".encode()
            self.told.write(said)
        return self.returncode
