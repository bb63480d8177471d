"""net.fit: a training to its end in Python, from arrays, with and without a folder; what it leaves."""

from __future__ import annotations

import gc
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import netspec
from netspec.engine.training.events import Epoch, Progress, Started
from netspec.net.history import History
from netspec.runtime.session import open_model

SPEC = """netspec 1
net D(classes = 3) {
    input image: 1 x 6 x 5
    output digit = image -> conv(4, 3) -> relu -> flatten -> dense(classes) -> softmax
}
train {
    optimizer: adam(rate: 0.02)
    batch: 8
    epochs: 3
}
"""
RNG = np.random.default_rng(1)
Y = RNG.integers(0, 3, 60)
X = RNG.random((3, 6, 5))[Y].astype(np.float32) + 0.1 * RNG.standard_normal((60, 6, 5)).astype(np.float32)


@pytest.fixture(scope="module")
def net() -> netspec.Net:
    return netspec.loads(SPEC)


def _fit(net: netspec.Net, data: Any, **more: Any) -> netspec.Run:
    return net.fit(data, **{"progress": False, "workers": 1, **more})


def _equal(a: Any, b: Any) -> bool:
    return set(a) == set(b) and all(np.array_equal(a[path], b[path]) for path in a)


def test_arrays_and_a_folder_of_arrays_give_the_same_bits(net: netspec.Net, tmp_path: Path) -> None:
    np.savez(tmp_path / "train.npz", image=X[:, None], digit=Y)
    runs = [_fit(net, data) for data in (tmp_path, str(tmp_path), (X, Y), zip(X, Y, strict=True))]
    assert all(_equal(runs[0].weights, run.weights) for run in runs[1:])
    assert [row["loss"] for row in runs[0].history] == [row["loss"] for row in runs[2].history]
    assert runs[2].folder is None


@pytest.mark.parametrize("kind", ["u1", "u2", "u8", "i1", ">i4"])
def test_labels_of_any_whole_type_are_the_same(net: netspec.Net, kind: str) -> None:
    first, other = (_fit(net, dict.fromkeys(("train", "val", "test"), (X, y)), epochs=2) for y in (Y, Y.astype(kind)))
    assert other.figures == first.figures and _equal(other.weights, first.weights)


def test_what_a_run_has(net: netspec.Net) -> None:
    run = _fit(net, {"train": (X[:40], Y[:40]), "val": (X[40:50], Y[40:50]), "test": (X[50:], Y[50:])}, epochs=6)
    assert [row["epoch"] for row in run.history] == [1, 2, 3, 4, 5, 6]
    assert list(run.history[0]) == ["epoch", "loss", "accuracy", "val_loss", "val_accuracy", "rate", "seconds"]
    best = max(run.history, key=lambda row: (row["val_accuracy"], -row["val_loss"]))
    assert run.figures["epoch"] == best["epoch"]
    answers = run.predict(X[50:])
    assert answers.shape == (10, 3)
    np.testing.assert_allclose(answers.sum(axis=1), 1, rtol=1e-5)
    right = answers.argmax(axis=1) == Y[50:]
    assert run.figures["test_accuracy"] == right.mean()
    loss = -np.log(answers[np.arange(10), Y[50:]].astype(np.float64)).mean()
    assert run.figures["test_loss"] == pytest.approx(loss, rel=1e-4)
    assert repr(run).count("\n") == 7  # the head, six epochs, the verdict
    assert "<table>" in run._repr_html_()


def test_figures_are_of_the_best_epoch_and_the_test(net: netspec.Net) -> None:
    lines = [
        {"epoch": n, "loss": 1 / n, "accuracy": 0.5, "val_loss": loss, "val_accuracy": right, "test_loss": test,
         "test_accuracy": test, "rate": 0.1, "seconds": 1.0}
        for n, loss, right, test in [(1, 3.0, 0.6, None), (2, 2.0, 0.7, None), (3, 2.5, 0.7, 0.25)]
    ]  # fmt: skip
    run = netspec.Run(net, History(lines), {}, net.data)
    assert run.figures == {
        "epoch": 2, "loss": 0.5, "accuracy": 0.5, "val_loss": 2.0, "val_accuracy": 0.7, "test_loss": 0.25,
        "test_accuracy": 0.25,
    }  # fmt: skip


