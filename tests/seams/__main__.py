"""`python -m tests.seams`: declares one new thing of each kind in a copy,
and demands that the tests name every place that lacks it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.seams.additions import ADDITIONS
from tests.seams.found import ROOT
from tests.seams.places import SEAMS
from tests.seams.table import rows

COPIED = ("netspec", "tests", "specs", "docs", "pyproject.toml", "README.md", "CONTRIBUTING.md")


def main() -> int:
    """Exit status 0 where the tests name every place, 1 where they say nothing of one, 2 where they cannot run."""
    if "--table" in sys.argv[1:]:
        print("\n".join(rows()))
        return 0
    with tempfile.TemporaryDirectory(prefix="seams-") as folder:
        copy = Path(folder)
        _copied(copy)
        for addition in ADDITIONS:
            with (copy / addition.file).open("a", encoding="utf-8") as file:
                file.write(addition.text)
        status, printed = _tested(copy)
    if status != 1:
        print(f"the tests end with status {status}, and not with failures:\n{printed}")
        return 2
    silent = 0
    for addition in ADDITIONS:
        (seam,) = [seam for seam in SEAMS if seam.thing == addition.thing]
        print(f"{addition.thing} {addition.name}, declared in {addition.file} and no more: the tests ask for")
        for place in seam.places:
            told = any(
                line.startswith(f"{seam.thing} ")
                and addition.name in line.split(" has no place in: ")[0].replace(",", "").split()
                for line in printed.splitlines()
                if line.endswith(f" has no place in: {place.where}")
            )
            silent += not told and not place.follows
            print(
                f"  {place.where}"
                if told
                else f"  - {place.where} {'follows by itself' if place.follows else 'is NOT ASKED FOR'}"
            )
    print(f"{silent} places that the tests do not ask for" if silent else "the tests ask for every place")
    return int(silent > 0)


def _copied(copy: Path) -> None:
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, copy / name)


def _tested(copy: Path) -> tuple[int, str]:
    """The status of the seams' tests in a copy, and their messages, a line each."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--tb=long", "--no-header", "tests/seams"],
        cwd=copy, env={**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}, capture_output=True,
         text=True, check=False,
    )  # fmt: skip
    lines = [line.removeprefix("E").strip().removeprefix("AssertionError: ") for line in done.stdout.splitlines()]
    return done.returncode, "\n".join([*lines, *done.stderr.splitlines()])


if __name__ == "__main__":
    sys.exit(main())
