"""`.ci/lowest.txt`, with which `.ci/run` tries the lowest dependencies, has the bounds that pyproject.toml claims."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def release(version: str) -> tuple[int, ...]:
    numbers = [int(number) for number in version.split(".")]
    return tuple(numbers + [0] * (3 - len(numbers)))


def test_the_lowest_releases_are_those_claimed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    claimed = [re.match(r"([a-z0-9-]+)>=([\d.]+),<\d+(;|$)", line) for line in project["dependencies"]]
    lines = (ROOT / ".ci" / "lowest.txt").read_text(encoding="utf-8").splitlines()
    tried = dict(line.split("==") for line in lines if not line.startswith("#"))
    assert all(claimed)  # each has a lowest release and a first one that is too new
    assert {match[1]: release(match[2]) for match in claimed if match} == {
        name: release(version) for name, version in tried.items()
    }
