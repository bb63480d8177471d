"""The cache of measured methods: whatever is in its place, commands work without it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from netspec.diagnostics import Trouble
from netspec.net.methods_cache import keep_tuned, place, tune, tuned


def test_kept_and_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert tuned() == {}
    keep_tuned({"a shape": "tiles"})
    assert tuned() == {"a shape": "tiles"}


@pytest.mark.parametrize("given", ["", "relative/cache"])
def test_a_cache_folder_that_is_no_absolute_path_is_not_used(
    given: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", given)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert place() == tmp_path / ".cache" / "netspec" / "methods.json"


def test_an_unknown_user_without_a_home(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", unknown)
    assert tuned() == {}
    with pytest.raises(Trouble, match="no home") as caught:
        keep_tuned({})
    assert caught.value.code == "N604"


def test_commands_work_without_a_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from netspec.cli import main

    spec = tmp_path / "s.net"
    spec.write_text(
        "netspec 1\nnet S {\n input x: 1 x 6 x 6\n"
        " output y = x -> conv(8, 3, pad: 1) -> relu -> dense(2) -> softmax\n}\n"
    )
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(
        Path, "home", lambda: (_ for _ in ()).throw(RuntimeError("Could not determine home directory."))
    )
    monkeypatch.setattr("netspec.engine.measuring.tuning.PATIENCE", 0.0)
    for arguments in (["show", str(spec), "--memory", "1GB"], ["profile", str(spec), "--batch", "4", "--tune"]):
        assert main(arguments) == 0
    assert "not kept: " in capsys.readouterr().err


IN_THE_WAY: dict[str, Callable[[Path], object]] = {
    "a pipe": os.mkfifo,
    "a folder": Path.mkdir,
    "nonsense": lambda path: path.write_bytes(b"\xff\0{"),
    "a list": lambda path: path.write_text("[1, 2]"),
    "brackets": lambda path: path.write_text("[" * 200_000),
    "values of other kinds": lambda path: path.write_text(json.dumps({"a": 1, "b": None, "c": ["x"]})),
}


@pytest.mark.parametrize("name", IN_THE_WAY)
def test_a_damaged_file_is_as_none(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    (tmp_path / "netspec").mkdir()
    IN_THE_WAY[name](tmp_path / "netspec" / "methods.json")
    assert tuned() == {}


@pytest.mark.parametrize("home", ["a file", "a pipe"])
def test_a_home_that_is_no_folder(home: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    if home == "a file":
        (tmp_path / "home").touch()
    else:
        os.mkfifo(tmp_path / "home")
    assert tuned() == {}
    with pytest.raises(Trouble, match="cannot be made"):
        keep_tuned({})


def test_what_is_faster_is_kept_and_what_is_no_more_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    keep_tuned({"a": "tiles", "b": "tiles", "other": "winograd"})
    measured = [
        SimpleNamespace(key="a", best="patches", usual="patches"),  # no longer faster than the usual one
        SimpleNamespace(key="b", best="winograd", usual="patches"),
        SimpleNamespace(key="c", best="tiles", usual="patches"),
    ]
    monkeypatch.setattr("netspec.engine.measuring.tuning.trials", lambda graph: iter(measured))
    assert list(tune(None)) == measured  # type: ignore[arg-type]
    assert tuned() == {"b": "winograd", "c": "tiles", "other": "winograd"}
