"""Large files of one thing: time, memory and what is printed are bounded.

Here a sixteenth of the largest; whole ones in tests/fuzz.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from netspec.diagnostics import Problems, Source, TooMany, render
from netspec.language import parse
from tests.fuzz.floods import FRONTS, MOST_PRINTED, UNITS

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
#: Runs in a child of its own: the peak of memory is the child's.
CHILD = """
import sys, time
from pathlib import Path
from tests.fuzz.floods import UNITS, check, flood
front, first = sys.argv[1], int(sys.argv[2])
for unit in UNITS[first::12]:
    began = time.process_time()
    status, size = check(flood(front, unit, 2**18), Path(sys.argv[3]))
    print(repr(unit), status, size, time.process_time() - began)
print([line for line in open("/proc/self/status") if "VmHWM" in line][0].split()[1])
"""


@pytest.mark.parametrize(
    ("front", "first"),
    [
        ("nothing", 0),
        ("net", 1),
        ("let", 3),
        ("pipeline", 5),
        ("string", 2),
        ("list", 7),
        ("picture", 9),
        ("train", 11),
        ("comment", 0),
    ],
)
def test_a_flood_is_read_within_bounds(front: str, first: int, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CHILD, front, str(first), str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    *rows, peak = done.stdout.splitlines()
    for row in rows:
        status, size, took = row.split()[-3:]
        assert status in ("0", "1") and int(size) <= MOST_PRINTED and float(took) < 15, (
            row
        )  # to 4 where nothing else runs
    assert len(rows) == len(UNITS[first::12]) and int(peak) < 512_000
    assert front in FRONTS


def findings(text: str, most: int | None = 10_000) -> Problems:
    problems = Problems(most)
    parse(Source("a.net", text), problems)
    return problems


@pytest.mark.parametrize("sign", [")", "]", "}", "?", "→", "\0"])
def test_a_run_of_one_sign_is_one_mistake(sign: str) -> None:
    problems = list(findings(f"netspec 1\nlet k = 3\n{sign * 1000}\nlet m = 4\n"))
    assert len(problems) == 1 and problems[0].span is not None
    assert (problems[0].span.line, problems[0].span.column, len(problems[0].span.text)) == (3, 1, 1000)


def test_fifty_are_told_and_the_rest_is_counted() -> None:
    problems = findings("netspec 1\n" + "let = 3\n" * 75)
    text = render(problems)
    assert text.count("error[N008]") == 50 and "… and 25 more errors (`netspec check --all` lists all)" in text
    assert render(problems, "concise").count("\n") == 50 and render(problems, most=None).count("error[N008]") == 75
    assert "line 51" not in text and ":51:" in text and ":52:" not in text


def test_a_file_with_too_many_errors_is_not_read_on() -> None:
    problems = findings("netspec 1\n" + "let = 3\n" * 300, most=200)
    assert len(problems) == 200 and problems.cut and "not read to its end" in render(problems)
    with pytest.raises(TooMany):
        problems.error("N008", None, "one more")
    assert len(findings("netspec 1\n" + "let = 3\n" * 300, most=None)) == 300


def test_errors_come_before_warnings_where_not_all_are_told() -> None:
    problems = Problems()
    source = Source("a.net", "a\n" * 200)
    from netspec.diagnostics import Span

    for line in range(100):
        problems.warning("N312", Span(source, 2 * line, 2 * line + 1), "a warning")
    for line in range(100, 160):
        problems.error("N101", Span(source, 2 * line, 2 * line + 1), "an error")
    text = render(problems)
    assert (text.count("error[N101]"), text.count("warning[")) == (
        50,
        0,
    ) and "10 more errors and 100 more warnings" in text


@pytest.mark.parametrize("name", ["a" * 256, "a" * 2**20, "é" * 300])
def test_a_name_of_more_than_255_characters_is_one_error(name: str) -> None:
    text = f"netspec 1\nnet A {{\n input x: 3\n {name} = x -> dense(3)\n output y = {name} -> dense(3)\n}}\n"
    problems = list(findings(text))
    assert [problem.code for problem in problems] == ["N010", "N010"] and len(render(problems)) < 3000
    assert f"{len(name):,} characters" in problems[0].message
    assert not list(findings("netspec 1\nlet " + "a" * 255 + " = 3\n"))


def test_more_than_a_quarter_million_words_are_an_error() -> None:
    problems = list(findings("netspec 1\nlet k = [" + "1, " * 125_000 + "]\n"))
    assert [problem.code for problem in problems] == ["N011"]
    assert not list(findings("netspec 1\nlet k = [" + "1, " * 124_000 + "]\n"))


def test_words_of_a_file_are_shortened_in_messages() -> None:
    from netspec.diagnostics.shortened import shortened

    assert shortened("a" * 61) == "a" * 40 + "…" + "a" * 15 and shortened("a" * 60) == "a" * 60
    assert len(shortened("ab " * 10**6)) <= 502 and len(shortened("a" * 10**7)) < 100
    path = "/home/user/" + "/".join(["folder"] * 20)
    assert shortened(path) == path and re.fullmatch(r"\S+", path)
