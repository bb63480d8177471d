"""A test set through a model: losses and right answers against plain NumPy, for examples, positions and outputs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import helper as h

from netspec.data.arrays import Examples
from netspec.data.scores import Logits
from netspec.diagnostics import Fault
from netspec.runtime.evaluate import Evaluation, evaluate
from netspec.runtime.session import Session, open_model
from tests.runtime.models import model, tensor

PLAIN: dict[str, Any] = {"classes": None, "prepare": [], "test": None}
CLASSES = 5


def session(*nodes: Any, outputs: dict[str, tuple[str, str | None]], shape: tuple[Any, ...] = (CLASSES,)) -> Session:
    """A model of an input x; ``outputs`` by name with their end and loss."""
    about = {
        "version": 1,
        "data": PLAIN,
        "outputs": {name: {"end": end, "loss": loss} for name, (end, loss) in outputs.items()},
    }
    given = [tensor(name, ["N", *shape]) for name in outputs]
    content = model(list(nodes), [tensor("x", ["N", *shape])], given, told=about)
    return open_model(Path("a.onnx"), "cpu", content)


def data(count: int, *shape: int) -> np.ndarray[Any, Any]:
    return np.random.default_rng(count).standard_normal((count, *shape)).astype(np.float32)


def scored(found: Session, logits: dict[str, Logits] | None = None, **arrays: Any) -> Evaluation:
    return evaluate(found, Examples(arrays), logits or {})


def softmax(z: np.ndarray[Any, Any], axis: int = 1) -> np.ndarray[Any, Any]:
    e = np.exp(z.astype(np.float64) - z.max(axis=axis, keepdims=True))
    return np.asarray(e / e.sum(axis=axis, keepdims=True))


SAME = h.make_node("Identity", ["x"], ["y"])
SOFTMAX = h.make_node("Softmax", ["x"], ["y"], axis=1)


@pytest.mark.parametrize("count", [1, 31, 32, 33, 257])
def test_cross_entropy_and_the_right_answers(count: int) -> None:
    x, labels = data(count, CLASSES), np.arange(count) % CLASSES
    found = scored(session(SOFTMAX, outputs={"y": ("softmax", "cross_entropy")}), x=x, y=labels)
    score = found.scores["y"]
    assert score.loss == pytest.approx(-np.log(softmax(x)[np.arange(count), labels]).mean(), rel=1e-5)
    assert (score.right, score.count) == (int((x.argmax(axis=1) == labels).sum()), count)
    assert (found.from_probabilities, found.unscored) == (("y",), {})


def test_from_the_value_before_the_softmax_a_loss_is_true_however_large() -> None:
    x, labels = 1000 * data(20, CLASSES), np.zeros(20, int)
    found = session(
        h.make_node("Identity", ["x"], ["z"]), SOFTMAX, outputs={"y": ("softmax", "cross_entropy"), "z": ("", None)}
    )
    by_logits = scored(found, {"y": Logits("z", "softmax")}, x=x, y=labels)
    z = x.astype(np.float64)
    expected = (z.max(axis=1) - z[:, 0] + np.log(np.exp(z - z.max(axis=1, keepdims=True)).sum(axis=1))).mean()
    assert by_logits.scores["y"].loss == pytest.approx(expected, rel=1e-5)
    assert expected > 500  # what a probability of float32 cannot say
    assert by_logits.from_probabilities == ()
    assert set(by_logits.unscored) <= {"z"}


@pytest.mark.parametrize(
    ("loss", "formula"),
    [("mse", lambda y, t: ((y - t) ** 2).mean()), ("mae", lambda y, t: np.abs(y - t).mean())],
)
def test_distances(loss: str, formula: Any) -> None:
    x, wanted = data(40, CLASSES), data(41, CLASSES)[:40]
    score = scored(session(SAME, outputs={"y": ("dense", loss)}), x=x, y=wanted).scores["y"]
    assert score.loss == pytest.approx(formula(x.astype(np.float64), wanted.astype(np.float64)), rel=1e-5)
    assert score.accuracy is None


def test_hinge_as_its_paper_has_it() -> None:
    x, labels = data(25, CLASSES), np.arange(25) % CLASSES
    score = scored(session(SAME, outputs={"y": ("dense", "hinge")}), x=x, y=labels).scores["y"]
    y = x.astype(np.float64)
    total = 0.0
    for row, label in zip(y, labels, strict=True):
        total += sum(max(0.0, 1 + row[n] - row[label]) for n in range(CLASSES) if n != label)
    assert score.loss == pytest.approx(total / 25 / CLASSES, rel=1e-5)
    assert score.right == int((y.argmax(axis=1) == labels).sum())


def test_yes_and_no_of_each_unit() -> None:
    x, wanted = data(30, CLASSES), (data(31, CLASSES)[:30] > 0).astype(np.float32)
    node = h.make_node("Sigmoid", ["x"], ["y"])
    score = scored(session(node, outputs={"y": ("sigmoid", "binary_cross_entropy")}), x=x, y=wanted).scores["y"]
    p = 1 / (1 + np.exp(-x.astype(np.float64)))
    assert score.loss == pytest.approx(-(wanted * np.log(p) + (1 - wanted) * np.log(1 - p)).mean(), rel=1e-5)
    assert (score.right, score.count) == (int(((p > 0.5) == (wanted > 0.5)).sum()), 30 * CLASSES)


def test_a_map_of_answers_is_scored_at_every_position_or_by_its_mean() -> None:
    x, labels = data(8, CLASSES, 3, 2), np.arange(8 * 6).reshape(8, 3, 2) % CLASSES
    found = session(SOFTMAX, outputs={"y": ("softmax", "cross_entropy")}, shape=(CLASSES, 3, 2))
    p = softmax(x)
    each = scored(found, x=np.moveaxis(x, 1, -1), y=labels).scores["y"]
    assert each.count == 8 * 6
    assert each.right == int((p.argmax(axis=1) == labels).sum())
    of_labels = np.take_along_axis(p, labels[:, None], axis=1)
    assert each.loss == pytest.approx(-np.log(of_labels).mean(), rel=1e-5)
    one = labels[:, 0, 0]
    mean = scored(found, x=np.moveaxis(x, 1, -1), y=one).scores["y"]
    q = p.mean(axis=(2, 3))  # the mean of probabilities, not of their logarithms
    assert (mean.count, mean.right) == (8, int((q.argmax(axis=1) == one).sum()))
    assert mean.loss == pytest.approx(-np.log(q[np.arange(8), one]).mean(), rel=1e-5)


def test_an_example_that_is_no_number_is_wrong_and_counted() -> None:
    x, labels = data(10, CLASSES), np.zeros(10, int)
    x[:, 0] += 10  # all are right
    x[3, 2] = np.nan
    score = scored(session(SAME, outputs={"y": ("dense", "hinge")}), x=x, y=labels).scores["y"]
    assert (score.right, score.count, score.broken) == (9, 10, 1)


def test_each_output_has_its_own_and_one_without_a_loss_or_data_is_named() -> None:
    nodes = [
        SOFTMAX,
        h.make_node("Neg", ["x"], ["u"]),
        h.make_node("Abs", ["x"], ["v"]),
        h.make_node("Exp", ["x"], ["w"]),
    ]
    found = session(
        *nodes,
        outputs={
            "y": ("softmax", "cross_entropy"),
            "u": ("dense", "mse"),
            "v": ("dense", None),
            "w": ("dense", "hinge"),
        },
    )
    x = data(9, CLASSES)
    result = scored(found, x=x, y=np.zeros(9, int), u=-x)
    assert set(result.scores) == {"y", "u"}
    assert result.scores["u"].loss == 0
    assert dict(result.unscored) == {"v": "it has no loss", "w": "the data has nothing for it"}


def test_what_says_to_be_a_probability_and_is_none_is_refused() -> None:
    with pytest.raises(Fault) as caught:
        scored(session(SAME, outputs={"y": ("softmax", "cross_entropy")}), x=data(5, CLASSES), y=np.zeros(5, int))
    assert caught.value.code == "N726"


@pytest.mark.parametrize(("loss", "code"), [(None, "N708"), ("hinge", "N707")])
def test_nothing_to_score_is_an_error(loss: str | None, code: str) -> None:
    with pytest.raises(Fault) as caught:
        scored(session(SAME, outputs={"y": ("dense", loss)}), x=data(2, CLASSES))
    assert caught.value.code == code


def test_an_output_of_the_inputs_shape_is_held_against_the_input() -> None:
    x = data(6, CLASSES)
    half = session(h.make_node("Mul", ["x", "x"], ["y"]), outputs={"y": ("dense", "mse")})
    expected = ((x.astype(np.float64) ** 2 - x) ** 2).mean()
    assert scored(half, x=x).scores["y"].loss == pytest.approx(expected, rel=1e-5)
