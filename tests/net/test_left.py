"""What an earlier run left: its log up to a place, its settings, whether its state is complete; damage is named."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from netspec.diagnostics import Fault, Trouble
from netspec.net import left
from netspec.net.left import CARRIED, borrowed, carried, check_complete, log_of, settings_of
from netspec.net.lock import Lock

LINE = {
    "epoch": 1, "loss": 1.5, "accuracy": 0.5, "val_loss": None, "val_accuracy": None, "test_loss": None,
    "test_accuracy": None, "test_right": 0, "test_count": 0, "rate": 0.1, "seconds": 1,
    "outputs": {"y": {"loss": 1.5, "accuracy": None}},
}  # fmt: skip


def log(folder: Path, *epochs: int) -> Path:
    (folder / "log.jsonl").write_text("".join(f"{json.dumps({**LINE, 'epoch': n})}\n" for n in epochs))
    return folder


@pytest.mark.parametrize(("epochs", "upto"), [((1, 2, 3), 3), ((1, 2, 3), 2), ((1, 2, 3), 0), ((), 0)])
def test_a_log_up_to_the_place_of_the_state(epochs: tuple[int, ...], upto: int, tmp_path: Path) -> None:
    assert [line[10:11] for line in log_of(log(tmp_path, *epochs), upto)] == [str(n) for n in epochs[:upto]]


def test_a_run_without_a_log_has_none(tmp_path: Path) -> None:
    assert log_of(tmp_path, 5) == []


@pytest.mark.parametrize(
    ("epochs", "upto", "message"),
    [
        ((1, 3), 2, "line 2 is not that of epoch 2"),
        ((1,), 2, "it has 1 lines, and 2 epochs are done"),
        ((2, 3), 1, "line 1"),
    ],
)
def test_a_log_that_lacks_an_epoch_is_damaged(epochs: tuple[int, ...], upto: int, message: str, tmp_path: Path) -> None:
    with pytest.raises(Fault) as caught:
        log_of(log(tmp_path, *epochs), upto)
    assert caught.value.code == "N702"
    assert message in caught.value.message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("epoch", True),
        ("loss", "1.5"),
        ("val_accuracy", "1e9"),
        ("val_loss", "\ud800"),
        ("val_loss", [1]),
        ("rate", None),
        ("accuracy", 10**400),
        ("outputs", [1]),
        ("outputs", {"y": [1]}),
        ("outputs", {"y": {"loss": "x"}}),
        ("val_mean_iou", {}),
    ],
)
def test_a_log_of_which_a_figure_is_none_is_damaged(name: str, value: object, tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_text(json.dumps({**LINE, name: value}))
    with pytest.raises(Fault, match="line 1 is not that of epoch 1"):
        log_of(tmp_path, 1)
    (tmp_path / "log.jsonl").write_text(json.dumps({key: value for key, value in LINE.items() if key != "seconds"}))
    with pytest.raises(Fault, match="line 1 is not that of epoch 1"):
        log_of(tmp_path, 1)


def test_settings_that_are_not_there_say_nothing_and_damaged_ones_are_told(tmp_path: Path) -> None:
    assert settings_of(tmp_path) == {}
    (tmp_path / "settings.json").write_text('{"epochs": 3}')
    assert settings_of(tmp_path) == {"epochs": 3}
    for text in ("[3]", "{", "[" * 100_000):
        (tmp_path / "settings.json").write_text(text)
        with pytest.raises(Fault, match="no settings of a run"):
            settings_of(tmp_path)


def state(**moments: Any) -> Any:
    return SimpleNamespace(kept=moments, moments=moments)


TRAINED = {"a": (2, 3), "b": (4,)}
WHOLE = {"a": np.zeros((2, 3)), "b": np.zeros(4)}


@pytest.mark.parametrize(
    ("moments", "complete"),
    [
        ({"velocity": WHOLE}, True),
        ({"velocity": {**WHOLE, "more": np.zeros(1)}}, True),
        ({"velocity": {"a": WHOLE["a"]}}, False),
        ({"velocity": {**WHOLE, "b": np.zeros(5)}}, False),
        ({"velocity": {**WHOLE, "b": np.zeros((4, 1))}}, False),
        ({}, False),
    ],
)
def test_a_state_has_all_that_the_optimiser_remembers(moments: dict[str, Any], complete: bool, tmp_path: Path) -> None:
    if complete:
        check_complete(state(**moments), tmp_path, ["velocity"], TRAINED)
        return
    with pytest.raises(Fault, match="velocity is missing") as caught:
        check_complete(state(**moments), tmp_path, ["velocity"], TRAINED)
    assert caught.value.code == "N702"


def test_what_goes_along_to_another_folder(tmp_path: Path) -> None:
    for name in (CARRIED[0], CARRIED[2], "notes.txt"):
        (tmp_path / name).write_bytes(name.encode())
    assert carried(tmp_path) == {name: name.encode() for name in (CARRIED[0], CARRIED[2])}


def test_a_folder_that_is_only_read_is_locked_where_that_can_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = borrowed(tmp_path)
    assert lock is not None
    with pytest.raises(Trouble):  # another training is at work there
        borrowed(tmp_path)
    lock.release()

    def refused(self: Lock) -> Lock:
        raise Trouble("N604", "nothing can be written there")

    monkeypatch.setattr(left.Lock, "take", refused)
    assert borrowed(tmp_path) is None
