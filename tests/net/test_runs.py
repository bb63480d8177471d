"""Runs beside each other: what differs has a column, the rest has none; what is broken is a row with its reason."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from netspec.cli import main
from netspec.net.runs import columns, find, in_order, read

SPEC = """netspec 1
net Two(units = UNITS, rate = 1) {
    input x: 3
    output y = x -> dense(units) -> softmax
}
data { prepare: scale(1 / 255) -> MORE }
"""


def run(folder: Path, units: int = 4, rate: float = 0.1, more: str = "scale(1)", **last: Any) -> Path:
    """A run's folder as train leaves it: three epochs, the second one best."""
    folder.mkdir(parents=True)
    (folder / "spec.net").write_text(SPEC.replace("UNITS", str(units)).replace("MORE", more))
    settings = {
        "loss": {"y": "cross_entropy"}, "optimizer": f"sgd(rate: {rate}, momentum: 0.9)", "batch": 8, "epochs": 3,
        "parameters": {}, "data": {"path": "/d", "digest": "0123456789", "number of train examples": "60"},
        "command": f"netspec train s.net -o {folder}", "version": "1", "time": str(folder), "layers": {"y": str(units)},
    }  # fmt: skip
    (folder / "settings.json").write_text(json.dumps(settings))
    rows: list[dict[str, Any]] = [
        {"epoch": n, "loss": 1 / n, "accuracy": 0.5, "val_loss": 0.3, "val_accuracy": value, "test_loss": None,
         "test_accuracy": None, "seconds": 20.0, "outputs": {}}
        for n, value in enumerate((0.6, 0.8, 0.7), 1)
    ]  # fmt: skip
    rows[-1] |= {"test_loss": 0.4, "test_accuracy": 0.75, **last}
    (folder / "log.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def test_a_rate_that_the_settings_leave_out_is_the_default(tmp_path: Path) -> None:
    folder = run(tmp_path / "a")
    settings = json.loads((folder / "settings.json").read_text())
    (folder / "settings.json").write_text(json.dumps(settings | {"optimizer": "sgd(momentum: 0.9)"}))
    assert [read(folder).was[name] for name in ("rate", "momentum", "decay")] == [0.01, 0.9, 0.0]


def test_what_a_run_gave(tmp_path: Path) -> None:
    found = read(run(tmp_path / "a"))
    assert found.gave == {
        "metric": "accuracy", "last": 0.7, "best": 0.8, "test": 0.75, "trained": 3, "minutes": 1.0,
    }  # fmt: skip
    assert found.was["set rate"] == 1 and found.was["rate"] == 0.1  # a parameter is not taken for the setting
    assert (found.was["units"], found.was["net"], found.was["train examples"]) == (4, "Two", 60)


def test_without_classes_the_figures_are_losses(tmp_path: Path) -> None:
    found = read(run(tmp_path / "a", accuracy=None, val_accuracy=None, test_accuracy=None))
    assert (found.gave["metric"], found.gave["last"], found.gave["test"]) == ("loss", 0.3, 0.4)


def test_where_nothing_judges_the_last_is_of_training(tmp_path: Path) -> None:
    folder = run(tmp_path / "a")
    lines = [
        json.loads(line) | {"val_loss": None, "val_accuracy": None}
        for line in (folder / "log.jsonl").read_text().splitlines()
    ]
    (folder / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    gave = read(folder).gave
    assert (gave["last"], gave["best"]) == (0.5, None)


@pytest.mark.parametrize(
    ("other", "differ"),
    [
        ({}, []),
        ({"units": 5}, ["units", "layers"]),
        ({"rate": 0.2}, ["rate"]),
        ({"more": "scale(2)"}, ["data prepare"]),
    ],
)
def test_only_what_differs_has_a_column(tmp_path: Path, other: dict[str, Any], differ: list[str]) -> None:
    runs = [read(run(tmp_path / "a")), read(run(tmp_path / "b", **other))]
    assert columns(runs) == ["run", *differ, "metric", "last", "best", "test", "trained", "minutes"]


def test_columns_of_several_inputs_differ_each_by_itself(tmp_path: Path) -> None:
    said = 'scale(1)\n columns x: ["{}"]\n columns y: ["c"]'
    runs = [read(run(tmp_path / name, more=said.format(name))) for name in ("one", "two")]
    assert columns(runs)[:2] == ["run", "data columns x"]
    assert [found.was["data columns x"] for found in runs] == ['["one"]', '["two"]']


def test_what_was_given_has_a_column_of_its_own_and_no_name_is_twice(tmp_path: Path) -> None:
    for name, more in {
        "a": {"epochs": 5, "options": {"memory": None, "at": {}, "recompute": False}},
        "b": {"options": {"memory": 2000, "at": {"H": 64, "W": 32}, "recompute": True},
              "start": {"from": "/runs/a", "digest": "0123", "fresh": ["y/*", "z/*"], "freeze": []}},
    }.items():  # fmt: skip
        kept = run(tmp_path / name) / "settings.json"
        kept.write_text(json.dumps(json.loads(kept.read_text()) | more))
    a, b = find(tmp_path)
    differ = ["epochs", "memory", "at", "recompute", "from", "fresh"]
    assert columns([a, b]) == ["run", *differ, "metric", "last", "best", "test", "trained", "minutes"]
    assert [a.row().get(name) for name in differ] == [5, None, None, None, None, None]
    assert [b.row()[name] for name in differ] == [3, 2000, "H: 64, W: 32", True, "/runs/a", "y/*, z/*"]
    assert (a.row()["trained"], b.row()["trained"]) == (3, 3)


def test_runs_are_found_below_and_broken_ones_say_why(tmp_path: Path) -> None:
    run(tmp_path / "a")
    run(tmp_path / "sweep" / "one")
    run(tmp_path / "sweep" / "two")
    (tmp_path / "empty").mkdir()
    (tmp_path / ".hidden").mkdir()
    (run(tmp_path / "bad") / "settings.json").write_text("{")
    (run(tmp_path / "cut") / "log.jsonl").write_text('{"epoch": 1')
    (run(tmp_path / "odd") / "log.jsonl").write_text("[1]\n")
    (run(tmp_path / "no") / "settings.json").unlink()
    (run(tmp_path / "specless") / "spec.net").unlink()
    found = {str(one.folder.relative_to(tmp_path)): one.error for one in find(tmp_path)}
    assert list(found) == ["a", "bad", "cut", "empty", "no", "odd", "specless", "sweep/one", "sweep/two"]
    assert {name for name, error in found.items() if error is None} == {"a", "sweep/one", "sweep/two"}
    assert found["empty"] == "it holds no run" and found["no"] == "it has no settings.json"
    assert "settings.json is damaged" in (found["bad"] or "") and "it is damaged" in (found["cut"] or "")


def test_the_better_comes_first_and_what_is_broken_last(tmp_path: Path) -> None:
    for name, test, rate in (("a", 0.5, 10), ("b", 0.9, 9), ("c", 0.7, 100)):
        run(tmp_path / name, rate=rate, test_accuracy=test)
    (tmp_path / "aa").mkdir()
    names = lambda column: "".join(one.folder.name for one in in_order(find(tmp_path), column))  # noqa: E731
    assert (names("test"), names("-test"), names("rate"), names("-rate")) == ("bcaaa", "acbaa", "bacaa", "cabaa")
    with pytest.raises(KeyError):
        names("nothing")


def test_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(tmp_path / "a", rate=0.2)
    run(tmp_path / "b", units=5)
    (tmp_path / "c").mkdir()
    assert main(["runs", str(tmp_path), "--csv", "-"]) == 0
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert [(row["rate"], row["units"], row["best"], row["minutes"], row["error"]) for row in rows] == [
        ("0.2", "4", "0.8", "1.0", ""), ("0.1", "5", "0.8", "1.0", ""), ("", "", "", "", "it holds no run"),
    ]  # fmt: skip
    assert main(["runs", str(tmp_path), "--json", "--sort", "rate"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [row["rate"] for row in found] == [0.1, 0.2, None] and found[2]["error"] == "it holds no run"
    assert main(["runs", str(tmp_path)]) == 0
    head, first, *_ = capsys.readouterr().out.splitlines()
    assert head.split()[:4] == ["run", "units", "layers", "rate"] and "80.00%" in first
    (tmp_path / "nothing").mkdir()
    assert main(["runs", str(tmp_path / "nothing")]) == 0
    assert "no runs in" in capsys.readouterr().err


def test_a_link_to_a_run_is_followed_and_one_that_leads_round_is_not(tmp_path: Path) -> None:
    run(tmp_path / "elsewhere" / "a")
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "linked").symlink_to(tmp_path / "elsewhere" / "a")
    (tmp_path / "runs" / "round").symlink_to(tmp_path)
    assert [one.folder.name for one in find(tmp_path / "runs")] == ["linked"]
