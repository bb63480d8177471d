"""Faults of what an editor is told."""

from __future__ import annotations

from tests.planted.fault import Planted

T = "tests/lsp/test_"

FAULTS: tuple[Planted, ...] = (
    Planted(
        file="lsp/outline.py",
        old="first = last = -1",
        new="first = last = 0",
        tests=T + "showing.py::test_folds_are_told_from_words_alone",
        rule="one comment in the first line is no fold",
    ),
    Planted(
        file="lsp/hover.py",
        old="if start <= offset <= end and (text",
        new="if start < offset < end and (text",
        tests=T + "showing.py",
        rule="a word of the language is told at both its ends",
    ),
    Planted(
        file="lsp/positions.py",
        old='text.encode("utf-16-le", "surrogatepass")) // 2',
        new="text)",
        tests=T + "findings.py::test_places_are_counted_as_was_agreed",
        rule="columns are units of UTF-16",
    ),
    Planted(
        file="lsp/positions.py",
        old='re.compile("\\r\\n|\\n|\\r")',
        new='re.compile("\\n")',
        tests=T + "positions.py",
        rule="a carriage return ends a line too",
    ),
    Planted(
        file="lsp/analyses.py",
        old="and document.real in other.snapshot.files",
        new="and False",
        tests=T + "findings.py::test_what_is_not_saved_counts_in_files_that_are_used",
        rule="who uses a document is read again when it changes",
    ),
    Planted(
        file="lsp/hints.py",
        old="for stage in pipe.stages[1:]",
        new="for stage in pipe.stages",
        tests=T + "showing.py",
        rule="shapes stand behind arrows",
    ),
    Planted(
        file="lsp/names.py",
        old="                if seen_from <= offset and not (hidden and declared.kind in _VALUES):",
        new="                if seen_from <= offset:",
        tests=T + "writing.py",
        rule="a block does not see the values around it",
    ),
    Planted(
        file="lsp/rename.py",
        old="_meanings(old) != _meanings(now) or",
        new="",
        tests=T + "naming.py::test_what_would_mean_something_else_is_refused",
        rule="a new name hides nothing",
    ),
    Planted(
        file="lsp/rename.py",
        old="or len(now.problems.errors) > len(old.problems.errors)",
        new="",
        tests=T + "naming.py::test_a_new_name_is_held_against_the_other_file_too",
        rule="a new name makes no error",
    ),
    Planted(
        file="lsp/fixes.py",
        old="return now[key] < count[key] and",
        new="return True or",
        tests=T + "mending.py::test_what_does_not_mend_is_not_offered",
        rule="a fix mends",
    ),
    Planted(
        file="lsp/completion.py",
        old="if maps is not None and table.inputs != maps:",
        new="if False:",
        tests=T + "writing.py::test_what_is_offered_in_a_net",
        rule="tables that are offered fit",
    ),
    Planted(
        file="lsp/formatting.py",
        old='"\\r\\n" if "\\r\\n" in',
        new='"\\n" if "\\r\\n" in',
        tests=T + "showing.py",
        rule="a document keeps its line ends",
    ),
    Planted(
        file="elaborate/trace.py",
        old="found.uses += 1",
        new="pass",
        tests="tests/elaborate/test_trace.py",
        rule="each use of a block is counted",
    ),
)
