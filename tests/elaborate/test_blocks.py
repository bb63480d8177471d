"""Blocks and names (language.md sections 3 and 4): what a block takes, sees and gives; what a name means where."""

from __future__ import annotations

import pytest

from tests.elaborate.reading import layers, net, read


@pytest.mark.parametrize(
    ("before", "pipeline", "wanted"),
    [
        ("block b { relu -> tanh }", "b", ["relu", "tanh"]),
        ("block b() { in -> relu }", "b -> b()", ["relu", "relu"]),
        ("block b {\n a = relu\n a -> tanh\n}", "b", ["relu", "tanh"]),
        ("block b {\n let n = 2\n a = dense(n)\n}", "b", ["dense"]),
        ("block a { b }\nblock b { relu }", "a", ["relu"]),
        ("block b {\n c -> tanh\n block c { relu }\n}", "b", ["relu", "tanh"]),
        ("block b { identity }", "b -> relu", ["relu"]), ("block b { [in, relu] -> add }", "b", ["relu", "add"]),
        ("block b { in[0] -> tanh }", "b", ["tanh"]),
        ("block b { [in[1], in[0]] -> subtract }", "[relu, tanh] -> b", ["relu", "tanh", "subtract"]),
        ("block b { in -> add }", "[relu, tanh] -> b", ["relu", "tanh", "add"]),
        ("block b { [relu, tanh] }", "b -> add", ["relu", "tanh", "add"]),
        ("block b { [in[0], in[1]] }", "[relu, tanh] -> b -> add", ["relu", "tanh", "add"]),
    ],
)  # fmt: skip
def test_what_a_block_gives(before: str, pipeline: str, wanted: list[str]) -> None:
    found = layers(pipeline, before=before)
    assert found.places == []
    assert [node.op.name for node in found.graph.nodes] == wanted


def test_the_order_of_several_values() -> None:
    found = layers("[relu, tanh] -> b", before="block b { [in[1], in[0]] -> subtract }")
    assert found.nodes["y/b/subtract"].inputs == ("y/tanh", "y/relu")


@pytest.mark.parametrize(
    ("call", "units"),
    [("b(3)", 3), ("b(n: 3)", 3), ("b(3, 4)", 12), ("b(3, m: 4)", 12), ("b(m: 4, n: 3)", 12), ("b(k + 1)", 8)],
)
def test_arguments_of_a_block(call: str, units: int) -> None:
    found = layers(call, before="let k = 7\nblock b(n, m = 1) { dense(n * m) }")
    assert [node.shape for node in found.graph.nodes] == [(units,)]


def test_defaults_see_the_parameters_before_them_and_the_value_that_enters() -> None:
    before = "block b(n, m = n + 1, k = m * in.maps) { dense(k) }"
    assert layers("b(4)", before=before).graph.shapes["y/b/dense"] == (15,)
    assert layers("b(4, m: 2)", before=before).graph.shapes["y/b/dense"] == (6,)