@pytest.mark.slow
def test_the_weights_are_those_of_the_folder_and_of_the_model(net: netspec.Net, tmp_path: Path) -> None:
    run = _fit(net, (X, Y), out=tmp_path / "run")
    assert run.folder == tmp_path / "run"
    kept, _ = net.weights_from(tmp_path / "run")
    assert _equal(kept, run.weights)
    (theirs,) = open_model(tmp_path / "run" / "model.onnx", "cpu").session.run(None, {"image": X[:, None]})
    np.testing.assert_allclose(run.predict(X), theirs, rtol=1e-4, atol=1e-6)
    longer = _fit(net, (X, Y), out=tmp_path / "run", resume=tmp_path / "run", epochs=5)
    assert len(longer.history) == 5
    assert _equal(longer.weights, _fit(net, (X, Y), epochs=5).weights)
    with pytest.raises(netspec.Fault) as caught:
        _fit(net, (X + 1, Y), out=tmp_path / "run", resume=tmp_path / "run", epochs=6)
    assert caught.value.code == "N711"
    run.compile(tmp_path / "own.onnx")
    assert (tmp_path / "own.onnx").is_file()


def test_it_begins_with_weights_that_are_given(net: netspec.Net) -> None:
    run = _fit(net, (X, Y))
    still = _fit(net, (X, Y), weights=run.weights, freeze=["*conv.*"], epochs=1)
    assert np.array_equal(still.weights["digit/conv.weight"], run.weights["digit/conv.weight"])
    assert still.history[0]["loss"] < run.history[0]["loss"]
    given = dict(run.weights) | {"digit/conv.bias": np.zeros(7)}
    with pytest.raises(netspec.Fault) as caught:
        _fit(net, (X, Y), weights=given)
    assert (caught.value.code, "digit/conv.bias is 7, and the net has 4" in caught.value.line) == ("N701", True)
    with pytest.raises(netspec.Fault) as caught:
        _fit(net, (X, Y), weights=run.weights, start="w.safetensors")
    assert caught.value.code == "N716"


def test_callbacks_get_every_event_and_may_end_it(net: netspec.Net) -> None:
    events: list[Any] = []
    run = _fit(net, (X, Y), callbacks=[events.append, lambda event: isinstance(event, Epoch) and event.number == 2],
               epochs=50)  # fmt: skip
    assert [type(event) for event in events[:2]] == [Started, Progress]
    assert [row["epoch"] for row in run.history] == [1, 2]
    early = _fit(net, (X, Y), callbacks=lambda event: True)
    assert (early.history, early.figures["epoch"]) == ([], None)
    assert not _equal(early.weights, net.initial())  # two steps
    assert len(_fit(net, (X, Y), callbacks=lambda event: "yes").history) == 3
    stopped = _fit(net, (X, Y), stop=lambda: True)
    assert set(stopped.weights) == set(net.initial())


@pytest.mark.slow
def test_nobody_iterates_and_it_is_told(net: netspec.Net) -> None:
    with pytest.warns(RuntimeWarning, match="net D was not trained"):
        net.train((X, Y))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        events = net.events((X, Y), workers=1)
        assert isinstance(next(events), Started)
        events.close()
        net.events((X, Y)).close()
        gc.collect()


def test_progress_goes_to_stderr_and_nothing_else_does(net: netspec.Net, capsys: pytest.CaptureFixture[str]) -> None:
    net.fit((X, Y), workers=1)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert [line.split()[1] for line in shown.err.splitlines() if line.startswith("epoch ")] == ["1", "2", "3"]
    assert "\r" not in shown.err
    _fit(net, (X, Y))
    assert capsys.readouterr().err == ""


