"""Files as editors, systems and web pages leave them: encodings, line ends, blanks, characters that mislead."""

from __future__ import annotations

from pathlib import Path

import pytest

from netspec.cli import main
from netspec.diagnostics import Problems, Source, render
from netspec.elaborate import elaborate
from netspec.language import format_text, parse

SOUND = "netspec 1\nnet A {\n input x: 3 x 8 x 8\n # a comment\n output y = x -> conv(4, 3) -> relu\n}\n"
PICTURE = (
    "netspec 1\nnet A {\n input x: 3\n sparse table t: 3 -> 3 {\n  X . X\n  . X .\n  X X X\n }\n"
    " output y = x -> dense(3, table: t)\n}\n"
)


def findings(text: str) -> Problems:
    problems = Problems()
    elaborate(parse(Source("a.net", text), problems), problems)
    return problems


def codes(text: str) -> list[str]:
    return [problem.code for problem in findings(text)]


FILES = {
    "sound": (SOUND.encode(), 0, ""),
    "byte order mark": (b"\xef\xbb\xbf" + SOUND.encode(), 0, ""),
    "CRLF": (SOUND.replace("\n", "\r\n").encode(), 0, ""),
    "lone CR": (SOUND.replace("\n", "\r").encode(), 0, ""),
    "no last line end": (SOUND.rstrip("\n").encode(), 0, ""),
    "empty": (b"", 1, "N001"),
    "blank": (b" \n\t\n", 1, "N001"),
    "only comments": (b"# nothing\n# more", 1, "N001"),
    "only the version": (b"netspec 1", 0, ""),
    "comments before the version": (b"# a\n\n   # b\n" + SOUND.encode(), 0, ""),
    "NUL": (SOUND.replace("relu", "re\0lu").encode(), 1, "N003"),
    "larger than 4 MiB": (b"#" * (4 * 2**20 + 1), 1, "N602"),
    "4 MiB of a comment": (b"netspec 1\n#" + b"a" * (4 * 2**20 - 11), 0, ""),
    "4 MiB of a string": (b'netspec 1\nlet a = "' + b"a" * (4 * 2**20 - 20) + b'"', 0, ""),
    "Latin-1": ("netspec 1\n# größe".encode("latin-1"), 1, "N602"),
    "UTF-16": (SOUND.encode("utf-16"), 1, "N602"),
    "half a surrogate": (b"netspec 1\n# \xed\xa0\x80", 1, "N602"),
    "cut in a character": ("netspec 1\n# 卷".encode()[:-1], 1, "N602"),
}


