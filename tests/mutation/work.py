"""Mutants of one room, made and tried by mutmut in a folder of its own; the checkout is only read."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.mutation.rooms import ROOT, Room

#: What tests read besides the package and themselves.
ALSO = ("specs", "docs", "examples", "benchmarks", "README.md", "pyproject.toml")
KILLED, SURVIVED, UNREACHED, UNDECIDED = "killed", "survived", "not reached", "undecided"
#: What mutmut notes of a mutant: pytest's exit status, or a signal. One that never ends is noticed.
VERDICTS = {1: KILLED, 3: KILLED, 0: SURVIVED, 5: UNREACHED, 33: UNREACHED} | dict.fromkeys(
    (-24, 24, 36, 152, 255, -11, -9, -6), KILLED
)
SHOW = (
    "import sys\nfrom mutmut.mutation.diff_apply import find_mutant, get_diff_for_mutant\n"
    "for name in sys.argv[1:]:\n    print('\\0' + name)\n    "
    "print(get_diff_for_mutant(name, path=find_mutant(name).path))\n"
)


@dataclass(frozen=True)
class Mutant:
    """One change, what became of it, and its lines: what stood there and what stood there instead."""

    name: str
    verdict: str
    was: tuple[str, ...] = ()
    now: tuple[str, ...] = ()

    @property
    def function(self) -> str:
        """The dotted name of the function that was changed, with its class."""
        module, _, last = self.name.rpartition(".")
        function = last.rpartition("__mutmut_")[0].removeprefix("x").removeprefix("_").replace("ǁ", ".").strip(".")
        return f"{module}.{function}"


def copy(folder: Path, room: Room) -> None:
    """The package, its tests and what they read, with the settings that mutmut goes by."""
    for name in ("netspec", "tests", *ALSO):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__", ".venv"))
        elif source.exists():
            shutil.copy2(source, folder / name)
    lists = {
        "source_paths": ["netspec"],
        "only_mutate": room.sources(),
        "also_copy": [name for name in ALSO if (ROOT / name).exists()],
        "pytest_add_cli_args": ["-m", "not slow", "-p", "no:xdist", "-W", "ignore::DeprecationWarning"],
        "pytest_add_cli_args_test_selection": room.judges(),
    }
    # A server that has only collected the tests forks the workers: what a test left in a cache is not theirs.
    text = [
        "[tool.mutmut]",
        'process_isolation = "forkserver"',
        'forkserver_warmup = "collect"',
        "use_git_change_detection = false",
    ]
    text += [f"{name} = {json.dumps(values)}" for name, values in lists.items()]
    with (folder / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write("\n" + "\n".join(text) + "\n")


def tried(folder: Path, sample: int | None, seed: int) -> list[Mutant]:
    """Every mutant, or ``sample`` of them drawn by a seed, after the tests were run on it."""
    log = folder / "mutmut.log"
    names: list[str] = []
    if sample is not None:
        _mutmut(
            folder, log, "run", "--max-children", "1", "none.of.them"
        )  # makes the mutants and sees which test reaches what
        made = sorted(name for name, _ in _verdicts(folder))
        names = random.Random(seed).sample(made, min(sample, len(made)))
        reached = _reached(folder)
        names_reached = [name for name in names if name.rpartition("__mutmut_")[0] in reached]
        if names_reached:
            _mutmut(folder, log, "run", "--max-children", "1", *names_reached)
        found = {name: code for name, code in _verdicts(folder) if name in names}
        found |= dict.fromkeys(set(names) - set(names_reached), 33)
    else:
        _mutmut(folder, log, "run", "--max-children", str(os.cpu_count() or 1))
        found = dict(_verdicts(folder))
    if all(code is None for code in found.values()):
        raise SystemExit(f"mutmut did not run:\n{log.read_text(encoding='utf-8', errors='replace')[-4000:]}")
    verdicts = {name: UNDECIDED if code is None else VERDICTS.get(code, UNDECIDED) for name, code in found.items()}
    shown = _lines(folder, [name for name, verdict in verdicts.items() if verdict == SURVIVED])
    return [Mutant(name, verdict, *shown.get(name, ((), ()))) for name, verdict in verdicts.items()]


def _mutmut(folder: Path, log: Path, *arguments: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    with log.open("ab") as file:
        subprocess.run(
            [sys.executable, "-c", "from mutmut.__main__ import cli; cli()", *arguments],
            cwd=folder, env=environment, stdout=file, stderr=file, check=False,
        )  # fmt: skip


def _verdicts(folder: Path) -> Iterator[tuple[str, int | None]]:
    for path in sorted((folder / "mutants").rglob("*.meta")):
        yield from json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"].items()


def _reached(folder: Path) -> set[str]:
    """Functions that some test calls."""
    path = folder / "mutants" / "mutmut-stats.json"
    if not path.exists():
        log = (folder / "mutmut.log").read_text(encoding="utf-8", errors="replace")
        raise SystemExit(f"a test of the room fails without any mutant:\n{log[-4000:]}")
    return {
        name
        for name, tests in json.loads(path.read_text(encoding="utf-8"))["tests_by_mangled_function_name"].items()
        if tests
    }


def _lines(folder: Path, names: list[str]) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """What stood in a mutant's place, and what stands there now."""
    if not names:
        return {}
    done = subprocess.run([sys.executable, "-c", SHOW, *names], cwd=folder, capture_output=True, text=True, check=True)
    found = {}
    for part in done.stdout.split("\0")[1:]:
        name, _, diff = part.partition("\n")
        rows = [row for row in diff.splitlines() if not row.startswith(("---", "+++"))]
        was, now = (tuple(row[1:].strip() for row in rows if row.startswith(sign)) for sign in "-+")
        found[name] = (was, now)
    return found
