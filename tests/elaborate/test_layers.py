"""The limit of 100,000 layers is noticed before it is passed, however so many are written, and never with fewer."""

from __future__ import annotations

import time

import pytest

from netspec.diagnostics import Problems, Source
from netspec.elaborate import elaborate
from netspec.language import parse

DOUBLING = "block b0 {{ {} }}\n" + "".join(f"block b{k} {{{{ b{k - 1} -> b{k - 1} }}}}\n" for k in range(1, 60))
NEST = "block b0 { relu }\n" + "".join(f"block b{k} {{ b{k - 1} }}\n" for k in range(1, 400))


def read(before: str, layers: str, size: str = "4") -> tuple[list[str], int, float]:
    """The codes of the errors, the layers, and the processor time that it took."""
    problems = Problems()
    file = parse(
        Source("s.net", f"netspec 1\n{before}\nnet A {{\n input u: {size}\n output y = u -> {layers}\n}}\n"), problems
    )
    began = time.process_time()
    graph = elaborate(file, problems).graph
    return (
        [problem.code for problem in problems.errors],
        0 if graph is None else len(graph.nodes),
        time.process_time() - began,
    )


@pytest.mark.parametrize(
    ("before", "layers"),
    [
        ("", "((relu) * 1000) * 1000"), ("", "((relu) for i in 0..999) for j in 0..999".join("()")),
        ("", "([relu, relu] -> add) * 40000"), ("", "(residual { (relu) * 400 }) * 400"), ("", "(relu) * 100001"),
        (DOUBLING.format("relu"), "b59"), ("", "((relu if true else tanh) * 400) * 400"),
        ("block b(n) { relu -> tanh }", "(b(3)) * 60000"),
        ("", "(residual { a = relu\n b = [in, a] -> add\n [a, b] -> add }) * 30000"),
    ],
)  # fmt: skip
def test_too_many_layers_are_told_at_once(before: str, layers: str) -> None:
    found, _, took = read(before, layers)
    assert found == ["N301"]
    assert took < 0.5


@pytest.mark.parametrize(
    ("before", "layers", "count"),
    [
        ("", "(relu) * 1000", 1000),
        ("block b { (relu) * 300 }", "(residual { b = relu\n tanh -> b -> add }) * 0 -> relu", 1),
        ("block b { (relu) * 300 }", "(residual { c = in -> relu\n [c, in] -> add }) * 400", 1200),
        ("", "((relu) * 0) * 1000 -> relu", 1), ("", "((relu) for i in []) * 1000 -> relu", 1),
        ("", "(((relu) * 1000 if i > 999 else identity) for i in 0..999) -> relu", 1),
        ("block b(relu) { dense(relu) }", "(b(4)) * 10", 10),
        ("block b { (relu) * 300 }", "(residual { b = relu\n b -> tanh }) * 400", 1200),
    ],
)  # fmt: skip
def test_what_is_counted_ahead_is_never_too_much(before: str, layers: str, count: int) -> None:
    assert read(before, layers)[:2] == ([], count)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("before", "layers"),
    [
        ("", "(conv(4, 1) -> norm -> relu) * 32000"),
        ("block b(n) { conv(n, 1) -> norm -> relu }", "(b(4)) * 32000"),
        ("block b(n) { residual { conv(n, 1) -> norm -> relu -> conv(n, 1) } }", "(b(4)) * 19200"),
    ],
)
def test_nearly_as_many_layers_as_there_may_be_take_a_few_seconds(before: str, layers: str) -> None:
    found, built, took = read(before, layers, "4 x 1")
    assert (found, built) == ([], 96000)
    assert took < 8  # 1 to 2.5 where nothing else runs


@pytest.mark.slow
@pytest.mark.parametrize(
    ("before", "layers"),
    [
        (DOUBLING.format("identity"), "b59 -> relu"), ("", "((identity) * 2000) * 2000 -> relu"),
        ("", "(((relu) * 0) * 2000) * 2000 -> relu"), (NEST, "b399"),
    ],
)  # fmt: skip
def test_steps_and_depth_are_bounded_too(before: str, layers: str) -> None:
    found, _, took = read(before, layers)
    assert set(found) <= {"N301", "N115"}
    assert found
    assert took < 10


@pytest.mark.parametrize(
    "layers",
    [
        "(upsample(10 ** 6)) * 10",
        "(pad(10 ** 18)) * 20",
        "pad(2 ** 62)",
        "(maxpool(1, stride: 10 ** 18)) * 3",
        "(maxpool(2, pad: 1) -> upsample(3)) * 200",
    ],
)
def test_free_sizes_are_bounded(layers: str) -> None:
    problems = Problems()
    elaborate(
        parse(Source("s.net", f"netspec 1\nnet A {{\n input u: 1 x H x W\n output y = u -> {layers}\n}}\n"), problems),
        problems,
    )
    assert [problem.code for problem in problems.errors] == ["N219"]
