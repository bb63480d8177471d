"""Models of 8 bits: they carry what netspec's models carry, are judged, and leave nothing but themselves."""

from __future__ import annotations

import logging
import shlex
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from netspec.cli import main
from netspec.data.scores import Score
from netspec.diagnostics import Fault, Trouble
from netspec.files import remove_unfinished
from netspec.interop.model_weights import model_weights
from netspec.net import Net, loads
from netspec.net.evaluation import evaluate
from netspec.net.small import Form, _compare
from netspec.runtime.evaluate import Evaluation
from netspec.runtime.session import open_model

SPEC = """netspec 1
net Small {
    input image: 1 x 12 x 12
    output y = image -> conv(8, 3) -> norm -> relu -> maxpool(2) -> conv(8, 3) -> relu -> dense(3) -> softmax
}
data { prepare: grayscale -> scale(1 / 255) }
"""
#: The label is in the second number, beside which the first one is so large that 8 bits lose it.
LOSING = "netspec 1\nnet Losing {\ninput x: 2\noutput y = x -> dense(2) -> softmax\n}\n"
CODER = "netspec 1\nnet Coder {\ninput x: 6\noutput y = x -> dense(6)\n}\ntrain { loss: mse }\n"


def figures(folder: Path, count: int, shape: tuple[int, ...]) -> Path:
    """A training and a test part of noise, of three classes."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    for part, size in (("train", count), ("test", count // 2)):
        images = rng.random((size, *shape), dtype=np.float32)
        np.savez(folder / f"{part}.npz", image=images, y=np.arange(size) % 3)
    return folder


def losing(folder: Path) -> tuple[Net, dict[str, Any], Path]:
    """A net that is always right, and never in 8 bits; its data."""
    folder.mkdir()
    for part, count in (("train", 40), ("test", 20)):
        label = np.arange(count) % 2
        x = np.stack([np.linspace(-1000, 1000, count), 2.0 * label - 1], axis=1).astype(np.float32)
        np.savez(folder / f"{part}.npz", x=x, y=label)
    weights = {"y/dense.weight": np.array([[0, -1], [0, 1]], np.float32), "y/dense.bias": np.zeros(2, np.float32)}
    return loads(LOSING), weights, folder


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home, with a temporary folder in it."""
    found = tmp_path / "home"
    (found / "tmp").mkdir(parents=True)
    for name in ("HOME", "TMPDIR"):
        monkeypatch.setenv(name, str(found if name == "HOME" else found / "tmp"))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("raw", [False, True])
def test_a_model_of_8_bits(
    raw: bool, home: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])  # pytest's own, beside which no other would come
    data = figures(tmp_path / "data", 60, (1, 12, 12)) if not raw else pictures(tmp_path / "data")
    spec = SPEC.replace("prepare: ", "prepare: resize(12, 12) -> ") if raw else SPEC  # it has branches in the graph
    net, told, out = loads(spec), list[str](), tmp_path / "small.onnx"
    handlers, level = list(logging.getLogger().handlers), logging.root.manager.disable
    net.compile(out, int8=data, lose=1, tell=told.append, raw_pixels=raw)
    assert capfd.readouterr() == ("", "")
    assert (logging.getLogger().handlers, logging.root.manager.disable) == (handlers, level)
    assert sorted(path.name for path in home.rglob("*")) == ["tmp"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "home", "small.onnx"]
    proto = onnx.load(out)
    onnx.checker.check_model(proto, full_check=True)
    assert [(each.domain, each.version) for each in proto.opset_import] == [("", 18)]
    assert (proto.producer_name, {node.domain for node in proto.graph.node}) == ("netspec", {""})
    weights = {tensor.name: tensor for tensor in proto.graph.initializer}
    assert weights["y/conv.weight_quantized"].data_type == onnx.TensorProto.INT8
    assert list(weights["y/conv.weight_scale"].dims) == [8], "a scale for each map"
    softmax = next(node for node in proto.graph.node if node.op_type == "Softmax")
    assert softmax.output[0] == "y"
    session, found = evaluate(out, data, "cpu")
    assert session.metadata["net"] == "Small" and not found.from_probabilities
    assert told[0].startswith("calibrated on ") and " training examples, chosen by seed 0" in told[0]
    assert told[-2].endswith("examples: the test part")
    accuracy = found.scores["y"].accuracy
    assert accuracy is not None and told[-1].endswith(f"in float32, {accuracy:.4%} in int8")