@pytest.mark.parametrize(("content", "status", "code"), FILES.values(), ids=FILES)
def test_a_file_is_read_or_refused(
    content: bytes, status: int, code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.net").write_bytes(content)
    assert main(["check", str(tmp_path / "a.net")]) == status
    err = capsys.readouterr().err
    assert (f"error[{code}]" in err) if code else err == ""


@pytest.mark.parametrize(("content", "place", "shown"), [
    ("netspec 1\n# größe".encode("latin-1"), "2:5", True),
    ("netspec 1\r\n# 卷積 ".encode() + b"\xff", "2:6", True),
    (b"\xef\xbb\xbfnetspec 1 # \xff\n", "1:13", True),
    (b"secret\n  \xff", "2:3", False),
])  # fmt: skip
def test_a_byte_that_is_no_text_has_its_place(
    content: bytes, place: str, shown: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.net").write_bytes(content)
    assert main(["check", str(tmp_path / "a.net")]) == 1
    err = capsys.readouterr().err
    assert f" --> {tmp_path}/a.net:{place}\n" in err and ("\ufffd" in err) == shown and "secret" not in err


BLANKS = "\u00a0\u1680\u2000\u2003\u2009\u202f\u205f\u3000\x0b\x0c\x1c\x85\u2028"


@pytest.mark.parametrize("blank", BLANKS, ids=lambda c: f"{ord(c):04X}")
def test_blanks_of_unicode_are_blanks(blank: str) -> None:
    for text in (SOUND, PICTURE):
        strange = (
            text.replace("netspec 1", f"netspec{blank}1")
            .replace(" . ", f"{blank}.{blank}")
            .replace(" -> ", f"{blank}->{blank}")
            .replace("\n ", f"\n{blank}")
        )
        assert render(findings(strange)) == render(findings(text)) == ""
        assert format_text(strange) == format_text(text)


@pytest.mark.parametrize(
    "sign", "\u202a\u202e\u2066\u2069\u200f\u200e\u061c\u2028\u2029\x85", ids=lambda c: f"{ord(c):04X}"
)
def test_what_misleads_is_told_in_comments_and_strings(sign: str) -> None:
    for line in (f"# a {sign} b", f'let s = "a{sign}b"', f"let k = 3 # {sign}{sign}"):
        problems = list(findings(f"netspec 1\n{line}\n"))
        assert [problem.code for problem in problems] == ["N009"] and problems[0].span is not None
        assert problems[0].span.column == line.index(sign) + 1
        assert sign not in render(problems)
    assert codes('netspec 1\nlet s = "a\\u202eb" # שלום مرحبا\n') == []


@pytest.mark.parametrize(("first", "second", "alike"), [
    ("data", "d\u0430ta", True), ("filter", "\ufb01lter", True), ("a1", "\uff41\uff11", True), ("K", "\u212a1", False),
    ("o", "\u03bf", True), ("Ab", "\u0391b", True),
    ("x1", "xl", False), ("l1", "I1", False), ("卷積", "卷积", False), ("größe", "grösse", False),
    ("alpha", "\u03b1", False), ("e1", "é1", False),
])  # fmt: skip
def test_names_that_look_alike_are_told(first: str, second: str, alike: bool) -> None:
    problems = list(findings(f"netspec 1\nlet {first} = 3\nlet {second} = 4\n"))
    assert [(problem.code, problem.severity) for problem in problems] == ([("N012", "warning")] if alike else [])


def test_cells_that_look_alike_are_told() -> None:
    assert codes("netspec 1\nshared table t: 2 -> 2 {\n a \u0430\n . a\n}\n") == ["N012"]


@pytest.mark.slow
@pytest.mark.parametrize("depth", [10, 99, 101, 1000, 10_000])
@pytest.mark.parametrize(("before", "again", "last", "behind"), [
    ("", "2 ** ", "1", ""), ("", "2 ** -", "1", ""), ("[1]", "[0]", "", ""), ("a", ".maps", "", ""),
    ("", "1 if true else ", "2", ""), ("", "(", "1", ")"), ("", "[", "1", "]"), ("", "max(", "1", ")"),
])  # fmt: skip
def test_depth_is_a_limit_with_a_place(before: str, again: str, last: str, behind: str, depth: int) -> None:
    problems = Problems()
    parse(Source("a.net", f"netspec 1\nlet k = {before}{again * depth}{last}{behind * depth}\n"), problems)
    assert [problem.code for problem in problems] == (["N007"] if depth > 100 else [])
    assert all(
        problem.span is not None and problem.span.line == 2 and "nested deeper than 100" in problem.message
        for problem in problems
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "line",
    [
        "[" + "1, " * 10_000 + "1]",
        "1" + " + 1" * 10_000,
        "false" + " or false" * 10_000,
        "-" * 10_000 + "1",
        "not " * 10_000 + "true",
        "1" + " x 1" * 10_000,
    ],
)
def test_what_is_long_and_flat_works(line: str) -> None:
    assert codes(f"netspec 1\nlet k = {line}\n") == []


LET, TRAIN = (
    "netspec 1\nlet k = {}\n",
    "netspec 1\nnet A {{\n input x: 3\n output y = x -> dense(3)\n}}\ntrain {{\n {}\n}}\n",
)


@pytest.mark.parametrize(("form", "written", "message", "help"), [
    (LET, ".5", "a digit before its point", "`0.5`"), (LET, "[.25, 1]", "a digit before its point", "`0.25`"),
    (LET, "-.5", "a digit before its point", "`0.5`"),
    (LET, "5.", "a digit after its point", "`5.0`"), (LET, "[5., 1]", "a digit after its point", "`5.0`"),
    (TRAIN, "clip: .5", "a digit before its point", "`0.5`"),
    (LET, "3 y", "`y` is a second", "`3 * y`"), (LET, "3 4", "`4` is a second", "`[3, 4]`"),
    (TRAIN, "batch: 3 4", "`4` is a second", "delete it"), (TRAIN, "batch: 3 y", "`y` is a second", "delete it"),
    (TRAIN, "schedule: warmup(3) cosine", "an arrow is missing", "`-> cosine`"),
    (LET, "[1 2]", "a comma is missing", "`1, 2`"), (LET, "max(1 2)", "a comma is missing", "`1, 2`"),
])  # fmt: skip
def test_help_can_be_followed(form: str, written: str, message: str, help: str) -> None:
    problems = [problem for problem in findings(form.format(written)) if problem.code == "N008"]
    assert len(problems) == 1 and message in problems[0].message and help in problems[0].help
    assert "arrow" in message or "->" not in problems[0].help
