"""How weights start, by the formulas of their papers, and what belongs to a net.

He et al. 2015: N(0, 2 / fan-in). LeCun et al. 1998: N(0, 1 / fan-in).
Glorot, Bengio 2010: U(-a, a), a² = 6 / (fan-in + fan-out).
"""

from __future__ import annotations

from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netspec.diagnostics import Fault
from netspec.net import Net, load
from netspec.weights import Model, count, fit

#: A layer over an input, the connections that enter and leave one of its units, as the papers count them.
LAYERS = {
    "dense": ("200", "dense(200, {})", 200, 200),
    "conv": ("40 x 6 x 6", "conv(100, 3, {})", 40 * 9, 100 * 9),
    "conv of groups": ("40 x 6 x 6", "conv(400, 3, groups: 4, {})", 10 * 9, 100 * 9),
    "depthwise": ("4000 x 4 x 4", "conv(4000, 3, groups: 4000, {})", 9, 9),
    "sparse dense": ("400", "dense(400, table: t, {})", 100, 100),
}
#: Mean square and bound of what is drawn; None where there is no bound.
RULES = {
    "he": (lambda a, b: 2 / a, lambda a, b: None),
    "lecun": (lambda a, b: 1 / a, lambda a, b: None),
    "xavier": (lambda a, b: 2 / (a + b), lambda a, b: sqrt(6 / (a + b))),
    "uniform(0.3)": (lambda a, b: 0.3**2 / 3, lambda a, b: 0.3),
    "gaussian(0.02)": (lambda a, b: 0.02**2, lambda a, b: None),
}


#: Each output of the table has a quarter of the 400 inputs.
TABLE = "    sparse table t: 400 -> 400 = groups(4)\n"


def net(folder: Path, inputs: str, layer: str) -> Net:
    path = folder / "a.net"
    table = TABLE if "table: t" in layer else ""
    path.write_text(
        f"netspec 1\nnet A {{\n    input x: {inputs}\n{table}    output y = x -> {layer}\n}}\n", encoding="utf-8"
    )
    return load(path)


#: The contract says what the fan-in of a table is, and nothing of its fan-out.
CASES = [(layer, rule) for layer in LAYERS for rule in RULES if (layer, rule) != ("sparse dense", "xavier")]


@pytest.mark.parametrize(("layer", "rule"), CASES)
def test_the_papers_formula(layer: str, rule: str, tmp_path: Path) -> None:
    inputs, text, fan_in, fan_out = LAYERS[layer]
    weights = net(tmp_path, inputs, text.format(f"init: {rule}")).initial(1)
    drawn = next(array for path, array in weights.items() if path.endswith(".weight")).astype(np.float64).ravel()
    square, bound = (each(fan_in, fan_out) for each in RULES[rule])
    assert drawn.size >= 30_000
    # 4 deviations: of a mean of n they are 4 σ / √n, of a mean square at most 4 √(2 / n) of it
    assert abs(drawn.mean()) < 4 * sqrt(square / drawn.size)
    assert (drawn**2).mean() == pytest.approx(square, rel=4 * sqrt(2 / drawn.size))
    if bound is None:  # a normal distribution: 4.55 % lie beyond two deviations
        assert (np.abs(drawn) > 2 * sqrt(square)).mean() == pytest.approx(0.0455, abs=0.006)
    else:
        assert 0.999 * bound < np.abs(drawn).max() <= bound * (1 + 1e-6)


def test_biases_start_at_nothing_and_gains_at_one(tmp_path: Path) -> None:
    weights = net(tmp_path, "3 x 5 x 5", "conv(4, 3, bias: true) -> norm").initial(0)
    by_end = {path.rsplit(".", 1)[1]: array for path, array in weights.items() if not path.endswith(".weight")}
    assert all((by_end[name] == 0).all() for name in ("bias", "running_mean"))
    assert all((by_end[name] == 1).all() for name in ("running_var",))
    assert (next(a for path, a in weights.items() if "norm" in path and path.endswith(".weight")) == 1).all()


def test_a_seed_and_a_path_say_all(tmp_path: Path) -> None:
    one = net(tmp_path, "30", "dense(20) -> dense(20) -> dense(20)")
    first, again, other = one.initial(7), one.initial(7), one.initial(8)
    assert all(np.array_equal(first[path], again[path]) for path in first)
    kernels = [path for path in first if path.endswith(".weight")]
    assert not any(np.array_equal(first[path], other[path]) for path in kernels)
    second, third = kernels[1:]
    assert first[second].shape == first[third].shape
    assert not np.array_equal(first[second], first[third])
    longer = net(tmp_path, "30", "dense(20) -> dense(20) -> dense(20) -> dense(5)").initial(7)
    assert all(np.array_equal(first[path], longer[path]) for path in kernels)


def test_all_are_float32_and_counted(tmp_path: Path) -> None:
    weights = net(tmp_path, "3 x 5 x 5", "conv(4, 3) -> dense(2)").initial(0)
    assert {array.dtype for array in weights.values()} == {np.dtype(np.float32)}
    assert count(weights) == (4 * 27 + 4) + (2 * 36 + 2)


def test_codes_of_rbf_are_those_of_the_table(tmp_path: Path) -> None:
    path = tmp_path / "a.net"
    path.write_text(
        """netspec 1
net A {
    input x: 3
    sparse table t: 3 -> 2 {
        X .
        . X
        X X
    }
    output y = x -> rbf(2, codes: t)
}
""",
        encoding="utf-8",
    )
    (codes,) = load(path).initial(0).values()
    assert np.array_equal(codes, [[1, -1, 1], [-1, 1, 1]])  # a row for each unit


def spoiled(change: str, weights: dict[str, Any]) -> dict[str, Any]:
    first = next(iter(weights))
    if change == "missing":
        del weights[first]
    elif change == "another":
        weights["z.weight"] = np.zeros(1, np.float32)
    elif change == "shape":
        weights[first] = weights[first][..., :-1]
    elif change in ("nan", "inf"):
        weights[first].flat[-1] = float(change)
    return weights


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("missing", "is missing (2 x 3)"),
        ("another", "z.weight belongs to no layer"),
        ("shape", "is 2 x 2, and the net has 2 x 3"),
        ("nan", "not finite"),
        ("inf", "not finite"),
    ],
)
def test_weights_of_another_net_are_refused(change: str, told: str, tmp_path: Path) -> None:
    graph = net(tmp_path, "3", "dense(2)").graph
    weights = net(tmp_path, "3", "dense(2)").initial(0)
    fit(graph, weights)
    assert Model(graph, weights).check().weights is weights
    with pytest.raises(Fault, match="weights") as caught:
        fit(graph, spoiled(change, weights))
    assert caught.value.code == "N701"
    assert told in caught.value.message + caught.value.help


def test_all_that_does_not_fit_is_listed_up_to_twenty(tmp_path: Path) -> None:
    graph = net(tmp_path, "3", "dense(2)").graph
    with pytest.raises(Fault) as caught:
        fit(graph, {f"w{i}": np.zeros(1) for i in range(30)})
    lines = caught.value.help.splitlines()
    assert (len(lines), lines[-1]) == (21, "… and 12 more")  # 30 that belong to no layer, and 2 that are missing
