"""What a command loads and works out before its own work begins. Times are `benchmarks/start.py`'s."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import lark
import pytest

from netspec.cli import COMMANDS
from netspec.language import grammar

ROOT = Path(__file__).parents[2]
#: Runs a command; prints its status, the modules loaded, the classes whose fields were read, how often Lark was built.
WATCHED = """
import json, sys
from netspec.cli import main
calls = []
if sys.argv[1] != "--help":
    import lark
    real = lark.Lark.__init__
    lark.Lark.__init__ = lambda *given, **named: calls.append(1) or real(*given, **named)
status = main(sys.argv[1:])
arguments = sys.modules.get("netspec.settings.arguments")
def below(kind):
    return [kind, *(lower for direct in kind.__subclasses__() for lower in below(direct))]
classes = [kind.__name__ for kind in below(arguments.Arguments) if "_fields" in vars(kind)] if arguments else []
print(json.dumps([status, list(sys.modules), classes, len(calls)]), file=sys.stderr)
"""


def watched(*arguments: str) -> tuple[int, set[str], set[str], int]:
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    )
    status, modules, classes, calls = json.loads(done.stderr.splitlines()[-1])
    return status, set(modules), set(classes), calls


def rooms(modules: set[str]) -> set[str]:
    return {name.split(".")[1] for name in modules if name.startswith("netspec.")}


def test_help_loads_no_command() -> None:
    status, modules, _, _ = watched("--help")
    assert status == 0
    assert rooms(modules) == {"cli"}
    assert not modules & {f"netspec.cli.{name}" for name in COMMANDS}
    assert not modules & {"lark", "numpy", "pydantic", "rich"}


def test_check_loads_what_it_needs_and_looks_at_the_layers_of_the_file_alone() -> None:
    status, modules, classes, built = watched("check", "specs/mlp.net")
    assert status == 0
    needed = {"cli", "net", "elaborate", "language", "ops", "tables", "graph", "settings"}
    assert rooms(modules) == needed | {"diagnostics", "files", "kinds", "locations", "shape"}
    libraries = {"click", "lark"}
    others = {
        "numpy",
        "onnx",
        "onnxruntime",
        "PIL",
        "pydantic",
        "rich",
        "safetensors",
        "threadpoolctl",
        "importlib.metadata",
    }
    assert libraries <= modules
    assert not others & modules
    ours = json.loads(grammar.TABLES.read_bytes())["origin"]["lark"] == lark.__version__
    assert built == (0 if ours else 1)  # the parser's tables come with the package, those of one release of Lark
    assert {"Dense", "Train"} <= classes
    assert not classes & {"Conv", "Norm", "MaxPool", "Adam"}  # the file has none


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_is_one_short_sentence(name: str) -> None:
    summary = COMMANDS[name]
    assert len(summary) <= 60
    assert summary[0].isupper()
    assert summary.endswith(".")