def test_bytes_go_through_the_preparation_and_pictures_can_be_asked(tmp_path: Path) -> None:
    net = netspec.loads(SPEC + "data {\n    prepare: scale(1 / 255)\n    augment: mirror\n}\n")
    pictures = (np.clip(X, 0, 1) * 255).astype(np.uint8)
    run = _fit(net, (pictures, np.array(["one", "two", "three"])[Y]), epochs=5)
    assert run.classes == ["one", "three", "two"]
    Image.fromarray(pictures[0]).save(tmp_path / "p.png")
    np.testing.assert_allclose(run.predict(tmp_path / "p.png"), run.predict(pictures[:1]), rtol=1e-6)
    plain = replace(run, data=run.data.replaced(prepare=()))
    np.testing.assert_allclose(
        plain.predict(pictures[:, None].astype(np.float32) / np.float32(255)),
        run.predict(pictures),
        rtol=1e-4,
        atol=1e-6,
    )


def test_several_inputs_and_outputs() -> None:
    net = netspec.loads("""netspec 1
net Two {
    input left: 2
    input right: 3
    h = [left, right] -> concat -> dense(8) -> tanh
    output total = h -> dense(1)
    output sign = h -> dense(2) -> softmax
}
train {
    epochs: 2
}
""")
    left, right = RNG.standard_normal((50, 2)), RNG.standard_normal((50, 3))
    total = left.sum(axis=1) + right.sum(axis=1)
    run = _fit(net, {"left": left, "right": right, "total": total, "sign": total > 0})
    assert set(run.history[0]["outputs"]) == {"total", "sign"}
    answers = run.predict({"left": left, "right": right})
    assert {name: array.shape for name, array in answers.items()} == {"total": (50, 1), "sign": (50, 2)}


def test_a_map_of_free_size_is_predicted() -> None:
    net = netspec.loads("netspec 1\nnet F {\n input x: 1 x H x W\n output y = x -> conv(1, 3)\n}")
    run = netspec.Run(net, History(), net.initial(), net.data)
    x = RNG.random((3, 1, 7, 9)).astype(np.float32)
    np.testing.assert_allclose(run.predict(x), net.values(net.initial(), x)["y"], rtol=1e-5)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"epochs": 0}, "epochs must be a whole number of at least 1, not 0"),
        ({"epochs": 1.5, "batch": 0}, "epochs must .* not 1.5; batch must be a whole number of at least 1, not 0"),
        ({"seed": -1}, "seed must be a whole number of at least 0, not -1"),
        ({"rate": float("nan")}, "rate must be a number above 0, not nan"),
        ({"rate": "0.1"}, "rate must be a number above 0, not '0.1'"),
        ({"memory": "2GB"}, "memory must be a whole number of bytes"),
        ({"max_hours": 0}, "max_hours must be a number above 0"),
        ({"workers": 0}, "workers must be a whole number of at least 1"),
        ({"out": ""}, "out is an empty name"),
        ({"resume": ""}, "resume is an empty name"),
    ],
)
def test_an_argument_that_is_not_taken_is_told_by_its_name(
    net: netspec.Net, given: dict[str, Any], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=told):
        net.fit((X, Y), progress=False, **given)
    with pytest.raises(ValueError, match="data is an empty name"):
        net.fit("", progress=False)
    assert not list(tmp_path.iterdir())  # nothing was written into the working folder


def test_numbers_of_numpy_and_patterns_by_themselves(net: netspec.Net, tmp_path: Path) -> None:
    given = {"epochs": np.int64(2), "seed": np.uint8(3), "batch": np.int32(16), "rate": np.float32(0.5)}
    run = _fit(net, (X, Y), out=tmp_path / "run", **given)
    assert _equal(run.weights, _fit(net, (X, Y), epochs=2, seed=3, batch=16, rate=0.5).weights)
    tuned = _fit(net, (X, Y), weights=run.weights, fresh="digit/dense.*", freeze="digit/conv.*", epochs=1)
    assert np.array_equal(tuned.weights["digit/conv.weight"], run.weights["digit/conv.weight"])
    ended = _fit(net, (X, Y), epochs=9, callbacks=lambda event: np.float32(1) > 0.5)
    assert not ended.history  # a True of NumPy's ends it too
