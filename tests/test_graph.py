"""The graph: what it tells of itself, and the rewrites that passes are made of."""

from __future__ import annotations

from dataclasses import replace

import pytest

from netspec.diagnostics import Fault
from netspec.graph import Graph, Node, Output
from netspec.ops import OPERATORS, Cost
from netspec.shape import Free
from tests.elaborate.reading import net

# 3 x 6 x 6 -> (27 + 1) * 4 weights at 16 places, 16 * 4 + 4 at one, 4 * 3 + 3
LINES = """
 share s = conv(4, 1)
 a = image -> conv(4, 3) -> relu
 b = a -> s -> s
 output y = [a, b] -> add -> dense(2)
 output z (train, weight: 0.5) = b -> norm -> dense(3) -> softmax
"""


def graph(image: str = "3 x 6 x 6") -> Graph:
    """A net with two branches, a share and an auxiliary head."""
    return net(LINES, image).graph


def names(found: Graph) -> list[str]:
    return [node.name for node in found.nodes]


def node(found: Graph, name: str) -> Node:
    return next(node for node in found.nodes if node.name == name)


ALL = ["a/conv", "a/relu", "s/conv", "s/conv#2", "y/add", "y/dense", "z/norm", "z/dense", "z/softmax"]


def test_shapes_are_of_inputs_and_nodes() -> None:
    found = graph()
    assert names(found) == ALL
    assert found.shapes == {
        "image": (3, 6, 6), "a/conv": (4, 4, 4), "a/relu": (4, 4, 4), "s/conv": (4, 4, 4), "s/conv#2": (4, 4, 4),
        "y/add": (4, 4, 4), "y/dense": (2,), "z/norm": (4, 4, 4), "z/dense": (3,), "z/softmax": (3,),
    }  # fmt: skip
    assert found.input_shapes(node(found, "y/add")) == [(4, 4, 4), (4, 4, 4)]


def test_users_are_the_nodes_that_read_a_value_each_once() -> None:
    found = graph()
    users = {value: [user.name for user in readers] for value, readers in found.users.items()}
    assert users == {
        "image": ["a/conv"], "a/conv": ["a/relu"], "a/relu": ["s/conv", "y/add"], "s/conv": ["s/conv#2"],
        "s/conv#2": ["y/add", "z/norm"], "y/add": ["y/dense"], "y/dense": [], "z/norm": ["z/dense"],
        "z/dense": ["z/softmax"], "z/softmax": [],
    }  # fmt: skip
    twice = net("output y = [image, image] -> add").graph
    assert [user.name for user in twice.users["image"]] == ["y/add"]


def test_weights_by_path_a_shares_once() -> None:
    found = graph()
    shapes = {path: weight.shape for path, weight in found.weights.items()}
    assert shapes == {
        "a/conv.weight": (4, 3, 3, 3), "a/conv.bias": (4,), "s/conv.weight": (4, 4, 1, 1), "s/conv.bias": (4,),
        "y/dense.weight": (2, 64), "y/dense.bias": (2,), "z/norm.weight": (4,), "z/norm.bias": (4,),
        "z/norm.running_mean": (4,), "z/norm.running_var": (4,), "z/dense.weight": (3, 64), "z/dense.bias": (3,),
    }  # fmt: skip
    assert node(found, "s/conv#2").key("weight") == "s/conv.weight"
    assert sorted(found.local_weights(node(found, "z/norm"))) == ["bias", "running_mean", "running_var", "weight"]


def test_parameters_are_what_is_trained() -> None:
    found = graph()
    assert found.parameters() == 112 + 20 + 130 + 8 + 195
    assert found.parameters([node(found, "s/conv"), node(found, "s/conv#2")]) == 20
    assert found.parameters([]) == 0
    assert found.node_parameters(node(found, "z/norm")) == 8
    assert found.node_parameters(node(found, "a/relu")) == 0
    assert net("output y = image -> dense(2, frozen: true) -> dense(3)").graph.parameters() == 9


def test_fresh_marks_the_first_use_of_a_share() -> None:
    assert [name for name, first in ((node.name, first) for node, first in graph().fresh()) if not first] == [
        "s/conv#2"
    ]


def test_costs_count_every_use() -> None:
    found = graph()
    assert found.cost(node(found, "a/conv")) == Cost(112 * 16, 108 * 16)
    assert found.costs([node(found, "s/conv"), node(found, "s/conv#2")]) == Cost(2 * 20 * 16, 2 * 16 * 16)
    assert found.costs() == Cost(112 * 16 + 640 + 130 + 2 * 64 + 195, 108 * 16 + 512 + 128 + 192)
    assert found.costs([]) == Cost(0, 0)


