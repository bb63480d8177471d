"""`netspec format`: files become canonical, what is broken is told and left alone, and the others are still done."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from netspec.cli import main

UGLY, NEAT = "netspec 1\nlet   a=1\n", "netspec 1\nlet a = 1\n"
BROKEN = "netspec 1\nlet a = (1\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in (("ugly.net", UGLY), ("neat.net", NEAT), ("broken.net", BROKEN)):
        Path(name).write_text(text)
    Path("latin1.net").write_bytes(b"netspec 1\n# \xff\n")
    return tmp_path


def test_one_broken_file_stops_no_other(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["format", "broken.net", "latin1.net", "ugly.net", "neat.net"]) == 1
    out, err = capfd.readouterr()
    assert Path("ugly.net").read_text() == NEAT
    assert Path("broken.net").read_text() == BROKEN
    assert out == ""
    assert "rewrote ugly.net" in err
    assert "neat.net" not in err
    assert "broken.net:2" in err
    assert "error[N602]: latin1.net is not UTF-8" in err


@pytest.mark.parametrize(("names", "status"), [(["neat.net"], 0), (["neat.net", "ugly.net"], 1)])
def test_check_writes_nothing(names: list[str], status: int, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["format", "--check", *names]) == status
    assert ("would rewrite ugly.net" in capfd.readouterr().err) == bool(status)
    assert Path("ugly.net").read_text() == UGLY


@pytest.mark.parametrize(
    ("text", "option", "out", "status"),
    [(UGLY, [], NEAT, 0), (NEAT, [], NEAT, 0), (UGLY, ["--check"], "", 1), (NEAT, ["--check"], "", 0)],
)
def test_standard_input(
    text: str,
    option: list[str],
    out: str,
    status: int,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(text.encode())))
    assert main(["format", "-", *option]) == status
    assert capfd.readouterr().out == out


def test_a_file_that_is_not_there_ends_with_2() -> None:
    assert main(["format", "ugly.net", "none.net"]) == 2


def test_what_is_formatted_checks_as_before(capfd: pytest.CaptureFixture[str]) -> None:
    Path("a.net").write_text("netspec 1\nnet   A{\n input x:3\n output y=x->dense( 2 )->cnov(1)}\n")
    assert main(["check", "a.net", "--format", "json"]) == 1
    before = [problem["code"] for problem in json.loads(capfd.readouterr().out)]
    assert main(["format", "a.net"]) == 0
    capfd.readouterr()
    assert main(["check", "a.net", "--format", "json"]) == 1
    assert [problem["code"] for problem in json.loads(capfd.readouterr().out)] == before
