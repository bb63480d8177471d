"""Weights under torchvision's names: every tensor finds its place, or all that does not is named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from netspec.cli import main
from netspec.diagnostics import Fault
from netspec.interop.torch_names import from_torch
from netspec.interop.weight_files import load_weights
from netspec.net import Net, load
from netspec.weights import initial
from tests.agreement import sound

SPECS = Path(__file__).parents[2] / "specs"
NORM = ("weight", "bias", "running_mean", "running_var")


def resnet18_names() -> list[str]:
    """torchvision's names in the order in which the net runs them."""
    names = ["conv1.weight", *(f"bn1.{local}" for local in NORM)]
    for stage in range(1, 5):
        for unit in range(2):
            place = f"layer{stage}.{unit}"
            for n in (1, 2):
                names += [f"{place}.conv{n}.weight", *(f"{place}.bn{n}.{local}" for local in NORM)]
            if stage > 1 and unit == 0:
                names += [f"{place}.downsample.0.weight", *(f"{place}.downsample.1.{local}" for local in NORM)]
    return [*names, "fc.weight", "fc.bias"]


@pytest.fixture(scope="module")
def net() -> Net:
    return load(SPECS / "resnet.net", depth=18)


@pytest.fixture(scope="module")
def tensors(net: Net) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(3)
    drawn = {path: rng.random(weight.shape, dtype=np.float32) for path, weight in net.graph.weights.items()}
    return dict(zip(resnet18_names(), drawn.values(), strict=True))


def test_every_tensor_finds_its_place_whatever_the_order(net: Net, tensors: dict[str, np.ndarray]) -> None:
    mixed = dict(sorted(tensors.items(), key=lambda item: item[0][::-1]))
    counters = {"bn1.num_batches_tracked": np.zeros((), dtype=np.int64)}
    found = from_torch(net.graph, mixed | counters)
    for (name, tensor), path in zip(tensors.items(), net.graph.weights, strict=True):
        np.testing.assert_array_equal(found[path], tensor, err_msg=f"{name} -> {path}")


def test_all_that_does_not_fit_is_named(net: Net, tensors: dict[str, np.ndarray]) -> None:
    wrong = {name: tensor for name, tensor in tensors.items() if name != "fc.bias"} | {
        "more": np.zeros((3, 4), dtype=np.float32)
    }
    with pytest.raises(Fault) as caught:
        from_torch(net.graph, wrong)
    assert (
        "more (3 x 4) has no place" in caught.value.help
        and "label/dense.bias (1000) finds no tensor" in caught.value.help
    )


@pytest.mark.slow
def test_the_command_takes_safetensors_and_npz(tensors: dict[str, np.ndarray], tmp_path: Path) -> None:
    save_file(tensors, tmp_path / "a.safetensors")
    np.savez(tmp_path / "a.npz", **tensors)
    for source in ("a.safetensors", "a.npz"):
        spec, out = SPECS / "resnet.net", tmp_path / f"{source}.out"
        assert main(["weights", "import", str(spec), str(tmp_path / source), "--set", "depth=18", "-o", str(out)]) == 0
        assert load_weights(out)[0].keys() == initial(load(spec, depth=18).graph, 0).keys()


def test_what_would_be_unpickled_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.array([{}], dtype=object))
    (tmp_path / "a.pth").write_bytes(b"\x80\x04.")
    for name in ("a.npz", "a.pth"):
        with pytest.raises(Fault, match="holds no weights") as raised:
            load_weights(tmp_path / name)
        if name == "a.pth":
            assert raised.value.help == (
                "such files can run code when they are read; in PyTorch, "
                '`safetensors.torch.save_file(model.state_dict(), "weights.safetensors")`'
            )


def placed(layers: str, tensors: dict[str, float]) -> dict[str, float]:
    """Where one number each comes to, of one map: by path, from torch's names."""
    graph = sound(f"netspec 1\nnet A {{\ninput x: 1 x 2\noutput y = x -> {layers}\n}}\n")
    arrays = {name: np.full(1, number, dtype=np.float32) for name, number in tensors.items()}
    return {path: float(array.item()) for path, array in from_torch(graph, arrays).items()}


def test_a_norms_gain_is_no_other_gain() -> None:
    norm = {"z.weight": 1, "z.bias": 2, "z.running_mean": 3, "z.running_var": 4}
    found = placed("relu -> norm -> prelu", {"a.weight": 5, **norm})
    assert found == {
        "y/norm.weight": 1,
        "y/norm.bias": 2,
        "y/norm.running_mean": 3,
        "y/norm.running_var": 4,
        "y/prelu.weight": 5,
    }


def test_tensors_of_one_kind_are_taken_by_the_numbers_in_their_names() -> None:
    names = [f"features.{n}.weight" for n in (10, 9, 1, 0, 2, 11)]
    found = placed("(prelu) * 6", {name: float(name.split(".")[1]) for name in names})
    assert list(found.values()) == [0, 1, 2, 9, 10, 11]
    found = placed("(prelu) * 4", {"norm5.weight": 3, "block1.weight": 1, "norm0.weight": 0, "head.weight": 4})
    assert list(found.values()) == [0, 1, 3, 4]  # a name without a number comes last
