"""The forms of a convolution's gradients: each beside sums in double precision, and which one is taken."""

from __future__ import annotations

from itertools import product
from math import prod
from typing import Any

import numpy as np
import pytest

from netspec.interop.gradients.forms import INPUT, KERNEL
from netspec.interop.gradients.sliding import NAMES, Choices, Met, Sliding, possible, usual
from netspec.interop.gradients.trials import trial
from netspec.interop.train_step import train_step
from netspec.passes import lower_tables
from tests.engine.nets import meaning
from tests.interop.steps import by_gradients, gradients, off, sample, session, stepped

#: Sizes that are all different; the last rows of "short" are reached by no position.
SHAPES = {
    "plain": Sliding((3, 7, 6), (4, 5, 4), (3, 3), (1, 1), (1, 1), (0, 0), (0, 0), 1),
    "padded": Sliding((3, 7, 6), (4, 7, 6), (3, 3), (1, 1), (1, 1), (1, 1), (1, 1), 1),
    "strided": Sliding((2, 8, 9), (5, 3, 5), (3, 2), (3, 2), (1, 1), (1, 0), (0, 1), 1),
    "dilated": Sliding((2, 9, 8), (3, 7, 4), (2, 3), (1, 1), (2, 2), (0, 0), (0, 0), 1),
    "grouped": Sliding((6, 5, 6), (4, 5, 7), (3, 2), (1, 1), (1, 1), (1, 1), (1, 1), 2),
    "depthwise": Sliding((3, 6, 4), (3, 3, 2), (2, 2), (2, 2), (1, 1), (0, 0), (0, 0), 3),
    "pointwise": Sliding((3, 4, 5), (6, 4, 5), (1, 1), (1, 1), (1, 1), (0, 0), (0, 0), 1),
    "uneven": Sliding((2, 5, 6), (3, 6, 6), (4, 3), (1, 1), (1, 1), (1, 2), (3, 0), 1),
    "short": Sliding((2, 8, 7), (3, 3, 3), (3, 2), (2, 2), (1, 1), (0, 0), (0, 0), 1),
    "line": Sliding((2, 11), (3, 5), (3,), (2,), (1,), (1,), (0,), 1),
    "space": Sliding((2, 4, 5, 3), (3, 3, 5, 2), (2, 1, 2), (1, 1, 1), (1, 1, 1), (0, 0, 0), (0, 0, 0), 1),
}  # fmt: skip
BATCH = 2


def _taps(at: Sliding, wide: Any) -> Any:
    """Each tap with the part of padded ``wide`` that it sees: a view, to add to as well."""
    for tap in product(*map(range, at.kernel)):
        cut = tuple(
            slice(place * apart, place * apart + (n - 1) * s + 1, s)
            for place, apart, n, s in zip(tap, at.dilations, at.narrow[1:], at.strides, strict=True)
        )
        yield tap, wide[(slice(None), slice(None), *cut)]


def _right(of: str, at: Sliding, a: Any, b: Any) -> Any:
    """The gradient as its sums are written."""
    maps, outs = at.maps, at.narrow[0] // at.group
    pads = [(0, 0), (0, 0), *zip(at.before, at.behind, strict=True)]
    groups = [(slice(g * maps, (g + 1) * maps), slice(g * outs, (g + 1) * outs)) for g in range(at.group)]
    summed = [0, *range(2, 2 + at.rank)]
    if of == "kernel":
        wide, found = np.pad(a, pads), np.zeros((at.narrow[0], maps, *at.kernel))
        for tap, seen in _taps(at, wide):
            for i, o in groups:
                found[(o, slice(None), *tap)] = np.tensordot(b[:, o], seen[:, i], (summed, summed))
        return found
    wide = np.pad(np.zeros((BATCH, *at.wide)), pads)
    for tap, seen in _taps(at, wide):
        for i, o in groups:
            seen[:, i] += np.einsum("no...,oi->ni...", a[:, o], b[(o, slice(None), *tap)])
    return wide[(slice(None), slice(None), *(slice(p, p + n) for p, n in zip(at.before, at.wide[1:], strict=True)))]


