"""Groups: `(p) * n`, `(p) for i in list`, `(p if condition else q)` (language.md section 4)."""

from __future__ import annotations

import pytest

from netspec.diagnostics import Problems, Source
from netspec.elaborate.counting import Counting
from netspec.elaborate.scope import Scope
from netspec.language import parse
from netspec.language import syntax as s
from tests.elaborate.reading import layers

SIZES = [
    ("(dense(3)) * 3", [3, 3, 3]), ("(dense(3) -> relu) * 2", [3, 3, 3, 3]), ("(dense(3)) * 0 -> dense(4)", [4]),
    ("(dense(3)) * 1", [3]), ("(dense(2 + 1)) * (n - 1)", [3, 3, 3]), ("(dense(3)) * 2 ** 2", [3, 3, 3, 3]),
    ("((dense(3)) * 2 -> dense(1)) * 2", [3, 3, 1, 3, 3, 1]), ("(dense(h)) for h in [5, 4]", [5, 4]),
    ("(dense(h) -> relu) for h in [5, 4]", [5, 5, 4, 4]), ("(dense(h)) for h in 1..3", [1, 2, 3]),
    ("(dense(h)) for h in [] -> dense(7)", [7]), ("(dense(h)) for h in 3..2 -> dense(7)", [7]),
    ("(dense(p[0] * p[1])) for p in [[2, 3], [1, 1]]", [6, 1]),
    ("((dense(i * j)) for i in 1..2) for j in 3..4", [3, 6, 4, 8]), ("(dense(1) if n == 4 else dense(2))", [1]),
    ("(dense(1) if n == 5 else dense(2))", [2]), ("(dense(1) if n > 4 else dense(2) if n > 3 else dense(3))", [2]),
    ("(dense(1) if n > 4 else dense(2) if n > 4 else dense(3))", [3]),
    ("(dense(i) if i % 2 == 0 else dense(9)) for i in 1..4", [9, 2, 9, 4]),
    ("(dense(1) if false else identity) -> dense(2)", [2]), ("(identity) * 1000 -> dense(2)", [2]),
    ("(dense(1))", [1]),
]  # fmt: skip


@pytest.mark.parametrize(("pipeline", "sizes"), SIZES)
def test_what_is_built(pipeline: str, sizes: list[int]) -> None:
    found = layers(pipeline, "6", "let n = 4")
    assert found.places == []
    assert [node.shape[0] for node in found.graph.nodes] == sizes


def test_each_time_has_weights_of_its_own() -> None:
    found = layers("(dense(3) -> relu) * 3", "3").graph
    assert [path for path in found.weights if path.endswith("weight")] == [
        "y/dense.weight",
        "y/dense_2.weight",
        "y/dense_3.weight",
    ]
    assert found.parameters() == 3 * 12
    assert [node.inputs for node in found.nodes] == [
        ("image",), ("y/dense",), ("y/relu",), ("y/dense_2",), ("y/relu_2",), ("y/dense_3",),
    ]  # fmt: skip


def test_the_name_of_a_loop_stands_only_within_it() -> None:
    assert layers("(dense(h)) for h in [5, 4] -> dense(h)", "6").places == ["N101 h"]
    assert layers("(dense(n)) for n in [1, 2] -> dense(n)", "6", "let n = 4").graph.shapes["y/dense_3"] == (4,)


def test_a_group_may_begin_a_pipeline_with_a_value() -> None:
    found = layers("[(image if true else relu) -> tanh, (relu) * 1] -> add", "6")
    assert [node.inputs for node in found.graph.nodes] == [("image",), ("image",), ("y/tanh", "y/relu")]


@pytest.mark.parametrize(
    ("pipeline", "wanted"),
    [
        ("(relu) * 2.5", "N105 2.5"), ("(relu) * (0 - 1)", "N105 0 - 1"), ("(relu) * true", "N105 true"),
        ("(relu) * 100001", "N301 * 100001"), ("(relu) for i in 3", "N105 3"), ('(relu) for i in "ab"', 'N105 "ab"'),
        ("(relu) for i in 2 x 3", "N105 2 x 3"), ("(relu if 1 else tanh)", "N105 1"), ("(rleu) * 3", "N303 rleu"),
        ("[(relu) * 0, relu] -> add", ""), ("(dense(h)) for h in [1, 2.5]", "N112 h"), ("(relu) * 1 / 0", "N008 /"),
    ],
)  # fmt: skip
def test_what_is_wrong(pipeline: str, wanted: str) -> None:
    assert layers(pipeline, "6").places == [wanted] * bool(wanted)


def test_the_limit_of_repetitions() -> None:
    assert layers("(identity) * 100000 -> relu", "6").places == []
    assert layers("(identity) * 100001 -> relu", "6").places == ["N301 * 100001"]


@pytest.mark.slow
def test_a_net_has_100000_layers_at_most() -> None:
    assert layers("(relu) * 99999 -> (relu -> relu) * 1", "6").codes == "N301"
    assert len(layers("(relu) * 100000", "6").graph.nodes) == 100_000


@pytest.mark.parametrize(
    ("pipeline", "count"),
    [
        ("(dense(3)) * 3", 3),
        ("(dense(3) -> relu) * 2 -> relu", 5),
        ("(dense(h)) for h in [5, 4]", 2),
        ("(dense(h)) for h in 1..3", 3),
        ("(dense(h)) for h in 3..3", 1),
        ("(dense(h)) for h in 3..2 -> dense(7)", 1),
        ("((dense(i * j)) for i in 1..2) for j in 3..5", 6),
        ("(dense(1) -> relu if n == 4 else dense(2))", 1),
        ("(dense(3)) * n -> relu", 1),
        ("(dense(h)) for h in 1..n -> relu", 1),
    ],
)
def test_what_is_counted_before_it_is_built_is_never_more(pipeline: str, count: int) -> None:
    """A net of more layers than the limit is refused by this count, so one too many would refuse a sound one."""
    file = parse(Source("s.net", f"netspec 1\nnet A {{\n input x: 6\n output y = x -> {pipeline}\n}}\n"), Problems())
    output = next(node for item in file.items if isinstance(item, s.Net) for node in item.body.statements
                  if isinstance(node, s.Output))  # fmt: skip
    assert Counting().pipe(output.pipe, Scope(Problems())) == count
    assert count <= len(layers(pipeline, "6", "let n = 4").graph.nodes)
