"""Dense layers as convolutions: the same numbers, in the engine and in ONNX, and a map for larger pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from netspec.diagnostics import Fault
from netspec.net import load

SPECS = Path(__file__).parents[2] / "specs"
HEAD = "netspec 1\nnet A {\n input x: 2 x 6 x 6\n output y = x -> conv(3, 3) -> "


def test_same_numbers_and_a_map_of_answers(tmp_path: Path) -> None:
    net = load(SPECS / "lenet5.net")
    weights, rng = net.initial(), np.random.default_rng(0)
    wide = net.to_convolutional()
    turned = wide.reshaped(weights)
    small = rng.standard_normal((3, 1, 32, 32), dtype=np.float32)
    np.testing.assert_allclose(wide.values(turned, small)["digit"][:, :, 0, 0], net.values(weights, small)["digit"], rtol=1e-4, atol=1e-6)
    large = rng.standard_normal((1, 1, 40, 44), dtype=np.float32)
    answers = wide.values(turned, large)["digit"]
    assert answers.shape == (1, 10, 3, 4)
    np.testing.assert_allclose(answers[..., 2, 3], net.values(weights, large[..., 8:, 12:])["digit"], rtol=1e-4, atol=1e-6)
    wide.compile(tmp_path / "wide.onnx", turned)
    session = onnxruntime.InferenceSession(tmp_path / "wide.onnx", providers=["CPUExecutionProvider"])
    np.testing.assert_allclose(session.run(None, {"image": large})[0], answers, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("tail", ["flatten -> dense(4) -> dense(2)", "global_avgpool -> dense(2)", "dense(4) -> norm -> relu -> dense(2)"])
def test_flatten_goes_and_the_numbers_stay(tail: str, tmp_path: Path) -> None:
    (tmp_path / "a.net").write_text(f"{HEAD}{tail}\n}}\n")
    net = load(tmp_path / "a.net")
    weights, x = net.initial(), np.random.default_rng(0).standard_normal((2, 2, 6, 6), dtype=np.float32)
    wide = net.to_convolutional()
    found = wide.values(wide.reshaped(weights), x)["y"].reshape(2, 2)
    np.testing.assert_allclose(found, net.values(weights, x)["y"], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("tail", ["rbf(3)", "reshape(4 x 3 x 4) -> dense(2)"])
def test_what_has_no_form_is_told(tail: str, tmp_path: Path) -> None:
    (tmp_path / "a.net").write_text(f"{HEAD}{tail}\n}}\n")
    with pytest.raises(Fault, match="no form as a convolution"):
        load(tmp_path / "a.net").to_convolutional()


def test_features_of_a_named_value_and_of_a_layer() -> None:
    net = load(SPECS / "lenet5.net")
    x = np.zeros((2, 1, 32, 32), dtype=np.float32)
    assert net.features("C5").values(net.initial(), x)["C5"].shape == (2, 120, 1, 1)
    assert net.features("S2/subsample").values(net.initial(), x)["S2/subsample"].shape == (2, 6, 14, 14)
    with pytest.raises(Fault, match="no value C9"):
        net.features("C9")
