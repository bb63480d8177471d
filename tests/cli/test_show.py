"""`netspec show`: the columns that were chosen, folds, and the table in a file."""

from __future__ import annotations

import csv
import json
import shlex
from pathlib import Path

import pytest

from netspec.cli import main

SPEC = """netspec 1
net L {
    input x: 1 x 8 x 8
    block unit { conv(2, 3, pad: 1) -> relu }
    c = x -> unit -> unit
    output y = c -> dense(5)
}
"""


@pytest.fixture(autouse=True)
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.net").write_text(SPEC, encoding="utf-8")


def shown(line: str, capsys: pytest.CaptureFixture[str], status: int = 0) -> list[str]:
    assert main(shlex.split(f"show a.net {line}")) == status
    return capsys.readouterr()[status > 0].splitlines()


def test_columns_in_their_order_behind_the_layer(capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown("--columns macs,shape", capsys)
    assert [line.split() for line in lines[:3]] == [
        ["layer", "macs", "shape"],
        ["x", "1", "x", "8", "x", "8"],
        ["c/unit/conv", "1,152", "2", "x", "8", "x", "8"],  # 2 * 64 * 9
    ]
    assert shown("--columns kind,layer", capsys)[0].split() == ["kind", "layer"]


def test_a_field_can_be_a_column(capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown("--columns field --depth 2", capsys)
    assert [line.split() for line in lines][2:4] == [["c/unit", "3", "x", "3"], ["c/unit_2", "5", "x", "5"]]
    assert shown("--columns field --receptive", capsys)[0].split() == ["layer", "field", "stride", "offset"]


def test_a_fold_has_the_sums_of_the_whole(capsys: pytest.CaptureFixture[str]) -> None:
    whole, folded = shown("", capsys), shown("--depth 1", capsys)
    assert whole[-1].split() == folded[-1].split()
    assert [line.split()[0] for line in folded] == ["layer", "x", "c", "y", "sum"]
    # convolutions of 1 and 2 maps to 2: 2 * 9 + 2 and 4 * 9 + 2 parameters; 4 values of 2 x 8 x 8, 4 bytes each
    assert " ".join(folded[2].split()) == "c 4 layers 2 x 8 x 8 256 58 3,712 3,456 2.0 KB"


def test_csv_has_whole_numbers_and_no_sums(capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown("--csv -", capsys)
    rows = {row["layer"]: row for row in csv.DictReader(lines)}
    assert list(rows) == ["x", "c/unit/conv", "c/unit/relu", "c/unit_2/conv", "c/unit_2/relu", "y/dense"]
    assert (rows["c/unit/conv"]["macs"], rows["c/unit/conv"]["activations"]) == ("1152", "512")
    assert (rows["x"]["kind"], rows["x"]["macs"]) == ("input", "")


def test_a_file_is_written_beside_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown("--csv a.csv --markdown a.md --columns units", capsys)[0].split() == ["layer", "units"]
    assert Path("a.csv").read_text(encoding="utf-8").splitlines()[0] == "layer,units"
    assert Path("a.md").read_text(encoding="utf-8").splitlines()[:3] == [
        "| layer | units |",
        "| :-- | --: |",
        "| x |  |",
    ]


def test_unknown_costs_are_dashes_and_empty_cells(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.net").write_text(SPEC.replace("8 x 8", "H x 8").replace(" -> dense(5)", " -> relu"), encoding="utf-8")
    lines = shown("--columns macs,parameters", capsys)
    assert lines[2].split() == ["c/unit/conv", "-", "20"]
    assert lines[-1].startswith("costs marked -")
    assert not shown("--columns parameters", capsys)[-1].startswith("costs marked -")
    assert shown("--columns macs --csv -", capsys)[2] == "c/unit/conv,"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("--columns maccs", "did you mean `macs`?"),
        ("--columns zzz", "there are layer, kind, shape"),
        ("--columns macs,macs", "column macs is named twice"),
        ("--columns ''", "there is no column ''"),
        ("--columns macs --json", "--json has all columns"),
        ("--csv - --markdown -", "only one"),
        ("--csv - --json", "only one"),
        ("--csv a.net", "it is a.net, which this command reads"),
        ("--health --depth 1", "--health has a table of its own"),
    ],
)
def test_what_does_not_go_together(line: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert any(told in each for each in shown(line, capsys, 2))
    assert Path("a.net").read_text(encoding="utf-8") == SPEC


def test_json_is_folded_too(capsys: pytest.CaptureFixture[str]) -> None:
    told = json.loads("".join(shown("--json --depth 1", capsys)))
    assert [row["name"] for row in told["layers"]] == ["c", "y"]