def test_costs_of_free_sizes_are_unknown() -> None:
    found = net("a = image -> conv(4, 3)\n output y = a -> global_avgpool -> dense(2)", "3 x H x W").graph
    assert found.cost(node(found, "a/conv")) is None
    assert found.cost(node(found, "y/dense")) == Cost(10, 8)
    assert found.cost(node(found, "y/global_avgpool")) is None  # what enters is free
    assert found.costs() is None
    assert found.parameters() == 112 + 10


def test_deployed_leaves_out_auxiliary_heads_and_what_only_they_need() -> None:
    found = graph().deployed()
    assert names(found) == ALL[:6]
    assert found.outputs == (Output("y", "y/dense"),)
    assert found.names == {"a": "a/relu", "b": "s/conv#2", "y": "y/dense"}
    assert found.check() is found


def test_replace_changes_the_nodes_that_it_is_given_another_for() -> None:
    found = graph()
    tanh = OPERATORS["tanh"]()
    changed = found.replace(lambda node: replace(node, op=tanh) if node.op.name == "relu" else None)
    assert [node.op.name for node in changed.nodes][1] == "tanh"
    assert [a is b for a, b in zip(found.nodes, changed.nodes, strict=True)] == [name != "a/relu" for name in ALL]
    assert found.nodes[1].op.name == "relu"
    assert found.replace(lambda node: None).nodes == found.nodes


def test_bypass_leads_who_read_a_node_to_what_it_read() -> None:
    found = graph().bypass(lambda node: node.op.name in ("relu", "softmax"))
    assert names(found) == [name for name in ALL if name not in ("a/relu", "z/softmax")]
    assert node(found, "s/conv").inputs == ("a/conv",)
    assert node(found, "y/add").inputs == ("a/conv", "s/conv#2")
    assert found.outputs == (Output("y", "y/dense"), Output("z", "z/dense", True, 0.5))
    assert found.names == {"a": "a/conv", "b": "s/conv#2", "y": "y/dense", "z": "z/dense"}


def test_bypass_of_several_in_a_row_and_of_all() -> None:
    chain = net("a = image -> relu -> tanh -> relu\n output y = a -> conv(4, 3) -> relu").graph
    found = chain.bypass(lambda node: node.op.name in ("relu", "tanh"))
    assert [(node.name, node.inputs) for node in found.nodes] == [("y/conv", ("image",))]
    assert (found.names, found.outputs) == ({"a": "image", "y": "y/conv"}, (Output("y", "y/conv"),))
    assert net("output y = image -> relu").graph.bypass(lambda node: True).outputs == (Output("y", "image"),)


def test_sized_derives_every_shape_again() -> None:
    free = net("a = image -> conv(4, 3, stride: 2)\n output y = a -> maxpool(2) -> global_avgpool", "3 x H x W").graph
    assert free.shapes["a/conv"] == (4, Free("H", 1, -1, 2), Free("W", 1, -1, 2))
    found = free.sized({"H": 9, "W": 12})
    assert found.inputs == {"image": (3, 9, 12)}
    assert found.shapes["a/conv"] == (4, 4, 5)
    assert found.shapes["y/maxpool"] == (4, 2, 2)
    assert free.sized({"H": 9}).shapes["a/conv"] == (4, 4, Free("W", 1, -1, 2))
    assert free.shapes["a/conv"] == (4, Free("H", 1, -1, 2), Free("W", 1, -1, 2))


def test_a_picture_that_is_too_small_is_a_fault() -> None:
    free = net("output y = image -> conv(4, 3) -> conv(4, 3)", "3 x H x W").graph
    assert free.sized({"H": 5, "W": 5}).shapes["y/conv_2"] == (4, 1, 1)
    with pytest.raises(Fault) as caught:
        free.sized({"H": 4, "W": 5})
    assert caught.value.code == "N202"


def test_check_finds_a_shape_that_the_operators_do_not_give() -> None:
    found = graph()
    assert found.check() is found
    wrong = found.replace(lambda node: replace(node, shape=(4, 4, 5)) if node.name == "a/relu" else None)
    with pytest.raises(RuntimeError, match="a/relu should be 4 x 4 x 4 and is 4 x 4 x 5"):
        wrong.check()


def test_graphs_do_not_change() -> None:
    found = graph()
    with pytest.raises(AttributeError):
        found.name = "other"  # type: ignore[misc]
    with pytest.raises(AttributeError):
        found.nodes[0].name = "other"  # type: ignore[misc]
