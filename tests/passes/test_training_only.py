"""Each numbered rule of `drop_training_only`."""

from __future__ import annotations

import numpy as np

from netspec.passes.training_only import drop_training_only
from netspec.weights import Model
from tests.agreement import sound, weights_for


def dropped(body: str) -> Model:
    """The net after the pass, its weights random."""
    graph = sound(f"netspec 1\nnet A {{\ninput x: 2\n{body}\n}}\n")
    return drop_training_only(Model(graph, weights_for(graph))).check()


HEADS = "a = x -> dense(3) -> relu\noutput y = a -> dense(2)\noutput h (train, weight: 0.3) = a -> dense(4) -> relu"


def test_1_auxiliary_heads_go_with_all_that_only_they_need() -> None:
    model = dropped(HEADS)
    assert [node.name for node in model.graph.nodes] == ["a/dense", "a/relu", "y/dense"]
    assert [output.name for output in model.graph.outputs] == ["y"]


def test_1_what_the_outputs_need_too_stays() -> None:
    model = dropped("a = x -> dense(3)\noutput h (train) = a -> relu\noutput y = a -> relu")
    assert [node.name for node in model.graph.nodes] == ["a/dense", "y/relu"]


def test_2_dropout_is_passed_by() -> None:
    model = dropped("a = x -> dropout\noutput y = a -> dense(2) -> dropout(0.3)")
    assert [node.name for node in model.graph.nodes] == ["y/dense"]
    assert model.graph.nodes[0].inputs == ("x",)
    assert model.graph.outputs[0].value == "y/dense"


def test_3_weights_that_nothing_reads_go_and_others_stay_as_they_are() -> None:
    graph = sound(f"netspec 1\nnet A {{\ninput x: 2\n{HEADS}\n}}\n")
    weights = weights_for(graph)
    model = drop_training_only(Model(graph, weights))
    assert sorted(model.weights) == ["a/dense.bias", "a/dense.weight", "y/dense.bias", "y/dense.weight"]
    for path, array in model.weights.items():
        np.testing.assert_array_equal(array, weights[path])
