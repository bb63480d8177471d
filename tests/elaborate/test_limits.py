"""Small files that ask for the moon are told so at once; large ones that mean it work."""

from __future__ import annotations

import time

import pytest

from netspec.diagnostics import Problems, Source
from netspec.elaborate import elaborate
from netspec.language import parse

BOMBS = {
    "lists that share lists": (
        "N116",
        "let a0 = [1]\n" + "".join(f"let a{k} = [a{k - 1}, a{k - 1}]\n" for k in range(1, 40)) + "let b = a39 == a39",
    ),
    "lists in lists": ("N116", "let a0 = [1]\n" + "".join(f"let a{k} = [a{k - 1}]\n" for k in range(1, 200))),
    "long strings in lists": ("N116", f'let a = "{"z" * 10**4}"\nlet b = [{", ".join(["a"] * 2000)}]'),
    "comparing": (
        "N115",
        "let a = 0..99999\nlet b = 0..99999\nlet c = [a, a, a, a]\nlet d = [b, b, b, b]\n"
        + "".join(f"let e{k} = c == d\n" for k in range(200)),
    ),
    "ranges": ("N115", "".join(f"let a{k} = 0..99999\n" for k in range(200))),
    "a full table": ("N209", "dense table t: 1000000 -> 1000000"),
    "groups": ("N209", "sparse table t: 384 -> 10000000 = groups(2)"),
    "a random table": ("N209", "sparse table t: 1000000 -> 1000000 = random(4)"),
    "unions": ("N209", "sparse table t: 100000 -> 100000 = band(30) | band(31)"),
    "many unions": (
        "N115",
        "".join(f"sparse table t{k}: 1000 -> 10000 = band(30) | transpose(random(90))\n" for k in range(60)),
    ),
    "taps": ("N209", "kernel table k: 10000 x 10000 { X }"),
}  # fmt: skip


def codes(text: str) -> list[str]:
    problems = Problems()
    elaborate(parse(Source("s.net", text), problems), problems)
    return [problem.code for problem in problems.errors]


@pytest.mark.slow
@pytest.mark.parametrize("name", BOMBS)
def test_what_is_too_large_is_told_before_it_is_made(name: str) -> None:
    code, lines = BOMBS[name]
    began = time.process_time()
    found = codes(f"netspec 1\n{lines}\n")
    assert code in found
    assert time.process_time() - began < 20  # to 3 where nothing else runs, and hours where it is made


@pytest.mark.parametrize(
    "made", ["band(65)", "random(64)", "transpose(band(65))", "groups(8)", "band(3) | band(65)", "full & band(9)"]
)
def test_large_tables_that_are_meant_work(made: str) -> None:
    text = f"netspec 1\nsparse table t: 4096 -> 4096 = {made}\n"
    assert codes(text + "net A { input x: 4096\n output y = x -> dense(4096, table: t) }\n") == []


@pytest.mark.parametrize(("deep", "found"), [(100, []), (101, ["N116"])])
def test_lists_stand_in_lists_100_deep(deep: int, found: list[str]) -> None:
    inner = "let a1 = [1]\n" + "".join(f"let a{k} = [a{k - 1}]\n" for k in range(2, deep + 1))
    assert codes(f"netspec 1\n{inner}") == found


@pytest.mark.parametrize(("last", "found"), [(99_988, []), (99_989, ["N116"])])
def test_a_list_holds_a_million_items_with_those_of_its_lists(last: int, found: list[str]) -> None:
    # each list counts once, and each of its numbers: 9 * 100,001 + (last + 2) + 1
    ranges = "let a = 0..99999\nlet b = 0.." + str(last)
    assert codes(f"netspec 1\n{ranges}\nlet c = [{'a, ' * 9}b]\n") == found
