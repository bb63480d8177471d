"""The forms that findings are printed in: full as section 7 of the contract shows it, a line each, and JSON."""

from __future__ import annotations

import json

from netspec.diagnostics import Problem, Problems, Source, Span, render
from netspec.diagnostics.render import MOST_TOLD

TEXT = (
    "netspec 1\n"
    + "\n" * 5
    + "    sparse table c3: 6 -> 16 {\n"
    + "\n" * 10
    + "    C3 = S2 -> conv(16, 5, table: c3) -> tanh\n"
)
SOURCE = Source("lenet5.net", TEXT)


def span(words: str) -> Span:
    start = TEXT.index(words)
    return Span(SOURCE, start, start + len(words))


def paper() -> Problems:
    problems = Problems()
    problems.error(
        "N204", span("table: c3"), "table c3 wires 6 input maps, but S2 has 8",
        label="S2 is 8 x 14 x 14 (from line 17)",
        also=((span("6"), "6 input maps here"),), help="a table for 8 maps would start `sparse table c3: 8 -> 16`",
    )  # fmt: skip
    return problems


def test_the_full_form_is_that_of_the_contract() -> None:
    assert render(paper()) == (
        "error[N204]: table c3 wires 6 input maps, but S2 has 8\n"
        "  --> lenet5.net:18:28\n"
        "   |\n"
        " 7 |     sparse table c3: 6 -> 16 {\n"
        "   |                      - 6 input maps here\n"
        "18 |     C3 = S2 -> conv(16, 5, table: c3) -> tanh\n"
        "   |                            ^^^^^^^^^ S2 is 8 x 14 x 14 (from line 17)\n"
        "   = help: a table for 8 maps would start `sparse table c3: 8 -> 16`"
    )


def test_the_concise_form_is_a_line() -> None:
    assert render(paper(), "concise") == "lenet5.net:18:28: error[N204]: table c3 wires 6 input maps, but S2 has 8"
    nowhere = Problems()
    nowhere.warning("N113", None, "no net")
    assert render(nowhere, "concise") == "warning[N113]: no net"
    assert render(nowhere) == "warning[N113]: no net"


def test_the_json_form_has_every_field() -> None:
    (record,) = json.loads(render(paper(), "json"))
    assert record == {
        "code": "N204", "severity": "error", "message": "table c3 wires 6 input maps, but S2 has 8",
        "label": "S2 is 8 x 14 x 14 (from line 17)",
        "help": "a table for 8 maps would start `sparse table c3: 8 -> 16`",
        "file": "lenet5.net", "line": 18, "column": 28, "end_line": 18, "end_column": 37,
        "also": [{"label": "6 input maps here", "file": "lenet5.net", "line": 7, "column": 22, "end_line": 7,
        "end_column": 23}],
    }  # fmt: skip
    nowhere = Problems()
    nowhere.error("N113", None, "no net")
    (record,) = json.loads(render(nowhere, "json"))
    assert {record[key] for key in ("file", "line", "column", "end_line", "end_column")} == {None}


def test_nothing_is_printed_of_nothing() -> None:
    assert render(Problems()) == render(Problems(), "concise") == ""
    assert json.loads(render(Problems(), "json")) == []


def many(errors: int, warnings: int) -> list[Problem]:
    problems = Problems(None)
    source = Source("a", "x" * 1000)
    for start in range(warnings):
        problems.warning("N104", Span(source, start, start + 1), "w")
    for start in range(errors):
        problems.error("N101", Span(source, 500 + start, 501 + start), "e")
    return list(problems)


def test_errors_come_before_warnings_where_not_all_are_told() -> None:
    lines = render(many(3, 4), "concise", most=5).splitlines()
    assert [line.split()[1] for line in lines[:-1]] == ["warning[N104]:"] * 2 + ["error[N101]:"] * 3
    assert lines[-1] == "… and 2 more warnings (`netspec check --all` lists all)"
    assert render(many(3, 2), "concise", most=2).splitlines()[-1].startswith("… and 1 more error and 2 more warnings (")
    assert len(render(many(3, 2), "concise", most=5).splitlines()) == 5
    assert len(render(many(3, 4), "concise", most=None).splitlines()) == 7
    assert MOST_TOLD == 50
    assert len(render(many(51, 0), "concise").splitlines()) == 51


def test_json_counts_what_is_not_told() -> None:
    records = json.loads(render(many(3, 4), "json", most=5))
    assert [record.get("more") for record in records] == [None] * 4 + [2]
    assert "more" not in json.loads(render(many(1, 0), "json"))[0]


def test_a_file_that_was_not_read_on_says_so() -> None:
    problems = Problems(None, cut=True)
    for problem in many(3, 0):
        problems.add(problem)
    assert "and with that many the file was not read to its end" in render(problems, "concise", most=2)


def test_two_marks_of_one_line_share_it() -> None:
    source = Source("a", "let a = b c")
    problem = Problem("N101", "error", Span(source, 8, 9), "m", "here", ((Span(source, 4, 5), "there"),))
    assert render([problem]).splitlines()[3:] == ["1 | let a = b c", "  |     - there", "  |         ^ here"]


def test_a_mark_behind_the_end_of_a_line_shares_it() -> None:
    source = Source("a", "let a = b c")
    problem = Problem("N101", "error", Span(source, 11, 12), "m", "here", ((Span(source, 4, 5), "there"),))
    assert render([problem]).splitlines()[3:] == ["1 | let a = b c", "  |     - there", "  |            ^ here"]


def test_a_place_in_another_file_is_named() -> None:
    other = Source("b.net", "let x = 3")
    problem = Problem("N102", "error", span("6"), "m", "", ((Span(other, 4, 5), "first here"),))
    assert render([problem]).splitlines()[-1] == " ::: b.net:1:5: first here"


def test_a_finding_at_the_end_of_a_line_has_a_mark() -> None:
    source = Source("a", "ab\ncd")
    assert render([Problem("N008", "error", Span(source, 2, 2), "m")]).splitlines()[-2:] == ["1 | ab", "  |   ^"]


def test_every_line_of_help_is_help() -> None:
    problem = Problem("N001", "error", None, "m", help="one\ntwo")
    assert render([problem]).splitlines()[1:] == ["  = help: one", "  = help: two"]


def test_colours_change_nothing_but_colours() -> None:
    coloured = render(paper(), colour=True)
    assert "\x1b[1;31merror[N204]\x1b[0m" in coloured
    assert "\x1b[1;31m^^^^^^^^^ S2 is" in coloured
    assert "\x1b[1;34m- 6 input" in coloured
    plain = coloured
    for code in ("1;31", "1;33", "1;34", "1;36", "1", "0"):
        plain = plain.replace(f"\x1b[{code}m", "")
    assert plain == render(paper())
