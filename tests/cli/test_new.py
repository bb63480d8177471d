"""`netspec new`: the folder's own commands run, whatever it is called and whichever spec it is like."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from netspec import cli
from netspec.folders import fill_folder
from netspec.net import load
from netspec.net.starting import shipped


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def commands(readme: Path) -> list[list[str]]:
    found = re.findall(r"^    netspec (.*)$", readme.read_text(encoding="utf-8"), re.MULTILINE)
    assert [line.split()[0] for line in found] == ["check", "show", "draw", "data", "train", "eval"]
    return [shlex.split(line) for line in found]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "like"),
    [("數字 und mehr", None), ("lenet", "lenet5"), ("-x", "hopfield"), ("a.net", "approximate")],
)
def test_the_commands_of_the_readme_run(
    name: str, like: str | None, here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["new", *(["--like", like] if like else []), "--", name]) == 0
    monkeypatch.chdir(here / name)
    told = capsys.readouterr().out.splitlines()
    for words in commands(Path("README.md")):
        assert f"netspec {shlex.join(words)}" in told
        words = [*words, "--epochs", "1"] if words[0] == "train" else words
        assert cli.main(words) == 0, capsys.readouterr().err
    assert Path("runs/first/model.onnx").is_file()


@pytest.mark.slow
def test_the_small_net_learns(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["new", "mine"]) == 0
    assert cli.main(["train", "mine/mine.net", "--data", "mine/data", "-o", "run"]) == 0
    assert cli.main(["eval", "run", "--data", "mine/data", "--fail-under", "0.8"]) == 0, capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize("like", list(shipped()))
def test_every_spec_that_ships_gets_data_that_fits(like: str) -> None:
    assert cli.main(["new", "it", "--like", like]) == 0
    net = load("it/it.net")
    found = net.check_data("it/data")
    assert set(found.examples) == {"train", "test"}
    assert not found.problems and not found.unreadable and not found.leaks
    layers = [(layer.name, layer.kind) for layer in load(shipped()[like]).layers]
    assert [(layer.name, layer.kind) for layer in net.layers] == layers


def test_a_net_of_other_classes_tells_the_ten_digits_apart() -> None:
    assert cli.main(["new", "it", "--like", "squeezenet"]) == 0
    assert "classes = 10" in Path("it/it.net").read_text(encoding="utf-8")
    assert {
        output.name: load("it/it.net").graph.shapes[output.value] for output in load("it/it.net").graph.outputs
    } == {"label": (10,)}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["there"], "there cannot be made: it is there already"),
        (["file"], "it is there already"),
        (["link"], "it is there already"),
        (["."], "it is there already"),
        (["none/inner"], "none/inner cannot be made: no such file or directory"),
        (["x", "--like", "lenet"], "did you mean `lenet5`?"),
        (["x", "--like", "../lenet5"], "no spec that is shipped"),
    ],
)
def test_what_cannot_be_made(words: list[str], told: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "there").mkdir()
    (here / "file").touch()
    (here / "link").symlink_to("nowhere")
    assert cli.main(["new", *words]) == 2
    assert told in capsys.readouterr().err
    assert sorted(path.name for path in here.iterdir()) == ["file", "link", "there"]


def test_nothing_is_left_of_a_folder_that_was_broken_off(here: Path) -> None:
    def broken_off() -> Iterator[tuple[str, bytes]]:
        yield "a", b"a"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fill_folder(here / "x", broken_off())
    assert list(here.iterdir()) == []


@pytest.mark.parametrize("name", ["a\x1b[31mred", "a\u202etxt", "a\nb"])
def test_a_name_that_cannot_be_seen_is_refused(name: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It would stand in the README, and on a terminal in the commands that are told."""
    assert cli.main(["new", name]) == 2
    out, err = capsys.readouterr()
    assert "cannot be seen" in err and not {"\x1b", "\u202e"} & set(out + err)
    assert not list(here.iterdir())
