"""Random examples: pictures with the spectrum of natural ones through a preparation, units from N(0, 1)."""

from __future__ import annotations

import numpy as np
import pytest

from netspec.data.drawn import drawn
from netspec.net import loads


def examples(prepare: str, shape: tuple[int, ...], count: int = 6, seed: int = 0) -> np.ndarray:
    sizes = " x ".join(map(str, shape))
    net = loads(f"netspec 1\nnet A {{\n input x: {sizes}\n output y = x -> relu\n}}\ndata {{ {prepare} }}\n")
    return drawn(net.data, shape, count, np.random.default_rng(seed))


def test_pictures_are_bytes_that_go_through_the_preparation() -> None:
    x = examples("prepare: scale(1 / 255)", (3, 32, 48))
    assert x.shape == (6, 32, 48, 3) and x.dtype == np.float32
    bytes_ = x * 255
    assert np.allclose(bytes_, np.round(bytes_), atol=1e-3) and bytes_.min() >= 0 and bytes_.max() <= 255
    assert bytes_.mean() == pytest.approx(128, abs=8) and bytes_.std() == pytest.approx(60, abs=8)


def test_neighbours_are_alike_as_in_natural_pictures() -> None:
    x = examples("prepare: scale(1)", (1, 64, 64)).astype(np.float64)[..., 0]
    one, eight = (((x[:, shift:] - x[:, :-shift]) ** 2).mean() / (2 * x.var()) for shift in (1, 8))
    assert one < 0.35 and one < eight / 1.5


def test_what_is_measured_is_measured_on_them_and_augmentation_is_done() -> None:
    x = examples("prepare: resize(short: 40) -> augment -> subtract(mean)\n augment: random_crop(32)", (3, 32, 32))
    assert x.shape == (6, 32, 32, 3)
    assert abs(x.mean()) < 12 and x.std() > 40


def test_a_grey_picture_may_be_read_as_units() -> None:
    assert examples("prepare: grayscale -> scale(1 / 255)", (784,)).shape == (6, 784)
    assert examples("prepare: grayscale -> scale(1 / 255)", (784,)).min() >= 0


@pytest.mark.parametrize("shape", [(7,), (1, 500)])
def test_units_and_signals_are_normal(shape: tuple[int, ...]) -> None:
    x = examples("prepare: scale(1 / 32768)", shape, 2000)
    assert x.shape == (2000, *shape[1:], shape[0])
    assert x.mean() == pytest.approx(0, abs=0.05) and x.std() == pytest.approx(1, abs=0.05)


def test_clips_are_pictures_too() -> None:
    x = examples("prepare: subtract(mean)", (3, 4, 16, 16))
    assert x.shape == (6, 4, 16, 16, 3) and x.std() > 40


def test_the_generator_says_all() -> None:
    first, again, other = (examples("prepare: scale(1)", (1, 8, 8), seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first, again) and not np.array_equal(first, other)
