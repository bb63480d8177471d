"""The zoo: every spec is sound, and has its paper's figures, seen through `show --json` as users see them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from netspec.net import load

SPECS = Path(__file__).parents[1] / "specs"
FIGURES: list[tuple[str, dict[str, Any], int]] = [
    ("mlp", {}, 266610),
    ("lenet5", {}, 60850),
    ("lenet5_rbf", {}, 60000),
    ("alexnet", {}, 60965224),
    ("vgg", {"config": "A"}, 132863336),
    ("vgg", {"config": "A-LRN"}, 132863336),
    ("vgg", {"config": "B"}, 133047848),
    ("vgg", {"config": "C"}, 133638952),
    ("vgg", {}, 138357544),
    ("vgg", {"config": "E"}, 143667240),
    ("googlenet", {}, 13378280),
    ("resnet", {"depth": 18}, 11689512),
    ("resnet", {"depth": 34}, 21797672),
    ("resnet", {}, 25557032),
    ("resnet", {"stride_in": 3}, 25557032),
    ("resnet", {"depth": 101}, 44549160),
    ("resnet", {"depth": 152}, 60192808),
    ("resnet", {"depth": 18, "plain": True}, 11515688),
    ("resnet", {"depth": 34, "shortcut": "pad"}, 21623848),
    ("resnet_cifar", {}, 269722),
    ("resnet_cifar", {"n": 9}, 853018),
    ("resnet_cifar", {"n": 18}, 1727962),
    ("resnet_cifar", {"n": 200}, 19421274),
    ("resnext", {}, 25028904),
    ("densenet", {}, 7978856),
    ("densenet", {"growth": 48, "start": 96, "blocks": [6, 12, 36, 24]}, 28681000),
    ("senet", {}, 28088024),
    ("squeezenet", {}, 1248424),
    ("mobilenet_v2", {}, 3504872),
    ("shufflenet", {}, 1865728),
    ("unet", {}, 31030658),
    ("convnext", {}, 28589128),
    ("c3d", {}, 79991015),
    ("deepface", {}, 118923774),
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "parameters", "wanted"), FIGURES, ids=lambda v: str(v))
def test_parameters(name: str, parameters: dict[str, Any], wanted: int) -> None:
    assert load(SPECS / f"{name}.net", **parameters).summary()["parameters"] == wanted


def test_googlenet_deployed_and_alexnet_macs() -> None:
    assert load(SPECS / "googlenet.net").summary()["deployed"]["parameters"] == 6998552
    told = load(SPECS / "alexnet.net").summary()
    # the paper's 650,000 neurons: 55² · 96 + 27² · 256 + 13² · (384 + 384 + 256) + 4096 + 4096 + 1000
    assert (told["macs"], told["units"]) == (724406816, 659272)


def test_a_free_size_gets_a_number() -> None:
    net = load(SPECS / "fcn32s.net")
    assert net.summary()["macs"] is None
    assert net.at({"H": 224, "W": 256}).summary()["outputs"] == {"mask": "21 x 224 x 256"}


@pytest.mark.parametrize("spec", sorted(SPECS.glob("*.net")), ids=lambda p: p.stem)
def test_every_spec_names_its_source_and_is_sound(spec: Path) -> None:
    assert spec.read_text(encoding="utf-8").splitlines()[2].startswith("# ")
    assert not load(spec).problems.errors
