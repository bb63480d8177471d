"""However a command ends: one line, the right status, never a traceback that nobody asked for."""

from __future__ import annotations

import contextlib
import importlib
import io
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from netspec import cli
from netspec.diagnostics import Fault, Trouble

LENET = Path(__file__).parents[2] / "specs" / "lenet5.net"
WRONG = "netspec 1\nnet A {\n input x: 3\n output y = x -> cnov(3)\n}\n"


def broken(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def fails(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("netspec.net.read", fails)


@pytest.mark.parametrize(
    "error",
    [
        KeyError("fan\n_in"),
        RecursionError("maximum recursion depth exceeded"),
        AssertionError(),
        OSError("no number"),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid"),
        ValueError("x" * 10_000),
    ],
)
def test_a_mistake_of_our_own_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: BaseException
) -> None:
    broken(monkeypatch, error)
    monkeypatch.delenv("NETSPEC_TRACEBACK", raising=False)
    assert cli.main(["check", str(LENET)]) == 70
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and err.startswith("error[N900]: ") and len(err) < 600
    assert "0.1.0" in err and "NETSPEC_TRACEBACK=1" in err and type(error).__name__ in err


def test_the_traceback_is_there_for_who_asks(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broken(monkeypatch, KeyError("fan_in"))
    monkeypatch.setenv("NETSPEC_TRACEBACK", "1")
    assert cli.main(["check", str(LENET)]) == 70
    err = capsys.readouterr().err
    assert "Traceback (most recent call last)" in err and "error[N900]" in err


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (MemoryError(), 2),
        (PermissionError(13, "Permission denied", "a.net"), 2),
        (KeyboardInterrupt(), 130),
        (Fault("N708", "the model is at fault"), 1),
        (Trouble("N601", "there is no file"), 2),
    ],
)
def test_what_is_not_our_own_keeps_its_status(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: BaseException, status: int
) -> None:
    broken(monkeypatch, error)
    assert cli.main(["check", str(LENET)]) == status
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.strip().splitlines()) == 1
    assert "N900" not in err


def test_a_signal_of_which_a_library_makes_an_error_ends_the_command_all_the_same(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*_: object, **__: object) -> None:
        try:
            signal.raise_signal(signal.SIGTERM)
        except BaseException:
            raise ImportError("import numpy failed") from None

    monkeypatch.setattr("netspec.net.read", fails)
    assert cli.main(["check", str(LENET)]) == 143
    assert capsys.readouterr() == ("", "interrupted\n")


@pytest.mark.parametrize("wrong", ["", "raise ImportError"])
def test_a_signal_waits_for_the_end_of_an_import(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    # C code that imports something, as onnxruntime does numpy, prints a traceback of what comes up in there
    (tmp_path / "signalled.py").write_text(
        f"import signal\nsignal.raise_signal(signal.SIGINT)\nhere = sum(range(9))\nsignal.whole = here\n{wrong}\n"
    )
    (tmp_path / "signalled_from.py").write_text("import signalled\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(signal, "whole", 0, raising=False)
    before = sys.gettrace()

    def imports(*_: object, **__: object) -> None:
        with contextlib.suppress(ImportError):
            importlib.import_module("signalled_from")
        pytest.fail("the command went on")

    monkeypatch.setattr("netspec.net.read", imports)
    try:
        assert cli.main(["check", str(LENET)]) == 130
    finally:
        sys.settrace(before)
        for name in ("signalled", "signalled_from"):
            sys.modules.pop(name, None)
    assert vars(signal)["whole"] == 36


def test_a_stream_that_has_few_characters_gets_the_others_by_their_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="cp1252"))
        assert cli.main(["layers", "conv"]) == 0
        assert rb"y[o, p] = \u03a3 w[o, i, t]" in written.getvalue()


#: Arguments, how the shell sets the streams, the status, what stderr says where it can be read.
STREAMS = [
    ("show SPEC", ">&-", 2, "standard output is closed"),
    ("check SPEC", ">&-", 0, ""),
    ("check SPEC", "<&- >&- 2>&-", 0, ""),
    ("check WRONG", "2>&-", 1, ""),
    ("check WRONG", ">&- 2>&-", 1, ""),
    ("show WRONG", "<&-", 1, "N303"),
    ("show SPEC", "<&- 2>&-", 0, ""),
    ("layers", ">/dev/full", 2, "the output cannot be written: no space left on device"),
    ("check WRONG --format json", ">/dev/full", 2, "the output cannot be written: no space left on device"),
    ("check WRONG", "2>/dev/full", 2, ""),
    ("--help", ">/dev/full", 2, "no space left"),
    ("nonsense", "2>/dev/full", 2, ""),
    ("layers", "| (exec 0<&-; sleep 0.3)", 141, ""),
    ("check WRONG", "2>&1 >/dev/null | (exec 0<&-; sleep 0.3)", 141, ""),
]


@pytest.mark.slow
@pytest.mark.parametrize(("arguments", "streams", "status", "told"), STREAMS, ids=lambda value: str(value))
def test_streams_that_are_closed_or_full(tmp_path: Path, arguments: str, streams: str, status: int, told: str) -> None:
    (tmp_path / "wrong.net").write_text(WRONG)
    line = arguments.replace("SPEC", str(LENET)).replace("WRONG", str(tmp_path / "wrong.net"))
    begun = "sleep 0.2; exec " if "|" in streams else "exec "  # the reader is gone before anything is written
    script = f"({begun}{sys.executable} -m netspec {line}) {streams}; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60)
    assert done.returncode == status, done.stderr
    assert told in done.stderr and "Traceback" not in done.stderr and "Exception ignored" not in done.stderr
