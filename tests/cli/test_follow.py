"""What a training prints while it runs: its start, a line for each epoch and output, and the bar on a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from netspec.cli import following
from netspec.cli.following import follow
from netspec.cli.train import run_folder
from netspec.diagnostics import Fault
from netspec.engine.training.events import Epoch, Event, Figures, Progress, Started

STARTED = Started(32, 2, 2, 8_800_000, 7, False)


def none() -> Any:
    return None


def step(number: int) -> Progress:
    return Progress(1, number, 7, 0.5, False, none)


def epoch(**given: Any) -> Epoch:
    usual = {"number": 3, "loss": 1.25, "accuracy": None, "rate": 0.1, "seconds": 2.0, "waited": 0.0}
    return Epoch(**{**usual, "weights": none, "state": none, **given})


def followed(events: list[Event], capsys: pytest.CaptureFixture[str]) -> list[str]:
    assert follow(iter(events), None) == any(isinstance(event, Epoch) for event in events)
    out, err = capsys.readouterr()
    assert out == ""  # it is no result
    return err.splitlines()


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (STARTED, "7 steps per epoch, 32 examples per step, 2 workers, 8.8 MB of memory"),
        (
            Started(1, 1, 1, 1000, 1, True),
            "1 step per epoch, 1 example per step, 1 worker, 1.0 KB of memory, activations recomputed",
        ),
        (epoch(), "epoch   3  loss 1.2500  2.0 s"),
        (epoch(accuracy=0.875), "epoch   3  loss 1.2500  accuracy  87.50%  2.0 s"),
        (
            epoch(val_loss=0.5, val_accuracy=0.8325),
            "epoch   3  loss 1.2500  val loss 0.5000  val  83.25%  2.0 s",
        ),
        (epoch(val_loss=0.5, test_loss=0.25), "epoch   3  loss 1.2500  val loss 0.5000  2.0 s"),
        (epoch(waited=0.25), "epoch   3  loss 1.2500  2.0 s  waited for data 25%"),
        (epoch(waited=0.009), "epoch   3  loss 1.2500  2.0 s"),
        (
            epoch(outputs={"y": Figures(1.25, None)}),
            "epoch   3  loss 1.2500  2.0 s",
        ),  # one output's figures are the epoch's
    ],
)
def test_a_line_for_each_event(event: Event, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert followed([event], capsys) == [line]


def test_steps_are_no_lines_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(followed([STARTED, step(1), step(2), epoch(), step(1)], capsys)) == 2


class Watch:
    """A clock that events set."""

    now = 0.0

    def perf_counter(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        (7000, "about 700 minutes (11.7 hours) for 6 epochs"),
        (70, "about 7 minutes for 6 epochs"),
        (7, "about a minute or less for 6 epochs"),
    ],
)
def test_the_time_is_foretold_after_the_first_steps(
    steps: int, told: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second a step, but nine for the first one, which says nothing of the others."""
    watch = Watch()
    monkeypatch.setattr(following, "time", watch)

    def events() -> Iterator[Event]:
        yield Started(32, 2, 2, 8_800_000, steps, False, 6.0)
        for number in range(1, 9):
            watch.now += 9 if number == 1 else 1
            yield step(number)
        yield epoch()

    follow(events(), None)
    assert capsys.readouterr().err.splitlines()[1] == told


def test_an_epoch_that_only_had_to_be_judged_foretells_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    started = Started(32, 2, 2, 8_800_000, 7, False, 6.0)
    assert len(followed([started, epoch(), step(1), step(2), epoch()], capsys)) == 4


def test_several_outputs_have_a_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    outputs = {"kind": Figures(1.0, 0.5, 0.75, 0.25, 0.875, 0.375), "price": Figures(0.25, None)}
    _, kind, price = followed([epoch(outputs=outputs, test_loss=0.875)], capsys)
    assert (
        kind == "    kind  loss 1.0000  accuracy  50.00%  val loss 0.7500  val  25.00%  test loss 0.8750  test  37.50%"
    )
    assert "price" in price and "0.2500" in price and "not tested" in price


def test_on_a_terminal_a_bar_shows_the_step(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_COLOR", "CI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    follow(iter([STARTED, step(1), step(7), epoch(), step(1)]), None)
    assert "epoch 1" in capsys.readouterr().err


@pytest.mark.parametrize(("began", "kept", "told"), [(True, True, True), (True, False, False), (False, True, False)])
def test_after_an_error_the_weights_that_are_kept_are_named(
    began: bool, kept: bool, told: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Weights of an earlier run, when this one never began, are none of its own."""
    if kept:
        (tmp_path / "weights.safetensors").touch()

    def events() -> Iterator[Event]:
        if began:
            yield STARTED
        raise Fault("N704", "training diverged")

    with pytest.raises(Fault):
        follow(events(), tmp_path)
    assert ("weights of the last complete epoch" in capsys.readouterr().err) == told


def test_a_fresh_folder_goes_again_where_it_stays_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with run_folder(None, Path("a.net")) as folder:
        assert folder == Path("runs/a-1")
        assert folder.is_dir()
    assert not Path("runs").exists()
    with run_folder(None, Path("a.net")) as folder:
        (folder / "log.jsonl").touch()
    assert Path("runs/a-1/log.jsonl").exists()
    with run_folder(tmp_path / "own", Path("a.net")) as folder:
        assert folder == tmp_path / "own"
        assert not folder.exists()
