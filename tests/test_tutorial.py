"""docs/tutorial.md from its first command to its last: each does what the page says, and the figures hold."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from netspec import cli

PAGE = (Path(__file__).parents[1] / "docs" / "tutorial.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"(?:^    .*\n|^\n(?=    ))+", PAGE, re.MULTILINE)
#: Commands whose exit status is 1 because they found what they look for.
DIFFERS = "netspec diff "


def _lines() -> list[str]:
    """The commands, in their order."""
    starts = ("netspec ", "mkdir ", "cp ", "for ")
    return [line.strip() for block in BLOCKS for line in block.splitlines() if line.strip().startswith(starts)]


def _accuracy(run: str) -> float:
    return float(json.loads(Path(run, "log.jsonl").read_text(encoding="utf-8").splitlines()[-1])["test_accuracy"])


@pytest.mark.slow
def test_the_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    spec = next(block for block in BLOCKS if "netspec 1\n" in block)
    Path("first.net").write_text(re.sub(r"^    ", "", spec.strip("\n"), flags=re.MULTILINE) + "\n", encoding="utf-8")
    printed = {}
    for line in _lines():
        if line.startswith("netspec ") and line != "netspec 1":
            status = cli.main(shlex.split(line)[1:])
            printed[line] = capsys.readouterr().out
            assert status == int(line.startswith(DIFFERS)), line
        elif line != "netspec 1":
            subprocess.run(["bash", "-c", line], check=True)
    assert len(printed) > 12
    assert {"report.html", "metrics.csv", "settings.json", "model.onnx"} <= {
        p.name for p in Path("runs/first-1").iterdir()
    }
    assert _accuracy("runs/first-1") > 0.95
    assert _accuracy("runs/tuned") > _accuracy("runs/nothing") + 0.02
    named = printed["netspec run runs/first-1 pictures/test/3 --top 2"].splitlines()
    assert len(named) == len(list(Path("pictures/test/3").iterdir()))
    assert Path("mistakes.csv").read_text(encoding="utf-8").startswith("filename,label,answer")
    assert all(f"runs/{name}" in printed["netspec runs"] for name in ("first-1", "old", "nothing", "tuned"))
    assert Path("runs/rates/table.csv").is_file()
    assert Path("first.onnx").is_file()


def test_every_command_that_a_page_shows_is_one() -> None:
    assert set(re.findall(r"`netspec ([a-z]+)", PAGE)) <= set(cli.COMMANDS)
