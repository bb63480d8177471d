"""Plants a fault in a copy of the checkout and runs its tests there."""

from __future__ import annotations

import compileall
import importlib
import os
import py_compile
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path
from typing import NoReturn

import pytest

from tests.planted.fault import ROOT, Planted

#: Seconds that the tests of one fault may take. A child that was forked from a process with threads may, rarely, wait
#: for a lock that nobody holds any more (onnxruntime starts one when it is imported); so tests that ran out of time are
#: run once more by an interpreter of their own, which shares nothing.
LIMIT = 60
#: What a copy of the checkout must hold for its tests to run.
COPIED = (
    "netspec",
    "tests",
    "specs",
    "docs",
    "examples",
    "pyproject.toml",
    "README.md",
    "README.zh.md",
    "CONTRIBUTING.md",
)
#: What takes long to import and is none of ours.
HEAVY = (
    "click",
    "lark",
    "numpy",
    "onnx",
    "onnxruntime",
    "PIL.Image",
    "rich",
    "safetensors.numpy",
)
NOTICED, MISSED, BROKEN, LATE = "noticed", "MISSED", "BROKEN", "LATE"
#: By pytest's exit status: 1 is a failed test; 2 to 5 are tests that could not be collected or run, which a fault in
#: behaviour never causes.
VERDICTS = {0: MISSED, 1: NOTICED}
#: What Python finds unfinished when pytest ends would hide the verdict: a test that fails leaves things open. A test
#: that hangs says where before its time is over. Assertions are plain: nobody reads how two sides differ, which takes
#: pytest minutes for long ones where the variable CI is set, and tests need not be compiled anew in each child.
PYTEST = (
    *("-x", "-q", "--no-header", "--tb=line", "-p", "no:cacheprovider", "--assert=plain"),
    *("-W", "ignore::pytest.PytestUnraisableExceptionWarning"),
    *("-o", f"faulthandler_timeout={LIMIT - 10}"),
)

#: The copy that this worker plants in.
_copy = Path()


def set_up(folder: str) -> None:
    """A worker's own copy of the checkout, and the heavy libraries loaded before any fork: a second less a fault."""
    global _copy
    _copy = Path(tempfile.mkdtemp(dir=folder)) / "copy"
    _copy.mkdir()
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, _copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif (ROOT / name).exists():
            shutil.copy(ROOT / name, _copy / name)
    # By contents, not by time: a fault of the same length, planted within a second, must not meet the old bytecode.
    compileall.compile_dir(_copy, quiet=2, invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH)
    for name in HEAVY:
        importlib.import_module(name)


def tried(fault: Planted) -> tuple[str, str]:
    """Plants the fault in the worker's copy and runs its tests there: the verdict, and what the tests printed."""
    try:
        spoiled = fault.spoiled()
        compile(spoiled, fault.file, "exec")
    except (ValueError, SyntaxError, OSError) as error:
        return BROKEN, f"  {error}"
    file = _copy / "netspec" / fault.file
    sound = file.read_bytes()
    file.write_text(spoiled, encoding="utf-8")
    try:
        verdict, text = _ran(fault.tests.split())
        return _ran_afresh(fault.tests.split()) if verdict == LATE else (verdict, text)
    finally:
        file.write_bytes(sound)


def _ran(paths: list[str]) -> tuple[str, str]:
    report = _copy / "report.txt"
    child = os.fork()
    if not child:
        _test(paths, report)
    status = os.waitpid(child, 0)[1]
    text = report.read_text(encoding="utf-8", errors="replace")
    if os.WIFSIGNALED(status):
        verdict = LATE if os.WTERMSIG(status) == signal.SIGALRM else BROKEN
        return verdict, f"  ended by signal {os.WTERMSIG(status)}, {LIMIT} s allowed\n{text}"
    return VERDICTS.get(os.WEXITSTATUS(status), BROKEN), text


def _ran_afresh(paths: list[str]) -> tuple[str, str]:
    command = [sys.executable, "-m", "pytest", *PYTEST, *paths]
    try:
        done = subprocess.run(command, cwd=_copy, env=os.environ | _environment(), capture_output=True, timeout=LIMIT)
    except subprocess.TimeoutExpired as error:
        printed = (error.stdout or b"") + (error.stderr or b"")
        return LATE, f"  not ended after {LIMIT} s, twice\n{printed.decode(errors='replace')}"
    return VERDICTS.get(done.returncode, BROKEN), (done.stdout + done.stderr).decode(errors="replace")


def _environment() -> dict[str, str]:
    """What makes `netspec` and `tests` mean the copy, in other processes too.

    Temporary folders are the worker's own: pytest clears away those of others, and fails where one does so besides.
    """
    own = {"PYTHONPATH": str(_copy), "PYTHONDONTWRITEBYTECODE": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return own | {"PYTEST_DEBUG_TEMPROOT": str(_copy.parent)}


def _test(paths: list[str], report: Path) -> NoReturn:
    """In the child: pytest over `paths` of the copy."""
    status = 70
    signal.alarm(LIMIT)
    try:
        with report.open("w", encoding="utf-8") as file:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
        os.chdir(_copy)
        os.environ |= _environment()
        sys.path.insert(0, str(_copy))
        sys.dont_write_bytecode = True
        for name in [name for name in sys.modules if name.split(".")[0] in ("tests", "netspec")]:
            del sys.modules[name]
        status = int(pytest.main([*PYTEST, *paths]))
    except BaseException:  # a child never goes on as its parent
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
