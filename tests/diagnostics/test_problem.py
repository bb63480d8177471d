"""Places in a text, findings in order and once, faults that find their place later."""

from __future__ import annotations

import pytest

from netspec.diagnostics import Fault, Problem, Problems, Source, Span, SpecError, TooMany, Trouble
from netspec.diagnostics.shortened import MOST, WORD, shortened

TEXT = "ab\n\ncdé\nf"
SOURCE = Source("a.net", TEXT)


@pytest.mark.parametrize(
    ("offset", "line", "column"),
    [(0, 1, 1), (1, 1, 2), (2, 1, 3), (3, 2, 1), (4, 3, 1), (6, 3, 3), (7, 3, 4), (8, 4, 1), (9, 4, 2)],
)
def test_lines_and_columns_count_from_one(offset: int, line: int, column: int) -> None:
    assert SOURCE.place(offset) == (line, column)
    assert (Span(SOURCE, offset, offset).line, Span(SOURCE, offset, offset).column) == (line, column)


def test_the_lines_of_a_source() -> None:
    assert [SOURCE.line(number) for number in (1, 2, 3, 4)] == ["ab", "", "cdé", "f"]
    assert Source("b", "x\n").line(2) == ""
    assert Source("b", "").place(0) == (1, 1)


def test_spans() -> None:
    first, second = Span(SOURCE, 0, 2), Span(SOURCE, 4, 7)
    assert (first.text, second.text, first.to(second).text) == ("ab", "cdé", "ab\n\ncdé")


def spans(problems: Problems) -> list[tuple[str, int]]:
    return [(problem.code, problem.span.start if problem.span else -1) for problem in problems]


def test_findings_are_read_in_the_order_of_the_file_and_kept_once() -> None:
    problems = Problems()
    problems.error("N204", Span(SOURCE, 4, 5), "b")
    problems.error("N101", Span(SOURCE, 4, 5), "b")
    problems.warning("N301", Span(SOURCE, 1, 2), "a")
    problems.error("N204", Span(SOURCE, 4, 5), "b", help="another help")
    problems.error("N900", None, "of no place")
    assert spans(problems) == [("N900", -1), ("N301", 1), ("N101", 4), ("N204", 4)]
    assert len(problems) == 4
    assert [problem.code for problem in problems.errors] == ["N900", "N101", "N204"]
    problems.error("N204", Span(SOURCE, 4, 6), "b")
    problems.error("N204", Span(SOURCE, 4, 5), "c")
    assert len(problems) == 6


def test_findings_of_several_files_stand_by_file() -> None:
    problems = Problems()
    for name, start in (("b", 0), ("a", 5), ("a", 2)):
        problems.error("N101", Span(Source(name, TEXT), start, start + 1), "m")
    assert [(p.span.source.name, p.span.start) for p in problems if p.span] == [("a", 2), ("a", 5), ("b", 0)]


def test_a_warning_stops_nothing() -> None:
    problems = Problems()
    problems.warning("N104", None, "unused")
    assert not problems.failed
    assert problems.errors == []
    problems.error("N101", None, "unknown")
    assert problems.failed


def test_so_many_findings_are_kept() -> None:
    problems = Problems(2)
    for start in (0, 1, 0):
        problems.error("N101", Span(SOURCE, start, start + 1), "m")  # the third is the first again
    assert (len(problems), problems.cut) == (2, False)
    with pytest.raises(TooMany):
        problems.error("N101", Span(SOURCE, 2, 3), "m")
    assert (len(problems), problems.cut) == (2, True)
    assert Problems().most == 10_000


def test_a_fault_becomes_a_problem_where_its_place_is_known() -> None:
    own, given = Span(SOURCE, 0, 1), Span(SOURCE, 4, 5)
    fault = Fault("N204", "m", at="table", label="l", help="h")
    assert (str(fault), fault.status, fault.at, fault.span) == ("m", 1, "table", None)
    assert fault.problem(given) == Problem("N204", "error", given, "m", "l", (), "h")
    placed = Fault("N602", "m", span=own)
    assert placed.problem().span is own
    assert placed.problem(given).span is given
    assert Trouble("N601", "m").status == 2


def test_an_exception_of_a_spec_says_the_first_error_and_how_many_more() -> None:
    problems = Problems()
    problems.warning("N104", Span(SOURCE, 0, 1), "unused")
    problems.error("N101", Span(SOURCE, 4, 5), "unknown")
    assert str(SpecError(problems)) == "a.net:3:1: N101 unknown"
    problems.error("N102", Span(SOURCE, 8, 9), "m")
    problems.error("N103", Span(SOURCE, 8, 9), "m")
    assert str(SpecError(problems)) == "a.net:3:1: N101 unknown (and 2 more)"
    nowhere = Problems()
    nowhere.error("N113", None, "no net")
    assert str(SpecError(nowhere)) == "N113 no net"


def test_what_is_quoted_of_a_file_is_cut_to_a_length() -> None:
    assert shortened("a" * WORD) == "a" * WORD
    assert shortened("a" * WORD + " b") == "a" * WORD + " b"
    assert shortened("`" + "a" * 60 + "`") == "`" + "a" * 39 + "…" + "a" * 14 + "`"
    assert shortened("x/" + "a" * 50 + "/" + "b" * 50) == "x/" + "a" * 50 + "/" + "b" * 50
    words = "word " * (MOST // 5)
    assert shortened(words) == words
    assert len(shortened(words + "x")) == MOST // 3 + MOST * 2 // 3 + 1 + 1
    assert shortened("begin " + words * 2 + "end").startswith("begin word")
    assert shortened("begin " + words * 2 + "end").endswith("word end")
    assert len(shortened("a b" * 10**6)) <= MOST + 2
    problems = Problems()
    problems.error("N101", Span(SOURCE, 0, 1), "m" * 100, label="l" * 100, help="h" * 100)
    problems.error("N113", None, "m" * 100)
    nowhere, cut = problems
    assert len(nowhere.message) == 100  # what has no place quotes nothing of a file
    assert {len(cut.message), len(cut.label), len(cut.help)} == {56}