@pytest.mark.parametrize(
    ("call", "wanted"),
    [
        ("b", "N111 b"), ("b()", "N111 b()"), ("b(m: 2)", "N111 b(m: 2)"), ("b(1, 2, 3)", "N110 3"),
        ("b(1, k: 3)", "N110 k: 3"), ("b(1, n: 3)", "N110 n: 3"), ("b(m: 1, 3)", "N110 3"),
        ("b(n: 1, n: 2)", "N110 n: 2"), ("b(1 / 0)", "N106 1 / 0"), ("b(1) { relu }", "N306 { relu }"),
        ("b(2.5)", "N112 n * m"),
    ],
)  # fmt: skip
def test_arguments_of_a_block_that_are_wrong(call: str, wanted: str) -> None:
    assert layers(call, before="block b(n, m = 1) { dense(n * m) }").places == [wanted]


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        ("output y = image -> b\n block b { a }\n a = image -> relu", "N101 a"),
        ("a = image -> relu\n block b { a }\n output y = image -> b", "N102 a"),
        ("a = image -> relu\n block b { [in, a] -> add }\n output y = image -> b", "N102 a"),
        ("output y = image -> dense(n)\n let n = 3", "N101 n"),
        ("a = b -> relu\n b = image -> relu\n output y = a", "N101 b"), ("output y = in -> relu", "N104 in"),
        ("let n = in.maps\n output y = image -> relu", "N104 in"),
        ("block b { in[1] -> relu }\n output y = image -> b", "N305 in[1]"),
        ("block b { in[2] -> relu }\n output y = [image, image] -> b", "N305 in[2]"),
        ("block b { in[0.5] -> relu }\n output y = image -> b", "N105 0.5"),
        ("block b { relu -> in }\n output y = image -> b", "N304 in"),
        ("a = image -> relu\n output y = image -> a", "N304 a"),
        ("a = image -> relu\n output y = a(3) -> relu", "N304 a(3)"), ("let n = 3\n output y = n -> relu", "N302 n"),
        ("let n = 3\n output y = image -> n", "N303 n"), ("output y = relu", "N302 relu"),
        ("output y = iamge -> relu", "N101 iamge"), ("output y = image -> imaeg", "N303 imaeg"),
        ("output y = image -> y", "N101 y"), ("output y = (relu) * 2", "N302 relu"),
        ("output y = image -> identity(3)", "N110 3"), ("output y = image -> dense(image)", "N112 image"),
        ("block b { let a = 1 }\n output y = image -> b", "N311 { let a = 1 }"),
        ("block b { }\n output y = image -> b", "N311 { }"),
        ("block b { share s = relu }\n output y = image -> b", "N311 { share s = relu }"),
        ("block b { relu }\n output y = image -> b -> dense(b)", "N105 b"),
        ("let a = [image, image]\n output y = image -> dense(a)", "N112 a"),
        ("output y = (image if true else relu) -> relu", ""),
    ],
)  # fmt: skip
def test_names(lines: str, wanted: str) -> None:
    assert [place for place in net(lines).places if not place.startswith("N312")] == [wanted] * bool(wanted)


@pytest.mark.parametrize(
    ("pipeline", "help"),
    [
        ("add(a, b)", "write `[a, b] -> add`"),
        ("concat([a, b])", "write `[a, b] -> concat`"),
        ("relu(a)", "write `a -> relu`"),
        ("dense(3)", "write `image -> dense(3)`"),
        ("dense(n)", "write `image -> dense(n)`"),
        ("add(a, n)", "write `image -> add(a, n)`"),
        ("cat(a, b)", "did you mean `concat`?"),
    ],
)
def test_a_layer_in_place_of_a_value_says_what_enters_it(pipeline: str, help: str) -> None:
    found = net(f"let n = 2\n a = image -> relu\n b = image -> tanh\n output y = {pipeline}")
    assert [problem.help for problem in found.problems] == [help]


@pytest.mark.parametrize(
    "lines",
    [
        "let n = 3\n block b {\n let n = 4\n dense(n)\n }\n output y = image -> b -> dense(n)",
        "block b(image) { dense(image) }\n output y = image -> b(4)",
        "sparse table t: 3 -> 3 = full\n block b { conv(3, 1, table: t) }\n output y = image -> b",
        "share s = conv(3, 1)\n block b { s }\n output y = image -> b",
        "block a { relu }\n block b { a }\n output y = image -> b",
        "let relu = 4\n output y = image -> relu -> dense(relu)",
        "block conv_1 { relu }\n output y = image -> conv_1",
        "let x = 2\n output y = image -> dense(x)",
    ],
)
def test_inner_braces_may_bind_a_name_anew_and_a_block_sees_all_but_values(lines: str) -> None:
    assert net(lines).places == []


