"""The claims themselves: each runs, and what is counted in them is counted right."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import netspec
from netspec import Net
from netspec.claims.book import claims, measured
from netspec.claims.claim import Verdict
from netspec.claims.comparing import best_rate, residual_units, side_by_side, steps_until
from netspec.claims.deciding import better
from netspec.claims.lab import NETS, Lab, Learned
from netspec.claims.pictures import Pictures
from netspec.claims.ranking import NETS as RANKED
from netspec.claims.told import (
    alexnet_crops,
    alexnet_units,
    autoencoder_pca,
    ensemble,
    features_alike,
    hopfield_capacity,
    hopfield_energy,
    path_lengths,
    rank_generalisation,
    shared_dense,
    translation,
    vgg_dense,
)
from netspec.data.shipped import specs
from netspec.diagnostics import Fault

LAB = Lab(seeds=(1,))


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder, so that what claims share is measured once."""
    return tmp_path_factory.mktemp("claims")


@pytest.mark.slow
@pytest.mark.parametrize("name", claims())
def test_each_runs(name: str, out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    entry = measured(claims()[name], Lab(seeds=(1,), quick=True), out)
    assert entry["found"] and entry["rows"] and all(len(row) == len(entry["head"]) for row in entry["rows"])
    assert not list(tmp_path.iterdir())  # nothing is written elsewhere


def test_every_net_of_the_claims_is_used() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in NETS.glob("*.py"))
    assert all(f'"{path.stem}"' in text for path in NETS.glob("*.net"))


def test_the_ranked_nets_have_one_budget() -> None:
    counts = [netspec.load(specs() / "rank" / f"{name}.net").parameters for name in RANKED]
    assert {path.stem for path in (specs() / "rank").iterdir()} == set(RANKED)
    middle = (max(counts) + min(counts)) / 2
    assert all(abs(count - middle) <= 0.05 * middle for count in counts)
    assert len({repr(netspec.load(specs() / "rank" / f"{name}.net").data) for name in RANKED}) == 1


# ---- figures of papers


def test_alexnets_figures() -> None:
    units = alexnet_units.measure.measure(LAB)
    assert units.verdict is Verdict.FAILS and units.rows[-1] == ("sum", "622,312", "659,272")
    assert alexnet_crops.counted(224) == 33 * 33 * 2 and alexnet_crops.counted(256) == 2
    dense = vgg_dense.measure.measure(LAB)
    assert dense.verdict is Verdict.HOLDS and "102,760,448 of 138,357,544" in dense.found


def test_a_shared_table_is_a_convolution_to_the_bit() -> None:
    assert shared_dense.measure.measure(Lab(seeds=(1, 2))).verdict is Verdict.HOLDS


@pytest.mark.slow
def test_energy_never_rises() -> None:
    found = hopfield_energy.measure.measure(Lab(seeds=(3,)))
    assert found.verdict is Verdict.HOLDS and len(found.rows) == hopfield_energy.ROUNDS + 1


def test_a_stored_pattern_is_at_rest() -> None:
    pattern = np.array([[1.0, -1, 1, 1, -1]])
    weights = hopfield_capacity.hebb(pattern)
    assert (np.diag(weights) == 0).all() and (weights == weights.T).all()
    assert (np.sign(pattern @ weights) == pattern).all()
    assert hopfield_energy.energies(weights, pattern[0].copy(), np.random.default_rng(0))[-1] == pytest.approx(-0.5 * 4)


def test_all_components_leave_no_error() -> None:
    x = np.random.default_rng(0).standard_normal((30, 5))
    errors = [autoencoder_pca.by_components(x, x, count) for count in range(6)]
    assert errors == sorted(errors, reverse=True) and errors[5] < 1e-20
    assert errors[0] == pytest.approx(x.var(axis=0).mean())


# ---- what is done to pictures, values and weights


def test_a_moved_picture_keeps_its_edge() -> None:
    row = np.arange(5).reshape(1, 1, 5, 1)
    assert translation.moved(row, 2).ravel().tolist() == [0, 0, 0, 1, 2]
    assert translation.moved(row, 0).ravel().tolist() == [0, 1, 2, 3, 4]


def test_the_nearest_are_by_direction() -> None:
    vectors = np.array([[1.0, 0], [5, 0.1], [0, 1], [0.1, 2]])
    assert features_alike.nearest(vectors, 1).ravel().tolist() == [1, 0, 3, 2]
    assert features_alike.same(np.array([[1], [0], [3], [2]]), np.array([0, 0, 1, 2])) == 0.5


