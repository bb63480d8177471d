"""What the machine gives, from made folders of /proc and /sys."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from netspec import machine

MB = 2**20


def write(root: Path, files: dict[str, object]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{content}\n")
    return root


FREE = {"proc/meminfo": "MemTotal:  99999999 kB\nMemFree: 1 kB\nMemAvailable:    2048000 kB"}
V2 = {"proc/self/cgroup": "0::/user/job", "proc/self/mountinfo": "30 1 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw"}
V1 = {
    "proc/self/cgroup": "4:memory:/box/job\n1:cpu,cpuacct:/box/job\n0::/",
    "proc/self/mountinfo": "31 1 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
    "32 1 0:28 / /cpus rw - cgroup cgroup rw,cpu,cpuacct",
}
OPEN = 9223372036854771712

MEMORY: dict[str, tuple[dict[str, object], int, str]] = {
    "the machine alone": ({}, 2048000 * 1024, "free"),
    "its own group": (
        {**V2, "sys/fs/cgroup/user/job/memory.max": 100 * MB, "sys/fs/cgroup/user/job/memory.current": 30 * MB},
            70 * MB, "memory.max",
    ),
    "an ancestor": (
        {**V2, "sys/fs/cgroup/user/job/memory.max": "max", "sys/fs/cgroup/user/job/memory.current": 30 * MB,
         "sys/fs/cgroup/user/memory.max": 90 * MB, "sys/fs/cgroup/user/memory.current": 50 * MB}, 40 * MB, "user",
    ),
    "file cache counts as free": (
        {**V2, "sys/fs/cgroup/user/job/memory.max": 100 * MB, "sys/fs/cgroup/user/job/memory.current": 95 * MB,
         "sys/fs/cgroup/user/job/memory.stat": f"anon 5\nactive_file 7\ninactive_file {20 * MB}"}, 25 * MB,
             "memory.max",
    ),
    "used up": (
        {**V2, "sys/fs/cgroup/user/job/memory.max": 100 * MB, "sys/fs/cgroup/user/job/memory.current": 101 * MB}, 0,
            "memory.max",
    ),
    "slowed down above": (
        {**V2, "sys/fs/cgroup/user/job/memory.high": 60 * MB, "sys/fs/cgroup/user/job/memory.current": 30 * MB},
            30 * MB, "memory.high",
    ),
    "version 1, nested": (
        {**V1, "sys/fs/cgroup/memory/box/job/memory.limit_in_bytes": OPEN,
            "sys/fs/cgroup/memory/box/job/memory.usage_in_bytes": 10 * MB,
         "sys/fs/cgroup/memory/box/memory.limit_in_bytes": 200 * MB,
             "sys/fs/cgroup/memory/box/memory.usage_in_bytes": 150 * MB,
         "sys/fs/cgroup/memory/box/memory.stat": f"cache 1\ntotal_inactive_file {8 * MB}"}, 58 * MB,
             "memory.limit_in_bytes",
    ),
    "a container that sees its own group as the top": (
        {"proc/self/cgroup": "0::/docker/abc",
            "proc/self/mountinfo": "30 1 0:26 /docker/abc /sys/fs/cgroup rw - cgroup2 cgroup2 rw",
         "sys/fs/cgroup/memory.max": 64 * MB, "sys/fs/cgroup/memory.current": 4 * MB}, 60 * MB, "memory.max",
    ),
    "lines of other forms before": (
        {"proc/self/cgroup": "nonsense\n0::/docker/abc",
            "proc/self/mountinfo": "short - x\n30 1 0:26 / / rw\n"
                "30 1 0:26 /docker/abc /sys/fs/cgroup rw - cgroup2 cgroup2 rw",
         "sys/fs/cgroup/memory.max": 64 * MB, "sys/fs/cgroup/memory.current": 4 * MB}, 60 * MB, "memory.max",
    ),
    "a namespace": (
        {"proc/self/cgroup": "0::/../../other",
            "proc/self/mountinfo": "30 1 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw",
         "sys/fs/cgroup/memory.max": 64 * MB, "sys/fs/cgroup/memory.current": 4 * MB}, 60 * MB, "memory.max",
    ),
    "no mountinfo": (
        {"proc/self/cgroup": "0::/a", "sys/fs/cgroup/a/memory.max": 64 * MB, "sys/fs/cgroup/a/memory.current": 4 * MB},
            60 * MB, "memory.max",
    ),
    "nonsense": ({**V2, "sys/fs/cgroup/user/job/memory.max": "many", "sys/fs/cgroup/user/job/memory.current": ""},
        2048000 * 1024, "free"),
}  # fmt: skip


@pytest.mark.parametrize("name", MEMORY)
def test_memory_is_the_least_that_any_limit_leaves(name: str, tmp_path: Path) -> None:
    files, free, limit = MEMORY[name]
    found = machine.memory(write(tmp_path, FREE | files))
    assert found is not None
    assert found.free == free
    assert limit in found.limit


def test_memory_where_nothing_tells(tmp_path: Path) -> None:
    assert machine.memory(tmp_path) is None


@pytest.mark.parametrize("name", ["nvidia0", "nvidiactl", "dxg", "nvhost-gpu"])
def test_a_card_is_seen_by_its_device_file(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_driver", lambda: None)
    assert machine.card(tmp_path) is None
    assert machine.card(write(tmp_path, {f"dev/{name}": ""})) == str(tmp_path / "dev" / name)


CORES: dict[str, tuple[dict[str, object], int]] = {
    "affinity": ({}, 8),
    "a quota, rounded up": ({**V2, "sys/fs/cgroup/user/job/cpu.max": "250000 100000"}, 3),
    "less than a core": ({**V2, "sys/fs/cgroup/user/job/cpu.max": "10000 100000"}, 1),
    "no quota": ({**V2, "sys/fs/cgroup/user/job/cpu.max": "max 100000"}, 8),
    "of an ancestor": (
        {**V2, "sys/fs/cgroup/user/job/cpu.max": "600000 100000", "sys/fs/cgroup/user/cpu.max": "200000 100000"},
        2,
    ),
    "version 1": ({**V1, "cpus/box/cpu.cfs_quota_us": 400000, "cpus/box/cpu.cfs_period_us": 100000}, 4),
    "version 1 without": ({**V1, "cpus/box/cpu.cfs_quota_us": -1, "cpus/box/cpu.cfs_period_us": 100000}, 8),
    "nonsense": ({**V2, "sys/fs/cgroup/user/job/cpu.max": "0 0"}, 8),
}


@pytest.mark.parametrize("name", CORES)
def test_cores_by_affinity_and_quota(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files, count = CORES[name]
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(8)))
    assert machine.cores(write(tmp_path, files)) == count


@pytest.mark.parametrize("limit", ["RLIMIT_AS", "RLIMIT_DATA"])
def test_a_limit_of_the_process(limit: str) -> None:
    code = (
        "import resource; from netspec import machine\n"
        f"resource.setrlimit(resource.{limit}, (2**30, 2**30))\n"
        "found = machine.memory()\nprint(found.free, found.limit)"
    )
    free, told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split(
        " ", 1
    )
    assert 2**29 < int(free) < 2**30 - machine.RESERVED
    assert limit in told


CACHES: dict[str, tuple[dict[str, object], machine.Caches]] = {
    "nothing told": ({}, machine.Caches()),
    "three levels, the last for two cores": (
        {"0": (1, "Data", "32K", "0"), "1": (1, "Instruction", "32K", "0"), "2": (2, "Unified", "1024K", "0"),
            "3": (3, "Unified", "32M", "0-1")},
        machine.Caches(MB, 16 * MB),
    ),
    "threads of a core share its second level": (
        {"2": (2, "Unified", "2048K", "0,4"), "3": (3, "Unified", "32768K", "0-3,8-11")}, machine.Caches(MB, 4 * MB),
    ),
    "two levels": ({"0": (1, "Data", "64K", "0"), "1": (2, "Unified", "4M", "0-3")}, machine.Caches(MB, None)),
    "odd files": ({"2": ("two", "Unified", "1M", "0"), "3": (3, "Unified", "large", "0")}, machine.Caches()),
}  # fmt: skip


@pytest.mark.parametrize("name", CACHES)
def test_caches(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    levels, wanted = CACHES[name]
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {2, 3}, raising=False)
    for index, told in levels.items():
        folder = f"sys/devices/system/cpu/cpu2/cache/index{index}"
        write(
            tmp_path,
            {
                f"{folder}/{key}": text
                for key, text in zip(("level", "type", "size", "shared_cpu_list"), told, strict=True)
            },
        )  # type: ignore[call-overload]
    assert machine.caches(tmp_path) == wanted


@pytest.mark.parametrize(
    ("kind", "flags", "found"),
    [
        ("x86_64", "fpu avx2 fma", False),
        ("x86_64", "fpu avx512f avx512_vnni", True),
        ("AMD64", "avx_vnni", True),
        ("AMD64", "", False),
        ("aarch64", "asimd", True),
        ("arm64", "", True),
    ],
)
def test_which_processors_sum_products_of_bytes(
    kind: str, flags: str, found: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platform.machine", lambda: kind)
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc" / "cpuinfo").write_text(f"model name\t: x\nflags\t\t: {flags}\n")
    assert machine.multiplies_bytes(tmp_path) is found
