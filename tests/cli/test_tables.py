"""A table of numbers from `train` to `run`: the day of somebody with a spreadsheet."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import click
import numpy as np
import pytest

from netspec.cli import main
from netspec.cli.train import command
from netspec.data.images import LAYOUTS

SPEC = """netspec 1
net Kinds(kinds = 2) {
    input x: 2
    output kind = x -> dense(4) -> tanh -> dense(kinds) -> softmax
}
train {
    batch: 8
    epochs: 20
    optimizer: adam(rate: 0.05)
}
data { columns x: ["the width", "height"] }
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two kinds that a line parts; columns in another order, with others between."""
    monkeypatch.chdir(tmp_path)
    Path("kinds.net").write_text(SPEC)
    rng = np.random.default_rng(0)
    with Path("kinds.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "height", "kind", "the width"])
        for number, (height, width) in enumerate(rng.normal(size=(120, 2))):
            kind = "wide" if width > height else "high"
            rows.writerow([number, f"{height + (kind == 'high'):.3f}", kind, f"{width + (kind == 'wide'):.3f}"])
    return tmp_path


@pytest.mark.slow
def test_from_a_table_to_answers(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "check", "kinds.csv", "kinds.net", "--json"]) == 0
    counts = json.loads(capsys.readouterr().out)["examples"]["train"]
    assert set(counts) == {"high", "wide"} and sum(counts.values()) == 120
    assert main(["train", "kinds.net", "--data", "kinds.csv", "-o", "run"]) == 0
    told = capsys.readouterr().err
    assert "examples of each class (train, val): high " in told and "training examples are held out" in told
    assert (folder / "run/report.html").is_file()
    lines = Path("kinds.csv").read_text().splitlines()
    cells = lines[2].split(",")
    Path("new.csv").write_text("the width,note,height\n9,x,0\n0,?,9\n" + f"1,,\n{cells[3]},,{cells[1]}\n")
    assert main(["run", "run", "new.csv", "--csv", "answers.csv"]) == 1  # one row lacks a number
    with Path("answers.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["filename"] for row in rows] == [f"new.csv:{line}" for line in (2, 3, 4, 5)]
    assert [row["label"] for row in rows] == ["wide", "high", "", cells[2]]
    assert rows[2]["error"] == 'new.csv:4: no number in column "height"'
    capsys.readouterr()
    assert main(["eval", "run", "--data", "kinds.csv", "--json", "--mistakes", "wrong.csv"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["accuracy"] > 0.9 and [one["name"] for one in found["classes"]] == ["high", "wide"]
    with Path("wrong.csv").open() as file:
        wrong = list(csv.DictReader(file))
    for row in wrong:  # by its line, from 1
        assert lines[int(row["filename"].split(":")[1]) - 1].split(",")[2] == row["label"]
    assert main(["features", "run", "kind/tanh", "new.csv", "-o", "values.csv"]) == 1
    assert len(Path("values.csv").read_text().splitlines()) == 1 + 3


@pytest.mark.slow
def test_the_rows_of_a_table_are_what_arrays_of_them_are(folder: Path) -> None:
    """The same bits as from an npz, whose rows are in the same order."""
    with Path("kinds.csv").open() as file:
        rows = list(csv.DictReader(file))
    x = np.array([[row["the width"], row["height"]] for row in rows], np.float32)
    np.savez("same.npz", x=x, kind=np.array([row["kind"] == "wide" for row in rows], np.int64))
    for data, out in (("kinds.csv", "a"), ("same.npz", "b")):
        assert main(["train", "kinds.net", "--data", data, "-o", out, "--epochs", "2"]) == 0
    tables = [Path(out, "metrics.csv").read_text().splitlines() for out in ("a", "b")]
    assert [line.rsplit(",", 1)[0] for line in tables[0]] == [line.rsplit(",", 1)[0] for line in tables[1]]


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        (SPEC.replace('"the width"', '"width"'), 'kinds.csv has no column "width", which `columns` names'),
        (SPEC.replace("data {", "#"), 'data { columns x: ["id", "height", "kind", "the width"] }'),
        (SPEC.replace("kinds = 2", "kinds = 3"), "say `--set kinds=2`"),
    ],
)
def test_what_does_not_fit_says_what_to_write(
    spec: str, said: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("kinds.net").write_text(spec)
    assert main(["train", "kinds.net", "--data", "kinds.csv", "-o", "run"]) == 1
    assert said in capsys.readouterr().err
    assert not Path("run").exists()


def test_a_format_is_insisted_on(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train = ["train", "kinds.net", "--data", "kinds.csv", "--epochs", "1", "-o"]
    assert main([*train, "run", "--format", "table"]) == 0
    assert main([*train, "other", "--format", "list"]) == 1
    assert "4 fields, not 2: quote a name that has a comma" in capsys.readouterr().err
    assert main([*train, "other", "--format", "idx"]) == 1
    assert "holds no train data in the format `idx`" in capsys.readouterr().err


def test_every_format_that_is_read_can_be_asked_for() -> None:
    format = next(param for param in command.params if param.name == "format")
    assert isinstance(format.type, click.Choice) and tuple(format.type.choices) == LAYOUTS


def test_a_run_judges_what_it_held_out_of_its_own_data_and_all_of_other(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "kinds.net", "--data", "kinds.csv", "--epochs", "1", "-o", "run"]) == 0
    text = Path("kinds.csv").read_text().splitlines()
    Path("moved.csv").write_text("\n".join(text))
    Path("other.csv").write_text("\n".join([text[0], *text[:0:-1]]))
    told = {}
    for data in ("kinds.csv", "moved.csv", "other.csv"):
        capsys.readouterr()
        assert main(["eval", "run", "--data", data, "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        told[data] = found["part"], found["examples"]
    held_out = json.loads(Path("run/settings.json").read_text())["data"]["number of val examples"]
    assert told["kinds.csv"] == told["moved.csv"] == ("held out", int(held_out))
    assert told["other.csv"] == ("all", 120)
    Path("kinds.csv").write_text("\n".join([*text, *text[1:11]]))  # examples were added: those of before stay held out
    capsys.readouterr()
    assert main(["eval", "run", "--data", "kinds.csv", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["part"] == "held out"


def test_a_table_is_looked_at_without_a_net_and_all_that_is_wrong_is_told(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", "check", "kinds.csv"]) == 0
    assert capsys.readouterr().out == "train: 120 examples\n"
    rows = ["a,b", *[f"{number}" for number in range(60)], "1,", "2,3", "2,3"]
    Path("bad.csv").write_text("\n".join(rows))
    assert main(["data", "check", "bad.csv", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["examples"] == {"train": {"": 3}}
    assert found["problems"][0] == "bad.csv:2: 1 field, and the header has 2" and len(found["problems"]) == 61
    assert found["problems"][60] == 'bad.csv:62: nothing in column "b"'
    assert found["duplicates"] == [["bad.csv:63", "bad.csv:64"]]
    Path("kinds.csv").write_text("the width,height,kind\n" + "?,1,a\n" * 55)
    assert main(["data", "check", "kinds.csv", "kinds.net", "--json"]) == 1
    assert len(json.loads(capsys.readouterr().out)["problems"]) == 55


def test_a_table_without_its_classes_says_so_in_eval_too(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "kinds.net", "--data", "kinds.csv", "--epochs", "1", "-o", "run"]) == 0
    Path("new.csv").write_text("the width,height\n1,2\n")
    capsys.readouterr()
    assert main(["eval", "run", "--data", "new.csv"]) == 1
    assert "new.csv has no column for output kind" in capsys.readouterr().err


def test_nothing_that_is_read_is_written_over(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "kinds.net", "--data", "kinds.csv", "-o", "run", "--epochs", "1"]) == 0
    Path("data").mkdir()
    Path("data/test.csv").write_text(Path("kinds.csv").read_text())
    np.savez("kinds.npz", x=np.zeros((2, 2)))
    Path("names.csv").write_text("kinds.npz\n")
    Path("link.csv").symlink_to("kinds.csv")
    kept = {path: path.read_bytes() for path in map(Path, ("kinds.csv", "kinds.npz", "names.csv", "data/test.csv"))}
    capsys.readouterr()
    for asked in (
        "run run kinds.csv --csv kinds.csv",
        "run run kinds.csv --jsonl link.csv",
        "run run kinds.npz --csv kinds.npz",
        "run run @names.csv --csv names.csv",
        "run run @names.csv --jsonl kinds.npz",
        "features run kind/tanh kinds.csv -o kinds.csv",
        "features run kind/tanh kinds.npz -o kinds.npz",
        "features run kind/tanh @names.csv -o names.csv",
        "eval run --data kinds.csv --mistakes kinds.csv",
        "eval run --data data --mistakes data/test.csv",
    ):
        assert main(asked.split()) == 2, asked
        assert "which this command reads" in capsys.readouterr().err
        assert {path: path.read_bytes() for path in kept} == kept


def test_an_input_has_no_features_and_a_header_no_answers(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "kinds.net", "--data", "kinds.csv", "-o", "run", "--epochs", "1"]) == 0
    for model in ("run", "run/model.onnx"):
        assert main(["features", model, "x", "kinds.csv", "-o", "x.csv"]) == 1
        assert "error[N101]: x is an input of" in capsys.readouterr().err and not Path("x.csv").exists()
    Path("head.csv").write_text("the width,height\n")
    assert main(["run", "run", "head.csv"]) == 1
    assert "error[N707]: head.csv has no rows behind its header" in capsys.readouterr().err