def pictures(folder: Path) -> Path:
    """Digits as pictures, of which there are few."""
    from PIL import Image

    rng = np.random.default_rng(0)
    for part, count in (("train", 4), ("test", 2)):
        for name in "abc":
            (folder / part / name).mkdir(parents=True)
            for number in range(count):
                picture = rng.integers(0, 255, (15, 13), dtype=np.uint8)
                Image.fromarray(picture).save(folder / part / name / f"{number}.png")
    return folder


def test_weights_have_7_bits_where_the_processor_has_no_vnni(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, largest = figures(tmp_path / "data", 12, (1, 12, 12)), {}
    for vnni in (True, False):
        monkeypatch.setattr("netspec.machine.multiplies_bytes", lambda vnni=vnni: vnni)
        told: list[str] = []
        loads(SPEC).compile(tmp_path / "m.onnx", int8=data, lose=1, tell=told.append)
        assert any(line.startswith("weights have 7 bits") for line in told) is not vnni
        tensors = {tensor.name: tensor for tensor in onnx.load(tmp_path / "m.onnx").graph.initializer}
        largest[vnni] = int(np.abs(onnx.numpy_helper.to_array(tensors["y/conv.weight_quantized"]).astype(int)).max())
    assert largest[True] > 100 and largest[False] <= 64


def test_what_loses_too_much_is_not_written(home: Path, tmp_path: Path) -> None:
    net, weights, data = losing(tmp_path / "data")
    with pytest.raises(Fault, match=r"accuracy of output y goes from 100\.0000% to .*, by more than 0\.005") as caught:
        net.compile(tmp_path / "m.onnx", weights, int8=data)
    assert caught.value.code == "N610" and not (tmp_path / "m.onnx").exists() and not list((home / "tmp").iterdir())
    net.compile(tmp_path / "m.onnx", weights, int8=data, lose=1)
    with pytest.raises(Fault, match="has weights of 8 bits, which do not train"):
        model_weights(tmp_path / "m.onnx", {})
    assert open_model(tmp_path / "m.onnx", "cpu").metadata["net"] == "Losing"


def test_what_has_no_accuracy_is_judged_by_its_loss(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    rng = np.random.default_rng(0)
    for part in ("train", "test"):
        np.savez(tmp_path / "data" / f"{part}.npz", x=rng.standard_normal((30, 6)).astype(np.float32))
    net, told = loads(CODER), list[str]()
    almost = {"y/dense.weight": np.eye(6, dtype=np.float32) * 0.999, "y/dense.bias": np.zeros(6, np.float32)}
    with pytest.raises(Fault, match=r"the loss of output y goes from .*, by more than 0\.005 of it") as caught:
        net.compile(tmp_path / "m.onnx", almost, int8=tmp_path / "data")
    assert caught.value.code == "N610"
    net.compile(tmp_path / "m.onnx", net.initial(), int8=tmp_path / "data", lose=0.5, tell=told.append)
    assert told[-1].startswith("y: loss ")


def test_what_judges_does_not_calibrate(tmp_path: Path) -> None:
    data = figures(tmp_path / "data", 60, (1, 12, 12))
    (data / "test.npz").unlink()
    net, told = loads(SPEC.replace("scale(1 / 255)", "scale(1 / 255)\n validate: 0.25")), list[str]()
    net.compile(tmp_path / "m.onnx", int8=data, lose=1, held_out_by=3, tell=told.append)
    judged = next(line for line in told if line.startswith("judged"))
    assert judged.endswith("examples: what the run held out of the training set")
    count = int(judged.split()[2])
    assert 0 < count < 60 and told[0].startswith(f"calibrated on {60 - count} of {60 - count} training")


def test_data_without_a_training_part(tmp_path: Path) -> None:
    data = figures(tmp_path / "data", 12, (1, 12, 12))
    (data / "train.npz").unlink()
    with pytest.raises(Fault, match="holds no train data"):
        loads(SPEC).compile(tmp_path / "m.onnx", int8=data)


def test_what_does_not_fit_is_told_before_calibrating(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = figures(tmp_path / "data", 12, (1, 12, 12))
    with np.load(data / "test.npz") as found:
        arrays = dict(found)
    np.savez(data / "test.npz", **{**arrays, "y": arrays["y"] + 50})
    monkeypatch.setattr("onnxruntime.quantization.quantize_static", lambda *given, **more: pytest.fail("calibrated"))
    with pytest.raises(Fault):
        loads(SPEC).compile(tmp_path / "m.onnx", int8=data)


def test_a_full_disk_leaves_nothing(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = figures(tmp_path / "data", 12, (1, 12, 12))

    def full(*given: object, **more: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("onnxruntime.quantization.quantize_static", full)
    with pytest.raises(Trouble, match="the temporary folder cannot be used: no space left on device"):
        loads(SPEC).compile(tmp_path / "m.onnx", int8=data)
    monkeypatch.setattr("onnxruntime.quantization.quantize_static", _interrupted)
    with pytest.raises(KeyboardInterrupt):
        loads(SPEC).compile(tmp_path / "m.onnx", int8=data)
    assert not (tmp_path / "m.onnx").exists() and not list((home / "tmp").iterdir())


def _interrupted(*given: object, **more: object) -> None:
    raise KeyboardInterrupt


def test_a_process_that_is_ended_in_the_quantiser_leaves_nothing(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ended(*given: object, **more: object) -> None:
        with tempfile.TemporaryDirectory(prefix="ort.quant."):
            assert list((home / "tmp").rglob("ort.quant.*"))
            remove_unfinished()  # as the signals' thread does before it ends the process
            assert not list((home / "tmp").iterdir())
            raise KeyboardInterrupt

    monkeypatch.setattr("onnxruntime.quantization.quantize_static", ended)
    with pytest.raises(KeyboardInterrupt):
        loads(SPEC).compile(tmp_path / "m.onnx", int8=figures(tmp_path / "data", 12, (1, 12, 12)))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("--int8", "--calibrate DATA"),
        ("--calibrate data", "--calibrate is for --int8"),
        ("--lose 0.1", "--lose is for --int8"),
        ("--int8 --calibrate data --lose 2", "--lose takes a share from 0 to 1"),
        ("--int8 --calibrate data --lose nan", "--lose takes a share from 0 to 1"),
        ("--int8 --calibrate data --float16", "choose one"),
        ("--opset 3", "in opset 3: it can in 13 to "),
        ("--int8 --calibrate nothing", "nothing does not exist"),
    ],
)
def test_options_that_do_not_go_together(
    options: str, words: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("s.net").write_text(SPEC)
    figures(Path("data"), 6, (1, 12, 12))
    assert main(["compile", "s.net", "-o", "m.onnx", *shlex.split(options)]) == 2
    assert words in capfd.readouterr().err and not Path("m.onnx").exists()


@pytest.mark.parametrize(
    ("before", "after", "lose", "sound"),
    [
        (990, 985, 0.005, True),  # the difference of the shares is above it by a rounding
        (990, 984, 0.005, False),
        (985, 990, 0, True),
        (990, 989, 0, False),
    ],
)
def test_how_much_accuracy_may_be_lost(before: int, after: int, lose: float, sound: bool) -> None:
    first, then = (Evaluation({"y": Score(1.0, right, 1000)}, {}) for right in (before, after))
    if sound:
        _compare(first, then, Form(lose=lose))
        return
    with pytest.raises(Fault, match=f"by more than {lose:g}"):
        _compare(first, then, Form(lose=lose))


def test_a_loss_that_is_no_number_is_too_much() -> None:
    first, then = (Evaluation({"y": Score(total)}, {}) for total in (1.0, float("nan")))
    with pytest.raises(Fault, match="to nan"):
        _compare(first, then, Form(lose=1))


def test_python_refuses_what_the_command_does(tmp_path: Path) -> None:
    for wrong in ({"float16": True}, {"lose": -0.1}):
        with pytest.raises(ValueError, match=r"float16|lose"):
            loads(SPEC).compile(tmp_path / "m.onnx", int8=tmp_path, **wrong)