@pytest.mark.parametrize(
    ("before", "pipeline", "wanted"),
    [
        ("block conv { relu }", "relu", "N108 conv"), ("let a = 1\nlet a = 2", "relu", "N103 a"),
        ("block a { relu }\nblock a { tanh }", "a", "N103 a"), ("block a(n, n) { dense(n) }", "a(2)", "N103 n"),
        ("let n = 1\nblock n { relu }", "n", "N103 n"), ("block identity { relu }", "relu", "N108 identity"),
    ],
)  # fmt: skip
def test_a_name_is_bound_once_in_its_braces(before: str, pipeline: str, wanted: str) -> None:
    assert layers(pipeline, before=before).places == [wanted]


def test_the_first_of_two_bindings_counts() -> None:
    assert layers("dense(a)", before="let a = 1\nlet a = 2").places == ["N103 a"]


@pytest.mark.parametrize(
    ("before", "pipeline", "wanted"),
    [
        ("block a { a }", "a", "N309 a"), ("block a { b }\nblock b { a }", "b", "N309 b"),
        ("block a(n) { (relu if n == 0 else a(n - 1)) }", "a(0)", "N309 a(n - 1)"),
        ("block a { residual { a } }", "a", "N309 a"),
    ],
)  # fmt: skip
def test_blocks_call_blocks_in_no_circle(before: str, pipeline: str, wanted: str) -> None:
    assert layers(pipeline, before=before).places == [wanted]


def test_blocks_of_one_name_in_two_places_are_no_circle() -> None:
    assert layers("a", before="block a {\n block b {\n block a { relu }\n a\n }\n b\n}").places == []


@pytest.mark.parametrize(("deep", "wanted"), [(100, []), (101, ["N301 b0"])])
def test_blocks_call_blocks_100_deep(deep: int, wanted: list[str]) -> None:
    before = "block b0 { relu }\n" + "".join(f"block b{k} {{ b{k - 1} }}\n" for k in range(1, deep))
    assert layers(f"b{deep - 1}", before=before).places == wanted


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        ("block b {\n a = relu\n tanh\n}", ["N312 a"]), ("block b {\n a = relu\n}", []),
        ("block b {\n tanh\n a = relu\n}", []), ("block b {\n share s = relu\n tanh\n}", ["N312 s"]),
    ],
)  # fmt: skip
def test_values_in_a_block_that_nothing_uses_are_warned_of_once(lines: str, wanted: list[str]) -> None:
    assert sorted(set(layers("b -> b", before=lines).places)) == wanted


def test_what_follows_from_a_fault_is_silent() -> None:
    lines = "a = image -> cnov(3)\n b = a -> relu\n let n = a.maps + b.maps\n c = [a, b] -> add\n"
    lines += "output y = c -> dense(n) -> unit(n)"
    assert net(lines, before="block unit(n) { dense(n) }").places == ["N303 cnov"]
    assert read("let n = 1 / 0\nnet A {\n input u: n\n output y = u -> dense(n)\n}").places == ["N106 1 / 0"]
    assert net("block unit { rleu }\n output y = image -> unit -> unit").places == ["N303 rleu"]


@pytest.mark.parametrize(
    ("uses", "paths"),
    [
        ("u -> u -> u_2", ["y/u/conv", "y/u_2/conv", "y/u_2_2/conv"]),
        ("u_2 -> u -> u", ["y/u_2/conv", "y/u/conv", "y/u_3/conv"]),
        ("u -> u_2 -> u -> u_2", ["y/u/conv", "y/u_2/conv", "y/u_3/conv", "y/u_2_2/conv"]),
    ],
)
def test_a_block_whose_name_ends_in_a_number_has_places_of_its_own(uses: str, paths: list[str]) -> None:
    found = net(f"block u {{ conv(3, 1) }}\n block u_2 {{ conv(3, 1) }}\n output y = image -> {uses}").graph
    assert [node.name for node in found.nodes] == paths
    assert found.parameters() == len(paths) * (9 + 3)
