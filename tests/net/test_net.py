"""A net from Python: values at its layers, free sizes, weights in and out of files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import save_file

from netspec.diagnostics import Fault
from netspec.net import Net, load
from netspec.net.evaluation import evaluate

SPEC = """netspec 1
net A {
    input x: 2 x H x 4
    h = x -> conv(3, 1)
    output y = h -> global_avgpool -> dense(2, bias: false)
}
"""


@pytest.fixture
def net(tmp_path: Path) -> Net:
    path = tmp_path / "a.net"
    path.write_text(SPEC, encoding="utf-8")
    return load(path)


def test_values_are_those_of_plain_numpy(net: Net) -> None:
    weights = net.initial(3)
    x = np.random.default_rng(0).standard_normal((5, 2, 6, 4), dtype=np.float32)
    kernel, bias = weights["h/conv.weight"][:, :, 0, 0], weights["h/conv.bias"]
    h = np.einsum("oi,nihw->nohw", kernel, x) + bias[:, None, None]
    (dense,) = (array for path, array in weights.items() if "dense" in path)
    np.testing.assert_allclose(net.values(weights, x)["y"], h.mean(axis=(2, 3)) @ dense.T, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(net.features("h").values(weights, x)["h"], h, rtol=1e-5, atol=1e-5)


def test_a_layer_by_its_path_is_a_feature_and_an_unknown_one_is_told(net: Net) -> None:
    assert net.features("h/conv").graph.outputs[0].value == "h/conv"
    with pytest.raises(Fault) as caught:
        net.features("hh")
    assert (caught.value.code, caught.value.help) == ("N101", "did you mean `h`?")


def test_free_sizes_get_numbers(net: Net) -> None:
    assert net.input_shapes() == {"x": (2, None, 4)}
    assert net.at({"H": 9}).input_shapes() == {"x": (2, 9, 4)}
    with pytest.raises(Fault) as caught:
        net.at({"h": 9})
    assert (caught.value.code, caught.value.help) == ("N703", "did you mean `H`?")


def test_weights_come_from_the_seed_that_is_given_else_the_specs(net: Net) -> None:
    own, other, given = net.initial(), net.initial(12), net.initial(net.train_settings.seed)
    assert np.array_equal(own["h/conv.weight"], given["h/conv.weight"])
    assert not np.array_equal(own["h/conv.weight"], other["h/conv.weight"])


def test_an_average_of_the_weights_takes_their_memory_again(tmp_path: Path) -> None:
    path = tmp_path / "a.net"
    text = "netspec 1\nnet A {\n input x: 300\n output y = x -> dense(400, bias: false)\n}\ntrain { optimizer: sgd(0.1)"
    path.write_text(text + " }\n")
    plain = load(path).training_bytes(4, workers=1)
    path.write_text(text + "\n average: 0.9 }\n")
    more = load(path).training_bytes(4, workers=1) - plain
    assert 4 * 300 * 400 <= more < 1.2 * 4 * 300 * 400


def test_the_batch_that_fits_is_the_largest(net: Net) -> None:
    small = net.at({"H": 8})
    room = small.training_bytes(10, workers=1)
    assert small.training_bytes(11, workers=1) > room
    assert small.largest_batch(room, workers=1) == 10
    assert small.largest_batch(room, workers=1, most=4) == 4
    assert small.largest_batch(100, workers=1) == 0


def test_weights_of_a_file_are_held_against_the_net(net: Net, tmp_path: Path) -> None:
    weights = net.initial(5)
    save_file(weights, tmp_path / "w.safetensors")
    found, data = net.weights_from(tmp_path / "w.safetensors")
    assert all(np.array_equal(found[path], weights[path]) for path in weights)
    assert data == net.data
    weights.popitem()
    save_file(weights, tmp_path / "w.safetensors")
    with pytest.raises(Fault, match="missing"):
        net.weights_from(tmp_path / "w.safetensors")


def test_metadata_says_the_first_output_and_each(net: Net) -> None:
    about = net.metadata(net.data)
    assert (about["version"], about["net"], about["end"]) == (1, "A", "dense")
    assert about["outputs"] == {"y": {"end": "dense", "loss": about["loss"]}}
    assert about["spec"] == SPEC


def test_metadata_leaves_out_what_is_not_deployed(tmp_path: Path) -> None:
    path = tmp_path / "a.net"
    path.write_text(SPEC.replace("}\n", "    output aux (train) = h -> relu\n}\n"), encoding="utf-8")
    found = load(path)
    assert list(found.metadata(found.data)["outputs"]) == ["y"]


PICTURES = """netspec 1
net P {
    input image: 1 x 8 x 8
    output y = image -> conv(2, 3) -> relu -> dense(3) -> softmax
}
data {
    classes: ["ant", "bee", "cat"]
    prepare: grayscale -> resize(8, 8) -> scale(1 / 255)
}
"""


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A net, and a test set of pictures that are larger than it reads."""
    (tmp_path / "p.net").write_text(PICTURES)
    draw = np.random.default_rng(0)
    for part in ("train", "test"):
        for name in ("ant", "bee", "cat"):
            (tmp_path / part / name).mkdir(parents=True)
            for n in range(3):
                Image.fromarray(draw.integers(0, 256, (12, 10), dtype=np.uint8)).save(
                    tmp_path / part / name / f"{n}.png"
                )
    return tmp_path


def test_a_model_that_prepares_pictures_itself_scores_as_one_that_does_not(pictures: Path) -> None:
    net = load(pictures / "p.net")
    weights = {path: 3 * array for path, array in net.initial(1).items()}
    net.compile(pictures / "plain.onnx", weights)
    net.compile(pictures / "raw.onnx", weights, raw_pixels=True)
    plain, raw = (evaluate(pictures / f"{name}.onnx", pictures, "cpu")[1].scores["y"] for name in ("plain", "raw"))
    assert (raw.right, raw.count) == (plain.right, 9)
    assert raw.loss == pytest.approx(plain.loss, rel=1e-5)


def test_a_model_that_prepares_pictures_itself_takes_no_arrays(
    pictures: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    load(pictures / "p.net").compile(pictures / "raw.onnx", raw_pixels=True)
    arrays = tmp_path_factory.mktemp("arrays")
    np.savez(arrays / "test.npz", image=np.zeros((2, 1, 8, 8), np.float32), y=np.zeros(2, int))
    with pytest.raises(Fault, match="prepares pictures itself") as caught:
        evaluate(pictures / "raw.onnx", arrays, "cpu")
    assert caught.value.code == "N707"


def test_answers_to_pictures_from_python(pictures: Path) -> None:
    net = load(pictures / "p.net")
    net.compile(pictures / "p.onnx")
    paths = sorted((pictures / "test").rglob("*.png"))
    rows = net.run([pictures / "test"], pictures / "p.onnx", top=3, device="cpu")
    assert [row.filename for row in rows] == list(map(str, paths))
    picture = np.asarray(Image.open(paths[4]).resize((8, 8), Image.Resampling.BILINEAR), np.float32) / 255
    (answers,) = net.values(net.initial(), picture.reshape(1, 1, 8, 8))["y"]
    assert {label: value for label, _, value in rows[4].answers} == pytest.approx(
        dict(zip(("ant", "bee", "cat"), answers.tolist(), strict=True)), abs=1e-5
    )