@pytest.mark.parametrize(
    ("of", "name"), [(of, name) for of in NAMES for name, at in SHAPES.items() if of == "input" or not any(at.over)]
)
def test_all_forms_give_the_sums(of: str, name: str) -> None:
    at, rng = SHAPES[name], np.random.default_rng(2)
    for form in possible(of, at):
        opened = session(trial(Met(of, at, form), form, BATCH))
        a, b = (rng.standard_normal(value.shape) for value in opened.get_inputs())
        (found,) = opened.run(None, {"a": a.astype(np.float32), "b": b.astype(np.float32)})
        assert off(found, _right(of, at, a, b)) < 2e-6, form


def test_each_name_has_its_form() -> None:
    assert set(NAMES["kernel"]) == KERNEL.keys() and set(NAMES["input"]) == INPUT.keys()
    assert SHAPES["short"].over == [1, 1]
    assert all(set(possible("kernel", at)) == KERNEL.keys() for at in SHAPES.values())
    turns = {name for name, at in SHAPES.items() if "turned" in possible("input", at)}
    assert turns == {"plain", "padded", "dilated", "grouped", "pointwise", "uneven", "space"}


def test_what_is_taken_where_nothing_was_measured() -> None:
    def conv(i: int, o: int, size: int, kernel: int, pad: int, group: int = 1) -> Sliding:
        after = size + 2 * pad - kernel + 1
        return Sliding((i, size, size), (o, after, after), (kernel,) * 2, (1,) * 2, (1,) * 2, (pad,) * 2, (pad,) * 2,
                       group)  # fmt: skip

    assert usual("kernel", conv(16, 16, 32, 3, 1)) == "columns"
    assert usual("kernel", conv(512, 512, 7, 3, 1)) == "product"
    assert usual("kernel", conv(6, 16, 14, 5, 0)) == "convolution"
    assert usual("kernel", conv(8, 8, 14, 3, 1, 8)) == "convolution"
    assert usual("input", conv(16, 16, 32, 3, 1)) == "turned"
    assert usual("input", conv(6, 16, 14, 5, 0)) == "transposed"
    assert possible("kernel", conv(512, 512, 7, 3, 1))[0] == "product"


def test_a_form_that_a_shape_cannot_have_is_passed_over() -> None:
    strided, plain = SHAPES["strided"], SHAPES["plain"]
    choices = Choices({f"input {strided.key}": "turned", f"kernel {plain.key}": "taps", "kernel other": "magic"})
    assert choices.of("input", strided) == "transposed"
    assert choices.of("kernel", plain) == "taps"
    assert choices.forms == {f"input {strided.key}": "transposed", f"kernel {plain.key}": "taps"}


BODY = """netspec 1
net A {
    input x: 2 x 9 x 8
    a = x -> conv(4, 3, stride: 2) -> tanh -> conv(4, 3, pad: 1, groups: 2) -> tanh
    output y = a -> deconv(3, 3, stride: 2) -> tanh -> conv(2, 2) -> dense(3) -> softmax
}
"""


@pytest.mark.parametrize("kernel", NAMES["kernel"])
def test_a_net_has_the_same_gradients_in_every_form(kernel: str) -> None:
    spec = meaning(BODY)
    train, first = by_gradients(spec.train), Choices()
    rng = np.random.default_rng(0)
    weights = {path: rng.standard_normal(weight.shape) * 0.5 for path, weight in spec.graph.weights.items()}
    usual = train_step(spec.graph, train, lower_tables, {}, choices=first)
    given = {key: kernel if met.of == "kernel" else possible("input", met.at)[-1] for key, met in first.met.items()}
    chosen = Choices(given)
    other = train_step(spec.graph, train, lower_tables, {}, choices=chosen)
    assert chosen.forms == given and {met.of for met in first.met.values()} == {"kernel", "input"}
    ours, theirs = (gradients(stepped(session(proto), weights, sample(spec.graph, train), 0.1))
                    for proto in (usual, other))  # fmt: skip
    assert ours.keys() == theirs.keys() and all(off(theirs[path], array) < 2e-6 for path, array in ours.items())
    assert sum(prod(array.shape) for array in ours.values()) == spec.graph.parameters()
