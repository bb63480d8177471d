"""`share`: one set of weights, used as often as it is named (language.md sections 3 and 4)."""

from __future__ import annotations

import pytest

from tests.elaborate.reading import layers, net


def test_all_uses_have_one_set_of_weights() -> None:
    found = net("share s = conv(3, 3, pad: same) -> norm\n output y = image -> s -> relu -> s").graph
    assert [node.name for node in found.nodes] == ["s/conv", "s/norm", "y/relu", "s/conv#2", "s/norm#2"]
    assert [node.path for node in found.nodes] == ["s/conv", "s/norm", "y/relu", "s/conv", "s/norm"]
    assert [node.inputs for node in found.nodes] == [("image",), ("s/conv",), ("s/norm",), ("y/relu",), ("s/conv#2",)]
    assert sorted(found.weights) == [
        "s/conv.weight",
        "s/norm.bias",
        "s/norm.running_mean",
        "s/norm.running_var",
        "s/norm.weight",
    ]
    assert found.parameters() == 81 + 6


def test_two_branches() -> None:
    found = net("input b: 3 x 8 x 8\n share s = conv(4, 3)\n output y = [image -> s, b -> s] -> subtract").graph
    assert [node.inputs for node in found.nodes] == [("image",), ("b",), ("s/conv", "s/conv#2")]
    assert found.parameters() == 112


@pytest.mark.parametrize("count", [1, 2, 5])
def test_a_share_in_a_group(count: int) -> None:
    found = layers(f"(s) * {count}", before="").places
    assert found == ["N303 s"]
    graph = net(f"share s = conv(3, 1)\n output y = image -> (s) * {count}").graph
    assert (len(graph.nodes), graph.parameters()) == (count, 12)


def test_a_share_of_a_block_and_a_chain() -> None:
    found = net(
        "block unit(n) { conv(n, 1) -> relu -> conv(3, 1) }\n"
        "share s = unit(5) -> tanh -> conv(3, 1)\n output y = image -> s -> s"
    ).graph
    assert list(dict.fromkeys(node.path for node in found.nodes)) == [
        "s/unit/conv",
        "s/unit/relu",
        "s/unit/conv_2",
        "s/tanh",
        "s/conv",
    ]
    assert found.parameters() == (15 + 5) + (15 + 3) + (9 + 3)


def test_a_share_in_a_block_is_one_for_each_use_of_the_block() -> None:
    found = net("block b {\n share s = conv(3, 1)\n s -> s\n}\n output y = image -> b -> b").graph
    assert [node.path for node in found.nodes] == ["y/b/s/conv", "y/b/s/conv", "y/b_2/s/conv", "y/b_2/s/conv"]
    assert found.parameters() == 24


def test_shares_of_one_name_in_braces_of_their_own_have_weights_of_their_own() -> None:
    twice = "residual {\n share s = conv(3, 1)\n in -> s -> relu -> s\n }"
    found = net(f"output y = image -> {twice} -> {twice}").graph
    convs = [node for node in found.nodes if node.op.name == "conv"]
    assert [node.name for node in convs] == ["y/s/conv", "y/s/conv#2", "y/s_2/conv", "y/s_2/conv#2"]
    assert found.parameters() == 2 * (3 * 3 + 3)


def test_a_share_that_a_share_brings_with_it_is_the_same_at_each_use() -> None:
    block = "block b(n) {\n share s = conv(n, 1)\n in -> s -> relu -> s\n }"
    found = net(f"{block}\n share t = b(3)\n output y = image -> t -> tanh -> t").graph
    assert [node.name for node in found.nodes if node.op.name == "conv"] == [
        "t/b/s/conv", "t/b/s/conv#2", "t/b/s/conv#3", "t/b/s/conv#4",
    ]  # fmt: skip
    assert found.parameters() == 3 * 3 + 3
    assert len({node.name for node in found.nodes}) == len(found.nodes)


def test_a_share_uses_a_share() -> None:
    found = net("share a = conv(3, 1)\n share b = a -> a -> conv(3, 1)\n output y = image -> b -> a -> b").graph
    assert [node.path for node in found.nodes] == ["a/conv", "a/conv", "b/conv", "a/conv", "a/conv", "a/conv", "b/conv"]
    assert found.parameters() == 24


def test_a_share_of_several_values_in() -> None:
    found = net("share s = add -> conv(3, 1)\n output y = [image, image] -> s").graph
    assert found.nodes[0].inputs == ("image", "image")


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        ("share s = conv(4, 3)\n output y = image -> s -> s", "N308 conv"),
        ("share s = conv(4, 3)\n output y = [image -> s, image -> conv(5, 1) -> s] -> concat", "N308 conv"),
        ("share s = dense(8)\n output y = [image -> s, image -> maxpool(2) -> s] -> add", "N308 dense"),
        ("share s = conv(3, 1)\n output y = image -> s(3)", "N306 s(3)"),
        ("share s = conv(3, 1)\n output y = image -> s { relu }", "N306 s { relu }"),
        ("share s = relu\n share s = tanh\n output y = image -> s", "N103 s"),
        ("share relu = tanh\n output y = image -> relu", "N108 relu"),
        ("share s = conv(3, 1) -> n\n let n = 3\n output y = image -> s", "N101 n"),
        ("share s = dense(n)\n let n = 3\n output y = image -> s", "N101 n"),
        ("output y = s -> relu\n share s = relu", "N101 s"),
        ("share s = rleu\n output y = image -> s -> s", "N303 rleu"),
    ],
)  # fmt: skip
def test_what_is_wrong(lines: str, wanted: str) -> None:
    assert [place for place in net(lines).places if not place.startswith("N312")] == [wanted]


def test_sizes_that_the_weights_fit_may_differ() -> None:
    lines = "share s = conv(4, 3)\n output y = [image -> s -> flatten, image -> maxpool(2) -> s -> flatten] -> concat"
    assert net(lines).places == []
    assert "would need weight 4 x 4 x 3 x 3, bias 4, and has weight 4 x 3 x 3 x 3, bias 4" in (
        net("share s = conv(4, 3)\n output y = image -> s -> s").problems[0].label
    )


def test_what_a_share_names_is_what_stood_above_it() -> None:
    lines = "let n = 3\n block b {\n share s = dense(n)\n let n = 4\n s\n}\n output y = image -> b"
    assert net(lines).graph.nodes[0].shape == (3,)


def test_no_use_of_a_share() -> None:
    assert net("share s = rleu\n output y = image -> relu").places[0] == "N303 rleu"
