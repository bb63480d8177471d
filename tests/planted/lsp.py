"""Faults of what an editor is told."""

from __future__ import annotations

from tests.planted.fault import Planted

T = "tests/lsp/test_"

FAULTS: tuple[Planted, ...] = (
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
        old="if part.version == version else ()",
        new="",
        tests=T + "findings.py::test_what_is_not_saved_counts_in_files_that_are_used",
        rule="findings of an old version are not told",
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
