"""What the machine gives this process: memory and cores, by the narrowest of all limits; and its caches.

Control groups nest: each ancestor of the process's own group may have a limit, of both versions of their file system.
"""

from __future__ import annotations

import ctypes
import os
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

try:
    import resource
except ImportError:  # not on Windows
    resource = None  # type: ignore[assignment]

ROOT = Path("/")
#: Address space that threads reserve for their stacks and heaps, and never touch.
RESERVED = 160 * 2**20
#: Where the hierarchies are where nothing says so.
_USUAL = {"": "sys/fs/cgroup", "memory": "sys/fs/cgroup/memory", "cpu": "sys/fs/cgroup/cpu"}


@dataclass(frozen=True)
class Memory:
    """Bytes that this process may still take, and the limit that says so, in words."""

    free: int
    limit: str


def memory(root: Path = ROOT) -> Memory | None:
    """The least that any limit leaves; None where the machine tells of none. ``root`` is where /proc and /sys are."""
    return min((*_available(root), *_of_groups(root), *_of_process(root)), key=lambda found: found.free, default=None)


def cores(root: Path = ROOT) -> int:
    """Cores that this process may use at a time, at least one: by affinity, and by its groups' shares, rounded up."""
    own = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    shares = [-(-quota // period) for quota, period in _quotas(root) if quota > 0 and period > 0]
    return max(1, min([own, *shares]))


def card(root: Path = ROOT) -> str | None:
    """What shows that there is an NVIDIA card, a device file or else the driver's library; None where nothing does."""
    names = ("nvidia0", "nvidiactl", "dxg", "nvhost-gpu")
    seen = (str(root / "dev" / name) for name in names if (root / "dev" / name).exists())
    return next(seen, None) or _driver()


def multiplies_bytes(root: Path = ROOT) -> bool:
    """Whether the processor sums products of bytes without an overflow: by VNNI, or as no x86 processor.

    Where it cannot be asked an x86 processor is taken for one without VNNI.
    """
    if platform.machine().lower() not in ("x86_64", "amd64", "i386", "i686", "x86"):
        return True
    words = _text(root / "proc/cpuinfo").split()
    return any(name in words for name in ("avx512_vnni", "avx_vnni"))


def _driver() -> str | None:
    name = "nvcuda.dll" if os.name == "nt" else "libcuda.so.1"
    try:
        ctypes.CDLL(name)
    except OSError:
        return None
    return name


@dataclass(frozen=True)
class Caches:
    """Bytes of a core's own second-level cache, and of its share of the last level; None where not known."""

    core: int | None = None
    share: int | None = None


@cache
def caches(root: Path = ROOT) -> Caches:
    """The caches of the first core that this process may use; a level that several share is divided among them."""
    first = min(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0
    shares: dict[int, int] = {}
    for folder in sorted((root / f"sys/devices/system/cpu/cpu{first}/cache").glob("index*")):
        level, size = _number(folder / "level"), _bytes(folder / "size")
        if level is not None and size is not None and _text(folder / "type").strip() in ("Unified", "Data"):
            shares[level] = size // max(1, _listed(_text(folder / "shared_cpu_list")))
    last = max(shares, default=0)
    return Caches(shares.get(2), shares[last] if last > 2 else None)


# ---- memory


def _available(root: Path) -> Iterator[Memory]:
    free = _table(root / "proc/meminfo").get("MemAvailable")
    if free is not None:
        yield Memory(free * 1024, "what the machine has free")


def _of_groups(root: Path) -> Iterator[Memory]:
    for folder in _groups(root, ""):
        used, cache = _number(folder / "memory.current"), _table(folder / "memory.stat").get("inactive_file", 0)
        for name in ("memory.max", "memory.high"):  # above the second one everything is slowed down until it stands
            limit = _number(folder / name)
            if limit is not None and used is not None:
                yield Memory(max(0, limit - used + min(cache, used)), f"{name} of the control group {_name(folder)}")
    for folder in _groups(root, "memory"):
        limit, used = _number(folder / "memory.limit_in_bytes"), _number(folder / "memory.usage_in_bytes")
        if limit is not None and used is not None:
            cache = _table(folder / "memory.stat").get("total_inactive_file", 0)
            yield Memory(
                max(0, limit - used + min(cache, used)), f"memory.limit_in_bytes of the control group {_name(folder)}"
            )


def _of_process(root: Path) -> Iterator[Memory]:
    """Limits of the process itself, minus what it has mapped."""
    try:
        pages = [int(word) for word in (root / "proc/self/statm").read_text(encoding="ascii").split()]
    except (OSError, ValueError):
        return
    if resource is None or len(pages) < 6:
        return
    size = resource.getpagesize()
    for name, used, spare in (("RLIMIT_AS", pages[0], RESERVED), ("RLIMIT_DATA", pages[5], RESERVED)):
        soft = resource.getrlimit(getattr(resource, name))[0]
        if soft != resource.RLIM_INFINITY:
            yield Memory(max(0, soft - used * size - spare), f"{name} (ulimit {'-v' if name == 'RLIMIT_AS' else '-d'})")


# ---- cores


def _quotas(root: Path) -> Iterator[tuple[int, int]]:
    """Microseconds of all cores in a period, and the period's, wherever they are limited."""
    for folder in _groups(root, ""):
        quota, _, period = _text(folder / "cpu.max").partition(" ")
        if quota.isdigit() and period.strip().isdigit():
            yield int(quota), int(period)
    for folder in _groups(root, "cpu"):
        quota_us, period_us = _number(folder / "cpu.cfs_quota_us"), _number(folder / "cpu.cfs_period_us")
        if quota_us is not None and period_us is not None:
            yield quota_us, period_us


# ---- control groups


def _groups(root: Path, controller: str) -> Iterator[Path]:
    """Folders of the group that this process is in and of all its ancestors; ``controller`` is empty for version 2."""
    own = _own_group(root, controller)
    if own is None:
        return
    mounts = list(_mounts(root, controller)) or [(PurePosixPath("/"), root / _USUAL[controller])]
    for top, place in mounts:
        try:
            below = own.relative_to(top)
        except ValueError:  # seen from inside a container: its own group is the top
            below = PurePosixPath()
        below = PurePosixPath(*(part for part in below.parts if part not in ("/", "..")))
        for ancestor in (below, *below.parents):
            if (place / ancestor).is_dir():
                yield place / ancestor


def _own_group(root: Path, controller: str) -> PurePosixPath | None:
    for line in _text(root / "proc/self/cgroup").splitlines():
        parts = line.split(":", 2)
        if len(parts) == 3 and controller in parts[1].split(","):
            return PurePosixPath(parts[2])
    return None


def _mounts(root: Path, controller: str) -> Iterator[tuple[PurePosixPath, Path]]:
    """Where a hierarchy is mounted: the group that is its top there, and the folder."""
    for line in _text(root / "proc/self/mountinfo").splitlines():
        first, _, rest = line.partition(" - ")
        words, kind = first.split(), rest.split()
        if len(words) < 5 or len(kind) < 3:
            continue
        if (kind[0] == "cgroup2") if not controller else (kind[0] == "cgroup" and controller in kind[2].split(",")):
            place = words[4].replace("\\040", " ")
            yield PurePosixPath(words[3].replace("\\040", " ")), root / place.lstrip("/")


def _name(folder: Path) -> str:
    return folder.name or "/"


# ---- reading what the kernel tells


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _number(path: Path) -> int | None:
    """The number in a file; None for `max`, and where there is none."""
    text = _text(path).strip()
    return int(text) if text.lstrip("-").isdigit() else None


def _bytes(path: Path) -> int | None:
    """The size in a file such as `1024K` or `32M`."""
    text = _text(path).strip()
    unit = {"K": 2**10, "M": 2**20, "G": 2**30}.get(text[-1:], 0)
    return int(text[:-1]) * unit if unit and text[:-1].isdigit() else int(text) if text.isdigit() else None


def _listed(text: str) -> int:
    """How many a list such as `0-3,8` has."""
    count = 0
    for part in text.strip().split(","):
        low, _, high = part.partition("-")
        count += int(high) - int(low) + 1 if low.isdigit() and high.isdigit() else low.isdigit()
    return count


def _table(path: Path) -> dict[str, int]:
    """Numbers by name, of lines such as `MemAvailable:  3 kB` and `inactive_file 4096`."""
    found = {}
    for line in _text(path).splitlines():
        words = line.split()
        if len(words) > 1 and words[1].isdigit():
            found[words[0].rstrip(":")] = int(words[1])
    return found
