"""Workers of Ray: their rows are the local ones, also where one is killed; Ctrl-C leaves rows and no process."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pyarrow import parquet

from netspec.net.sweeping import GRACE
from tests.cli.test_run import CLASSES, write
from tests.cli.test_sweep import own_processes
from tests.processes import members

pytestmark = pytest.mark.slow

COUNT, EPOCHS = 100, 8
SPEC = f"""netspec 1
net S {{
    input x: 4
    output y = x -> dense(8) -> relu -> dense(3) -> softmax
}}
train {{
    epochs: {EPOCHS}
    batch: 8
}}
"""
#: Seconds that a busy machine may take.
LONG = 180


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A model of two numbers, and pictures that take a while: large ones, one that is none, in two folders."""
    here = tmp_path_factory.mktemp("ray")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(here)
        write("softmax", "cross_entropy", "Softmax", CLASSES, [{"step": "resize", "height": 1, "width": 2}], axis=1)
        draw = np.random.default_rng(0)
        for kind in range(3):
            image = Image.fromarray(draw.integers(0, 30 * (kind + 1), (1500, 3000), np.uint8))
            image.save(f"{kind}.png")
        for place in ("p/一", "p/二"):
            Path(place).mkdir(parents=True)
            for number in range(COUNT // 2):
                os.link(f"{number % 3}.png", f"{place}/图 {number:02}.png")
        Path("p/二/图 49.png").unlink()
        Path("p/二/图 49.png").write_bytes(b"no picture")
        assert run("--parquet", "local/") == 1
        yield here


def environment(folder: Path) -> dict[str, str]:
    (folder / "home").mkdir(exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    return kept | {"HOME": str(folder / "home"), "RAY_USAGE_STATS_ENABLED": "0"}


def start(*words: str) -> subprocess.Popen[str]:
    return command("run", "m.onnx", "p", "--batch", "2", "--threads", "1", *words)


def command(*words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "netspec", *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, process_group=0, env=environment(Path.cwd()),
    )  # fmt: skip


def run(*words: str) -> int:
    child = start(*words)
    _, err = child.communicate(timeout=LONG)
    assert "Traceback" not in err, err
    return child.returncode


def rows(folder: str) -> list[dict[str, object]]:
    return [row for path in sorted(Path(folder).glob("*.parquet")) for row in parquet.read_table(path).to_pylist()]


def at_work(what: bytes = b"ray::MapWorker(MapBatches(Worker)).submit") -> list[int]:
    """Workers that are at a block, or at something else."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if entry.read_bytes().startswith(what):
                found.append(int(entry.parent.name))
        except OSError:
            continue
    return found


def trainings(folder: Path) -> list[int]:
    """Processes that train in a folder; workers of Ray, which wait there for more, are none."""
    found = []
    for pid in own_processes(folder):
        try:
            if b"sweeping" in Path(f"/proc/{pid}/cmdline").read_bytes():
                found.append(pid)
        except OSError:
            continue
    return found


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    """A cluster of two cores, which has this machine's own address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    script = Path(sys.executable).with_name("ray")
    head = subprocess.Popen(
        [str(script), "start", "--head", "--block", f"--port={port}", "--num-cpus=2", "--include-dashboard=false"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment(folder), cwd="/",
        process_group=0,
    )  # fmt: skip
    try:
        until(lambda: answers(port))
        yield f"127.0.0.1:{port}"
    finally:
        os.killpg(head.pid, signal.SIGKILL)  # asked to end, it takes half a minute
        head.wait(timeout=60)
        until(lambda: not members(head.pid))


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def test_rows_are_whole_and_the_local_ones_where_a_worker_is_killed(
    folder: Path, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    child = start("--ray", "--ray-address", address, "--workers", "2", "--parquet", "killed")
    until(at_work)
    os.kill(at_work()[0], signal.SIGKILL)
    out, err = child.communicate(timeout=LONG)
    assert (child.returncode, out) == (1, "")
    first, *told, wrote, _ = err.splitlines()
    assert first == f"running on 2 workers of the Ray cluster at {address}"
    assert wrote == f"wrote {COUNT} rows into killed"
    # On a busy machine Ray's message may come too late, and answers after a silence that is told.
    assert all(line.startswith(("Ray: A worker died", "no answer came for ")) for line in told), told
    assert rows("killed") == rows("local") and len(rows("killed")) == COUNT


def test_ctrl_c_keeps_the_rows_and_leaves_no_process(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    child = start("--ray", "--workers", "2", "--parquet", "stopped")
    until(at_work)
    time.sleep(0.5)
    os.killpg(child.pid, signal.SIGINT)
    _, err = child.communicate(timeout=LONG)
    assert child.returncode == 130 and "Traceback" not in err
    until(lambda: not at_work() and not members(child.pid))
    kept = rows("stopped") if Path("stopped").exists() else []
    assert kept == rows("local")[: len(kept)] and len(kept) < COUNT
    assert run("--parquet", "stopped/") == 1  # threads do the rest of what workers began
    assert rows("stopped") == rows("local")


def test_a_sweeps_runs_are_those_of_train_and_no_process_is_left(
    folder: Path, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    Path("s.net").write_text(SPEC)
    Path("d").mkdir()
    x = np.random.default_rng(0).random((8000, 4), dtype="f4")
    np.savez("d/train.npz", x=x, y=(x[:, 0] * 3).astype(int))
    line = ("sweep", "s.net", "--data", "d", "--rate", "0.1,0.2", "--jobs", "2")
    there = ("--ray", "--ray-address", address)
    names = ("rate=0.1", "rate=0.2")
    child = command(*line, "-o", "killed", *there)
    until(lambda: all((folder / "killed" / name / "log.jsonl").exists() for name in names))
    os.kill(at_work(b"ray::trained")[0], signal.SIGKILL)
    out, _ = child.communicate(timeout=LONG)
    assert child.returncode == 0 and out.count("done") == 2
    command(*line, "-o", "own").communicate(timeout=LONG)
    for name in names:
        ours, theirs = (Path(place, name, "weights.safetensors").read_bytes() for place in ("own", "killed"))
        assert ours == theirs
    child = command(*line, "-o", "stopped-sweep", *there, "--epochs", "1000000")
    until(lambda: all((folder / "stopped-sweep" / name / "log.jsonl").exists() for name in names))
    child.send_signal(signal.SIGINT)
    began = time.monotonic()
    _, err = child.communicate(timeout=LONG)
    assert time.monotonic() - began < GRACE  # they end by themselves, and are not killed
    assert child.returncode == 130 and "does the rest" in err and "Traceback" not in err
    until(lambda: not trainings(folder))
    assert all((folder / "stopped-sweep" / name / "state.safetensors").exists() for name in names)
