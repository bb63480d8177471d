"""Training that begins with other weights: what is taken, what begins anew, what stays, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netspec.diagnostics import Fault
from netspec.engine.training.events import Epoch
from netspec.interop.weight_files import load_weights
from netspec.net import load
from netspec.net.start import Start
from tests.net.runs import begin, train

pytestmark = pytest.mark.slow  # whole trainings

SPEC = """netspec 1
net F(classes = 3, width = 2) {
    input x: 2 x 4 x 4
    sparse table t: 4 -> 4 = band(width)
    stem = x -> conv(4, 3, pad: 1) -> norm -> relu
    mid = stem -> conv(4, 1, table: t) -> relu
    output label = mid -> dense(classes) -> softmax
}
train {
    optimizer: sgd(rate: 0.2, momentum: 0.9, decay: 0.1)
    batch: 10
    epochs: 2
}
"""


SHARED = "shared table t: 4 -> 4 {\n a b . .\n . a b .\n . . a b\n b . . a\n}"
MIXED = "residual table t: 4 -> 4 {\n X . . .\n . = X .\n = . . X\n . . X =\n}"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    begin()
    Path("f.net").write_text(SPEC)
    for part in ("train", "test"):
        with np.load(f"d/{part}.npz") as held:
            np.savez(f"d/{part}.npz", x=held["x"], label=held["y"])
    return tmp_path


def weights(run: str) -> dict[str, Any]:
    return load_weights(Path(run, "weights.safetensors"))[0]


def test_frozen_layers_keep_their_bits_and_others_do_not() -> None:
    assert train("-o", "a", spec="f.net") == 0
    assert train("-o", "b", "--from", "a", "--freeze", "stem/*", spec="f.net") == 0
    a, b = weights("a"), weights("b")
    same = {path for path in a if np.array_equal(a[path], b[path])}
    assert same == {path for path in a if path.startswith("stem/")}
    assert {"stem/norm.running_mean", "stem/norm.running_var", "stem/conv.weight"} <= same


def test_a_part_of_a_layer_stays() -> None:
    assert train("-o", "a", spec="f.net") == 0
    assert train("-o", "b", "--from", "a", "--freeze", "*.bias", spec="f.net") == 0
    a, b = weights("a"), weights("b")
    assert {path for path in a if np.array_equal(a[path], b[path])} == {path for path in a if path.endswith(".bias")}


def test_a_frozen_norm_is_used_with_its_running_statistics() -> None:
    """One step by hand: the answer that training sees is that of the deployed net, whatever the batch is."""
    net = load("f.net")
    net = net.__class__(net.source, net.meaning, Start(freeze=("stem/*", "mid/*")).frozen(net.graph), net.problems)
    start = net.initial(1)
    start["stem/norm.running_mean"] = np.array([0.3, -0.2, 0.1, 0.5], np.float32)
    start["stem/norm.running_var"] = np.array([0.5, 2.0, 1.5, 0.7], np.float32)
    with np.load("d/train.npz") as held:
        x, labels = held["x"][:10], held["label"][:10]
        np.savez("d/train.npz", x=x, label=labels)
    from netspec.interop.weight_files import save_weights

    save_weights(Path("w.safetensors"), start, {})
    (answer,) = net.values(start, x).values()
    expected = -np.log(answer[np.arange(10), labels]).mean()
    events = load("f.net").train("d", start="w.safetensors", freeze=["stem/*", "mid/*"], epochs=1, workers=1)
    (epoch,) = [event for event in events if isinstance(event, Epoch)]
    assert epoch.loss == pytest.approx(expected, rel=1e-5)


def test_without_steps_between_the_weights_are_those_of_the_start() -> None:
    assert train("-o", "a", spec="f.net") == 0
    net = load("f.net")
    for source in ("a", "a/weights.safetensors"):
        found = Start(Path(source)).weights(net.graph, net.initial(7))
        assert all(np.array_equal(found[path], array) for path, array in weights("a").items())
    found = Start(Path("a"), fresh=("label/*", "mid/conv.bias")).weights(net.graph, net.initial(7))
    fresh = {path for path in found if np.array_equal(found[path], net.initial(7)[path])}
    assert fresh >= {"label/dense.weight", "label/dense.bias", "mid/conv.bias"} and "mid/conv.weight" not in fresh


@pytest.mark.parametrize(
    "table", ["sparse table t: 4 -> 4 = band(2)", "sparse table t: 4 -> 4 = groups(2)", SHARED, MIXED]
)
@pytest.mark.parametrize("layer", ["conv(4, 3, pad: 1, table: t)", "conv(4, 1, table: t)", "local(4, 3, table: t)"])
def test_a_model_gives_compact_weights_back(table: str, layer: str) -> None:
    text = (
        SPEC.replace("sparse table t: 4 -> 4 = band(width)", table)
        .replace("conv(4, 1, table: t)", layer)
        .replace("-> norm ", "")
    )
    Path("f.net").write_text(text)
    net = load("f.net")
    start = net.initial(5)
    net.compile("m.onnx", start)
    found = Start(Path("m.onnx")).weights(net.graph, net.initial(6))
    assert {path: array.tolist() for path, array in found.items()} == {
        path: array.tolist() for path, array in start.items()
    }


def test_the_tutorials_command_fits() -> None:
    """A residual net of ten classes begins one of five: all but its last layer, and its stem stays."""
    from netspec.interop.weight_files import save_weights

    spec = Path(__file__).parents[2] / "specs" / "resnet_cifar.net"
    save_weights(Path("w.safetensors"), load(spec).initial(3), {})
    net = load(spec, classes=5)
    start = Start(Path("w.safetensors"), ("label/*",), ("stem/*",))
    graph = start.frozen(net.graph)
    found, fresh, before = start.weights(graph, net.initial(4)), net.initial(4), load(spec).initial(3)
    assert {path for path in found if path.startswith("label/")} == {"label/dense.weight", "label/dense.bias"}
    for path, array in found.items():
        assert np.array_equal(array, (fresh if path.startswith("label/") else before)[path]), path
    assert net.graph.parameters() - graph.parameters() == 16 * 3 * 9 + 2 * 16  # the stem's kernels, and its norm


def refused(start: Start, text: str) -> Fault:
    Path("g.net").write_text(text)
    net = load("g.net")
    with pytest.raises(Fault) as caught:
        start.weights(net.graph, net.initial(0))
    return caught.value


def test_all_that_does_not_fit_is_told_at_once() -> None:
    assert train("-o", "a", spec="f.net") == 0
    text = SPEC.replace("classes = 3", "classes = 5").replace("mid", "middle").replace("conv(4, 3", "conv(4, 2")
    fault = refused(Start(Path("a")), text.replace("pad: 1", "pad: 0"))
    assert fault.code == "N701"
    for line in (
        "stem/conv.weight is 4 x 2 x 3 x 3, and the net has 4 x 2 x 2 x 2",
        "middle/conv.weight is missing (7 x 1 x 1)",
        "mid/conv.weight belongs to no layer of the net",
        "label/dense.bias is 3, and the net has 5",
    ):
        assert line in fault.help.splitlines(), fault.help
    Path("g.net").write_text(SPEC.replace("classes = 3", "classes = 5"))
    net = load("g.net")
    assert Start(Path("a"), fresh=("label/*",)).weights(net.graph, net.initial(0))["label/dense.bias"].shape == (5,)


def test_weights_are_told_to_fifty() -> None:
    from netspec.interop.weight_files import save_weights

    save_weights(Path("w.safetensors"), {f"l{n}.weight": np.zeros(1, np.float32) for n in range(100)}, {})
    fault = refused(Start(Path("w.safetensors")), SPEC)
    lines = fault.help.splitlines()
    assert sum("missing" in line or "no layer" in line for line in lines) == 50
    assert "… and 59 more" in lines  # 9 that are missing and 100 too many


@pytest.mark.parametrize("source", ["a", "a/model.onnx"])
def test_a_table_with_other_cells_does_not_fit_even_where_shapes_agree(source: str) -> None:
    plain = SPEC.replace("-> norm ", "")
    Path("f.net").write_text(plain)
    assert train("-o", "a", spec="f.net") == 0
    other = plain.replace("= band(width)", "{\n X X X .\n X . . .\n . X . X\n . . X .\n}")
    assert load("f.net").graph.weights["mid/conv.weight"].shape == (7, 1, 1)
    moved = other.replace(". . X .", "X . . .")
    Path("f.net").write_text(other)
    assert load("f.net").graph.weights["mid/conv.weight"].shape == (7, 1, 1)
    for text in (other, moved):
        assert "mid/conv.weight is of " in refused(Start(Path(source)), text).message
    for text in (plain.replace("width = 2", "width = 3"), plain.replace("width = 2", "width = 1")):
        assert "mid/conv.weight is " in refused(Start(Path(source)), text).message


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--from", "a", "--freeze", "stems/*"], "did you mean `stem/*`?"),
        (["--from", "a", "--fresh", "label"], "did you mean `label/*`?"),
        (["--freeze", "stem/norm.running_*"], "meets only what no gradient changes"),
        (["--from", "a", "--resume", "a"], "a began already"),
        (["--fresh", "label/*"], "none were given"),
    ],
)
def test_patterns_and_options_that_say_nothing(words: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert train("-o", "a", spec="f.net") == 0
    capsys.readouterr()
    assert train("-o", "b", *words, spec="f.net") in (1, 2)
    said = capsys.readouterr().err
    assert "error[N716]" in said and told in said
    assert not Path("b").exists()


def test_a_run_that_goes_on_begins_as_it_began() -> None:
    assert train("-o", "a", spec="f.net") == 0
    words = ("--from", "a", "--fresh", "label/*", "--freeze", "stem/*")
    assert train("-o", "whole", *words, "--epochs", "4", spec="f.net") == 0
    assert train("-o", "b", *words, spec="f.net") == 0
    about = json.loads(Path("b/settings.json").read_text())["start"]
    assert about["from"].endswith("/a") and (about["fresh"], about["freeze"]) == (["label/*"], ["stem/*"])
    assert train("--resume", "b", "--epochs", "4", spec="f.net") == 0
    assert Path("b/weights.safetensors").read_bytes() == Path("whole/weights.safetensors").read_bytes()
    assert json.loads(Path("b/settings.json").read_text())["start"] == about
