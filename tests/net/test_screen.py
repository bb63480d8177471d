"""The lines before the first step."""

from __future__ import annotations

from pathlib import Path

import pytest

from netspec.net.screen import told_of_batch
from netspec.settings import Train
from netspec.settings.train import Sgd
from tests.net.runs import begin, train

SAID = Train(optimizer=Sgd(rate=0.2), batch=32)


@pytest.mark.parametrize(
    ("used", "examples", "told"),
    [
        (SAID, 100, []),
        (SAID.replaced(batch=16), 100, ["the rate stays 0.2; in proportion it would be 0.1 (`--rate`)"]),
        (SAID.replaced(batch=64), 100, ["the rate stays 0.2; in proportion it would be 0.4 (`--rate`)"]),
        (SAID.replaced(batch=64), 20, []),  # both are the whole set
        (SAID.replaced(batch=20), 20, []),
        (SAID.replaced(batch=10), 20, ["the spec's 20: the rate stays 0.2; in proportion it would be 0.1 (`--rate`)"]),
        (SAID.replaced(batch=16, optimizer=Sgd(rate=0.1)), 100, []),  # a rate that is given is meant
    ],
)
def test_a_batch_that_is_not_the_specs_says_what_rate_would_be_in_proportion(
    used: Train, examples: int, told: list[str]
) -> None:
    lines = list(told_of_batch(SAID, used, examples))
    assert len(lines) == len(told) and all(line.endswith(end) for line, end in zip(lines, told, strict=True))


@pytest.mark.slow
def test_net_weights_and_frozen_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    begin()
    assert train("-o", "a") == 0
    assert train("-o", "b", "--from", "a", "--fresh", "y/dense.*", "--freeze", "y/conv.*", "--batch", "5") == 0
    first, second = capsys.readouterr().err.split("net R: ")[1:]
    # conv: 2 cells of 3 x 3, no bias before a norm; norm: 2 + 2; dense: 3 of 2 x 4 x 4 and 3
    assert first.startswith("121 parameters, 6 layers\n") and second.startswith("121 parameters, 6 layers, 18 of them")
    assert "5 of 7 weights are those of a; from the seed begin y/dense.weight, y/dense.bias\n" in second
    assert "the batch is 5, and the spec's 10: the rate stays 0.2; in proportion it would be 0.1" in second
    assert "for 2 epochs" in second
    assert train("-o", "c", "--freeze", "*") == 0
    assert "net R: 121 parameters, 6 layers, all of them frozen: nothing is learned\n" in capsys.readouterr().err