def test_steps_until_a_loss() -> None:
    assert steps_until([1.0] * 30 + [0.0] * 30, 0.3) == 44  # 6 of the last 20 are ones
    assert steps_until([1.0] * 30, 0.3) == 30
    runs = [{"losses": [2.0, 1.0, 0.5], "tests": [0.1, 0.2, 0.3]}]
    assert rank_generalisation.at_equal_loss(runs, 1.0) == [0.2] and rank_generalisation.at_equal_loss(runs, 0.1) == [
        0.3
    ]


def learned(accuracy: float, of_test: float) -> Learned:
    return Learned(LAB.net("digits"), [0.1], [0.1], [accuracy], [of_test], {}, LAB.net("digits").data, 0.0)


def test_a_net_that_learned_nothing_decides_nothing() -> None:
    right = {"a": [learned(0.9, 0.9)] * 3, "b": [learned(0.9, 0.5)] * 3}
    assert side_by_side(better, right, "a", "b", 1000) is Verdict.HOLDS
    assert side_by_side(better, right, "b", "a", 1000) is Verdict.FAILS
    stuck = {**right, "b": [learned(0.9, 0.5)] * 2 + [learned(0.1, 0.1)]}
    assert side_by_side(better, stuck, "a", "b", 1000) is Verdict.OPEN


def test_the_rate_is_that_of_the_best_mean_of_the_seeds(monkeypatch: pytest.MonkeyPatch) -> None:
    right = {0.01: (0.5, 0.5), 0.03: (0.9, 0.2), 0.1: (0.4, 0.8), 0.3: None}

    def learn(self: Lab, net: Net, data: Pictures, epochs: int, seed: int, rate: float) -> Learned:
        assert len(data.x) == 80 and len(data.test_x) == 20
        found = right[rate]
        if found is None:
            raise Fault("N704", "diverged")
        return learned(1.0, found[seed - 1])

    monkeypatch.setattr(Lab, "learn", learn)
    x, y = np.zeros((100, 28, 28, 1), np.uint8), np.zeros(100, int)
    lab = Lab(seeds=(1, 2))
    assert best_rate(lab, lab.net("digits"), Pictures(x, y, x, y, 10), tuple(right)) == 0.1


@pytest.mark.parametrize("plain", [False, True])
def test_a_unit_that_is_left_out_hands_its_input_on(plain: bool) -> None:
    net = LAB.net("residual", n=2, plain=plain)
    weights = {path: array + 0.1 for path, array in net.initial(1).items()}
    x = np.random.default_rng(0).standard_normal((2, 1, 28, 28))
    (first, second) = ensemble.units(net)
    assert first.endswith("stage/unit_2") and second.endswith("stage_2/unit_2")
    for unit in (first, second):
        before = net.features(f"{unit.rpartition('_')[0]}/relu")
        names = [node.name for node in net.graph.nodes if node.name.startswith(f"{unit}/") and node.op.name == "relu"]
        behind = net.features(names[-1])
        changed = ensemble.without(weights, unit, plain)
        ours, others = (next(iter(part.values(changed, x).values())) for part in (before, behind))
        np.testing.assert_allclose(ours, others, rtol=1e-4, atol=1e-5)
        assert np.abs(next(iter(behind.values(weights, x).values())) - others).max() > 1e-3


@pytest.mark.slow
def test_a_direction_behind_a_path_is_that_of_a_small_step() -> None:
    net = LAB.net("path_lengths", n=2)
    run = type("Run", (), {"net": net, "weights": net.initial(1)})()
    rng = np.random.default_rng(0)
    x, v = (rng.standard_normal((3, 12, 14, 14)).astype(np.float32) for _ in range(2))
    unit = residual_units(run.weights)[1]
    found = path_lengths.pushed(LAB, run, unit, x, v)
    assert found.shape == v.shape
    np.testing.assert_allclose(path_lengths.pushed(LAB, run, unit, x, -2 * v), -2 * found, rtol=1e-2, atol=1e-3)
    sizes = path_lengths.sizes(LAB, run, rng.standard_normal((3, 1, 28, 28)).astype(np.float32), 1)
    assert len(sizes) == 3 and sizes[0] == 1 and sizes[2] != sizes[1]
