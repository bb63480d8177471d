"""What is not built is looked over all the same; of what was not chosen names alone (language.md section 8)."""

from __future__ import annotations

import pytest

from tests.elaborate.reading import layers, net, read

NAMES = [
    ("rleu", "N303 rleu"), ("conv(4, 3, strid: 1)", "N110 strid: 1"), ("conv(4, 3, 1, 0, 1, 1, 2, 3)", "N110"),
    ("unit(3, m: 4)", "N110 m: 4"), ("relu { tanh }", "N306 { tanh }"), ("residual { rleu }", "N303 rleu"),
    ("[relu, rleu]", "N303 rleu"), ("((rleu) * 2) * 2", "N303 rleu"), ("(relu if false else rleu)", "N303 rleu"),
    ("(dense(i) -> rleu) for i in 1..2", "N303 rleu"), ("bad", "N303 rleu"),
    ("residual(short: pad) { relu }", "N110 short: pad"),
]  # fmt: skip
NUMBERS = [
    "conv(4.5, 3)",
    "dense(1 / 0)",
    "dense(nothing)",
    "unit(1 / 0)",
    "unit(n: 0)",
    "conv(4, 99)",
    "residual { dense(2.5) -> relu }",
    "residual { a = dense(2.5)\n residual { a } }",
]
UNBUILT = ["(relu if true else {})", "({} if false else relu)", "({}) * 0", "({}) for k in []"]
BEFORE = "block unit(n = 1) { dense(n) }\n"
BAD = BEFORE + "block bad { rleu }\n"


@pytest.mark.parametrize(("stage", "wanted"), NAMES)
@pytest.mark.parametrize("unbuilt", [*UNBUILT, "(relu if true else tanh if true else {})"])
def test_names_that_are_wrong_in_what_is_not_chosen(unbuilt: str, stage: str, wanted: str) -> None:
    (found,) = layers(unbuilt.format(stage) + " -> dense(2)", before=BAD if stage == "bad" else BEFORE).places
    assert found.startswith(wanted)


@pytest.mark.parametrize("stage", NUMBERS)
@pytest.mark.parametrize("unbuilt", UNBUILT)
def test_numbers_that_may_be_meant_for_another_case(unbuilt: str, stage: str) -> None:
    assert layers(unbuilt.format(stage) + " -> dense(2)", before=BEFORE).places == []


@pytest.mark.parametrize(("stage", "wanted"), NAMES)
def test_what_stands_behind_a_fault(stage: str, wanted: str) -> None:
    found = layers(f"nrom -> relu -> {stage} -> relu", before=BAD if stage == "bad" else BEFORE).places
    assert len(found) == 2
    assert "N303 nrom" in found
    assert any(place.startswith(wanted) for place in found)


@pytest.mark.parametrize(
    ("stage", "wanted"),
    [
        ("conv(4.5, 3)", "N112 4.5"), ("dense(1 / 0)", "N106 1 / 0"), ("dense(nothing)", "N101 nothing"),
        ("unit(1 / 0)", "N106 1 / 0"), ("dense()", "N111 dense"),
    ],
)  # fmt: skip
def test_numbers_behind_a_fault_count(stage: str, wanted: str) -> None:
    assert layers(f"nrom -> {stage}", before=BEFORE).places == ["N303 nrom", wanted]
    assert layers(f"nrom -> [relu, {stage}] -> add", before=BEFORE).places == ["N303 nrom", wanted]
    assert layers(f"nrom -> ({stage})", before=BEFORE).places == ["N303 nrom", wanted]
    assert layers(f"nrom -> (relu if true else {stage})", before=BEFORE).places == ["N303 nrom"]


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("rleu", ["N303 rleu"]), ("conv(4.5, 3)", ["N112 4.5"]), ("conv(n, 3) -> relu", []),
        ("conv(4, 3, strid: 1)", ["N110 strid: 1"]), ("dense(nothing)", ["N101 nothing"]), ("dense(in.maps)", []),
        ("dense(in[0].maps)", []), ("let k = n * 2\n dense(k)", []), ("a = conv(n, 3)\n a -> rleu", ["N303 rleu"]),
        ("share s = rleu\n s", ["N303 rleu"]), ("residual { rleu }", ["N303 rleu"]),
        ("a -> relu\n a = relu", ["N101 a"]), ("block c { rleu }\n relu", ["N303 rleu"]),
        ("sparse table t: n -> 4 = full\n conv(4, 3, table: t)", []), ("dense(k)\n let k = 3", ["N101 k"]),
        ("conv(n, 3) { relu }", ["N306 { relu }"]), ("b(3)", ["N309 b(3)"]),
        ("(dense(i) -> rleu) for i in 1..n", ["N303 rleu"]),
    ],
)  # fmt: skip
def test_a_block_that_nothing_uses(body: str, wanted: list[str]) -> None:
    assert layers("relu", before=f"block b(n) {{\n {body}\n}}").places == wanted
    assert [
        p for p in net(f"block b(n) {{\n {body}\n}}\n output y = image -> relu").places if "N312" not in p
    ] == wanted
    assert read(f"block b(n) {{\n {body}\n}}").places == wanted


def test_a_share_that_nothing_uses() -> None:
    assert net("share s = rleu -> conv(4.5, 3)\n output y = image -> relu").places == ["N303 rleu", "N112 4.5"]


def test_a_block_is_looked_over_once() -> None:
    before = "block a { b }\nblock b { rleu }\nblock c { b -> b }"
    assert layers("relu", before=before).places == ["N303 rleu"]
    assert layers("(relu if true else a -> c)", before=before).places == ["N303 rleu"]
    assert layers("a", before=before).places == ["N303 rleu"]


def test_circles_are_found_though_nothing_is_built() -> None:
    assert layers("relu", before="block a { b }\nblock b { relu -> a }").places == ["N309 a"]


def test_a_branch_that_was_chosen_once_is_not_looked_over() -> None:
    assert layers("(dense(1) if i == 1 else dense(4 / (i - 1))) for i in 1..2").places == []


def test_the_same_fault_is_reported_once_however_often_the_branch_is_not_chosen() -> None:
    assert layers("(relu if i > 0 else rleu) for i in 1..5").places == ["N303 rleu"]
    assert layers("b -> b -> b", before="block b { (relu if true else rleu) }").places == ["N303 rleu"]
