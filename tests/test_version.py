"""The version stands in one place, and all that tells it reads it there."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import netspec
from netspec.net.environment import PACKAGES

ROOT = Path(__file__).parents[1]


def test_one_place() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["dynamic"] == ["version"]
    assert project["tool"]["hatch"]["version"]["path"] == "netspec/__init__.py"
    texts = {path: path.read_text(encoding="utf-8") for path in (ROOT / "netspec").rglob("*.py")}
    assert [path.name for path, text in texts.items() if re.search(r"__version__ = ", text)] == ["__init__.py"]
    others = ROOT / "netspec" / "net" / "environment.py"  # asks for the versions of other packages alone
    asking = [path for path, text in texts.items() if re.search(r"metadata\.version|import version\b", text)]
    assert asking == [others]
    assert "netspec" not in PACKAGES


def test_the_command_tells_it() -> None:
    done = subprocess.run([sys.executable, "-m", "netspec", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.split()[-1] == netspec.__version__


def test_types_are_shipped() -> None:
    assert (ROOT / "netspec" / "py.typed").exists()
    assert "MIT License" in (ROOT / "LICENSE").read_text(encoding="utf-8")
