"""One small fault: where it is planted, what stands there, what is put there, and the tests that must notice."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import tests.planted

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Planted:
    """`new` in place of `old`, which occurs once in `netspec/FILE`, breaks `rule`; one of `tests` must then fail."""

    file: str
    old: str
    new: str
    tests: str
    rule: str

    def spoiled(self) -> str:
        """The file's text with the fault in it; ValueError where `old` does not occur exactly once."""
        text = (ROOT / "netspec" / self.file).read_text(encoding="utf-8")
        if text.count(self.old) != 1:
            raise ValueError(f"netspec/{self.file} has {self.old!r} {text.count(self.old)} times, not once")
        if self.old == self.new:
            raise ValueError(f"netspec/{self.file}: {self.old!r} is put in its own place")
        return text.replace(self.old, self.new)


def rows_of(file: str, tests: str = "{}") -> Callable[[str, str, str, str, str], Planted]:
    """The rows of a room are short: ``file`` and ``tests`` say how the words of a row become paths."""

    def row(name: str, old: str, new: str, paths: str, rule: str) -> Planted:
        return Planted(file.format(name), old, new, " ".join(map(_of, paths.split())), rule)

    def _of(path: str) -> str:
        """One test of a file stands behind it."""
        whole, colons, test = path.partition("::")
        return tests.format(whole) + colons + test if tests.endswith("{}.py") else tests.format(path)

    return row


def rooms() -> dict[str, tuple[Planted, ...]]:
    """The faults of each room: every module of this package that has `FAULTS`."""
    modules = {
        found.name: importlib.import_module(f"tests.planted.{found.name}")
        for found in pkgutil.iter_modules(tests.planted.__path__)
        if found.name != "__main__"
    }
    return {name: module.FAULTS for name, module in modules.items() if hasattr(module, "FAULTS")}
