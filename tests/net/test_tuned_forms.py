"""`--tune`: forms that were timed are kept for a device, taken by later runs, and kept by each run."""

from __future__ import annotations

import json
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import pytest

from netspec.diagnostics import Fault
from netspec.interop.gradients.sliding import Met, Sliding
from netspec.net import forms as timing
from netspec.net.forms import Timed, _told, forms_of
from netspec.net.left import forms_of as forms_of_run
from tests.net.test_by_onnxruntime import examples, said, trained

#: The convolutions of the net of those tests.
FIRST = "2x8x8 3x8x8 k1x1 s1x1 d1x1 p0x0 p0x0 g1"
SHARED = "3x8x8 3x8x8 k3x3 s1x1 d1x1 p1x1 p1x1 g1"
MET = Met("kernel", Sliding((3, 8, 8), (3, 8, 8), (3, 3), (1, 1), (1, 1), (1, 1), (1, 1), 1), "columns")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "netspec" / "forms.json"


def faster(monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    """One form takes half the time of all others; "transposed" does not run."""
    times = {form: 0.5, "transposed": None}
    monkeypatch.setattr(timing, "taken_by", lambda met, name, device: times.get(name, 1.0))


@pytest.mark.slow
def test_the_fastest_form_is_kept_for_a_device_and_taken(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    faster(monkeypatch, "taps")
    net, told = said("sgd(0.1)"), list[str]()
    how: dict[str, Any] = {"engine": "onnxruntime", "device": "cpu"}
    before, _ = trained(net, examples(net), **how)
    assert not cache.parent.exists()
    first, _ = trained(net, examples(net), tune=True, tell=told.append, out=cache.parents[1] / "a", **how)
    assert told[1] == "timing the forms of 4 gradients of convolutions on cpu"
    assert told[2] == "2 of 4 are faster in another form: 1000 ms in place of 2000 ms"  # those two
    assert json.loads(cache.read_text()) == {f"cpu kernel {key}": "taps" for key in (FIRST, SHARED)}
    assert forms_of("cuda") == {}
    assert forms_of_run(cache.parents[1] / "a")[f"kernel {SHARED}"] == "taps"
    again, _ = trained(net, examples(net), out=cache.parents[1] / "b", **how)
    assert forms_of_run(cache.parents[1] / "b") == forms_of_run(cache.parents[1] / "a")
    assert [epoch.loss for epoch in again] == [epoch.loss for epoch in first]
    assert [epoch.loss for epoch in first] == pytest.approx([epoch.loss for epoch in before], rel=1e-5)


@pytest.mark.slow
def test_a_run_goes_on_in_the_forms_that_it_began_with(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    net, run = said("sgd(0.1)"), cache.parents[1] / "run"
    how: dict[str, Any] = {"engine": "onnxruntime", "device": "cpu", "out": run}
    trained(net, examples(net), epochs=1, **how)
    began = forms_of_run(run)
    faster(monkeypatch, "taps")
    trained(net, examples(net), engine="onnxruntime", device="cpu", tune=True)
    assert forms_of("cpu") and began[f"kernel {SHARED}"] == "columns"
    trained(net, examples(net), resume=run, epochs=2, **how)
    assert forms_of_run(run) == began


def test_another_form_is_taken_where_it_saves_a_twentieth() -> None:
    met = MET
    assert Timed(met, {"columns": 1.0, "taps": 0.96}).best == "columns"
    assert Timed(met, {"columns": 1.0, "taps": 0.94, "product": 0.5}).best == "product"
    assert Timed(met, {"taps": 0.94, "product": 0.5}).best == "product"  # the usual one does not run


def test_what_was_timed_before_a_stop_is_kept_and_the_rest_stays(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.parent.mkdir(parents=True)
    cache.write_text(json.dumps({"cpu kernel other": "taps", f"cpu kernel {SHARED}": "product", "cuda x": "taps"}))
    met: list[Met] = []
    monkeypatch.setattr(timing, "taken_by", lambda one, name, device: met.append(one) or 1.0)
    net, asked = said("sgd(0.1)"), chain([False], repeat(True))
    list(net.train(examples(net), engine="onnxruntime", device="cpu", tune=True, workers=1, stop=lambda: next(asked)))
    assert len(set(met)) == 1
    kept = json.loads(cache.read_text())
    assert {"cpu kernel other": "taps", "cuda x": "taps"}.items() <= kept.items()


@pytest.mark.parametrize("text", ["", "[1]", '{"cpu kernel": 3}', '{"cpu kernel 2x8x8": "magic"}'])
def test_a_cache_that_cannot_be_read_is_none(cache: Path, text: str) -> None:
    cache.parent.mkdir(parents=True)
    cache.write_text(text)
    net = said("sgd(0.1)")
    epochs, _ = trained(net, examples(net), epochs=1, engine="onnxruntime", device="cpu")
    assert len(epochs) == 1


def test_a_cache_that_cannot_be_written_is_told_and_the_run_has_the_forms(
    cache: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    faster(monkeypatch, "taps")
    cache.parents[1].write_text("a file in the way")
    net = said("sgd(0.1)")
    lines: list[str] = []
    trained(net, examples(net), engine="onnxruntime", tune=True, out=tmp_path / "run", tell=lines.append)
    assert any(line.startswith("this run alone has them: ") for line in lines)
    assert set(json.loads((tmp_path / "run" / "settings.json").read_text())["forms"].values()) >= {"taps"}


@pytest.mark.parametrize("forms", [[3], {"kernel": "magic"}, {"kernel": 3}])
def test_a_run_with_forms_that_there_are_not_is_damaged(cache: Path, tmp_path: Path, forms: object) -> None:
    net, folder = said("sgd(0.1)"), tmp_path / "run"
    trained(net, examples(net), engine="onnxruntime", out=folder, epochs=1)
    path = folder / "settings.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "forms": forms}))
    with pytest.raises(Fault) as told:
        trained(net, examples(net), engine="onnxruntime", resume=folder, epochs=2)
    assert told.value.code == "N702"


@pytest.mark.parametrize("how", [{"tune": True}, {"tune": True, "engine": "onnxruntime", "resume": "x"}])
def test_tune_is_for_a_new_run_by_onnxruntime(how: dict[str, Any]) -> None:
    net = said("sgd(0.1)")
    with pytest.raises(ValueError, match="tune is for"):
        net.train(examples(net), **how)


def test_times_are_told_of_what_changed_in_digits_that_differ() -> None:
    met = MET
    small = Timed(met, {"columns": 0.000402, "taps": 0.000361})
    assert _told({"a": small}, {"a": "taps"}) == "1 of 1 are faster in another form: 0.361 ms in place of 0.402 ms"
    assert _told({"a": small, "b": Timed(met, {"columns": 9.0})}, {}) == "none of 2 is faster in another form"
    alone = Timed(met, {"taps": 1.0})
    assert _told({"a": alone}, {"a": "taps"}) == "1 of 1 are faster in another form"
