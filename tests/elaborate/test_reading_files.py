"""Files as text, and what a spec may use of them (language.md sections 2, 3 and 7)."""

from __future__ import annotations

from pathlib import Path

import pytest

from netspec.diagnostics import Fault, Problems, Trouble
from netspec.elaborate import elaborate, read_source
from netspec.elaborate.files import decode
from netspec.language import parse
from tests.elaborate.reading import read

MEBIBYTE = 2**20


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"a\nb", "a\nb"), (b"a\r\nb\r\n", "a\nb\n"), (b"a\rb", "a\nb"), (b"\xef\xbb\xbfa", "a"),
        ("é卷".encode(), "é卷"), (b"", ""), (b"a\xef\xbb\xbf", "a\ufeff"),
    ],
)  # fmt: skip
def test_text(content: bytes, text: str) -> None:
    assert decode(content, "s.net") == text


@pytest.mark.parametrize(
    ("content", "byte", "line", "column", "quoted"),
    [
        (b"netspec 1\nlet a = 1\n# gr\xf6\xdfe\n", 24, 3, 5, True), (b"\xff", 0, 1, 1, False),
        (b"netspec 1\r\n\r\n\xff", 13, 3, 1, True), (b"\xef\xbb\xbfnetspec 1\n\xff", 13, 2, 1, True),
        (b"a\xc3", 1, 1, 2, False), (b"key = 1\n\xff", 8, 2, 1, False),
    ],
)  # fmt: skip
def test_what_is_not_utf_8_is_shown_at_its_place(
    content: bytes, byte: int, line: int, column: int, quoted: bool
) -> None:
    with pytest.raises(Fault) as caught:
        decode(content, "s.net")
    fault = caught.value
    assert (fault.code, f"byte {byte} (line {line}) is 0x{content[byte]:02X}" in fault.message) == ("N602", True)
    assert fault.span is not None
    assert (fault.span.line, fault.span.column, fault.span.source.quoted) == (line, column, quoted)
    assert fault.span.end - fault.span.start == 1


def test_a_file_has_4_mib_at_most(tmp_path: Path) -> None:
    (tmp_path / "a.net").write_bytes(b"#" * (4 * MEBIBYTE))
    assert len(read_source(tmp_path / "a.net").text) == 4 * MEBIBYTE
    (tmp_path / "a.net").write_bytes(b"#" * (4 * MEBIBYTE + 1))
    with pytest.raises(Fault, match="larger than 4 MiB"):
        read_source(tmp_path / "a.net")
    with pytest.raises(Trouble):
        read_source(tmp_path / "missing.net")


def test_the_name_of_a_source(tmp_path: Path) -> None:
    (tmp_path / "a.net").write_text("netspec 1")
    assert read_source(tmp_path / "a.net").name == str(tmp_path / "a.net")
    assert read_source(tmp_path / "a.net", "short").name == "short"


def test_a_text_that_is_no_file_uses_none() -> None:
    assert read('use "a.net"').places == ['N603 use "a.net"']


def codes(path: Path) -> list[str]:
    """The messages of a file on disk."""
    problems = Problems()
    elaborate(parse(read_source(path), problems), problems, path=path)
    return [problem.message for problem in problems]


def test_all_the_files_together_have_4_mib_at_most(tmp_path: Path) -> None:
    half = b"netspec 1\n" + b"#" * (2 * MEBIBYTE - 10)
    (tmp_path / "a.net").write_bytes(half)
    (tmp_path / "b.net").write_bytes(half)
    (tmp_path / "s.net").write_text('netspec 1\nuse "a.net"\nuse "b.net"\n')
    assert codes(tmp_path / "s.net") == []
    (tmp_path / "b.net").write_bytes(half + b"#")
    assert codes(tmp_path / "s.net") == ['"b.net" cannot be used: the files that are used come to more than 4 MiB']


def test_a_file_gives_its_blocks_tables_and_constants(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "a.net").write_text(
        'netspec 1\nuse "b.net"\nlet n = m + 1\nblock unit { dense(n) }\nsparse table t: 2 -> 2 = full\nnet Own { }\n'
    )
    (tmp_path / "lib" / "b.net").write_text("netspec 1\nlet m = 4\n")
    text = 'netspec 1\nuse "lib/a.net"\nnet A {\n input u: 2\n output y = u -> unit -> dense(n + m + t.inputs)\n}\n'
    (tmp_path / "s.net").write_text(text)
    problems = Problems()
    meaning = elaborate(parse(read_source(tmp_path / "s.net"), problems), problems, path=tmp_path / "s.net")
    assert meaning.graph is not None
    assert [node.shape for node in meaning.graph.nodes] == [(5,), (11,)]
    assert sorted(path.name for path in meaning.files) == ["a.net", "b.net"]
    (tmp_path / "s.net").write_text(text + "let n = 3\n")
    assert codes(tmp_path / "s.net") == ["n is bound twice in the same braces"]


@pytest.mark.parametrize(
    ("library", "wanted"),
    [
        ("let n = 1 / 0", ["division by zero", "nothing is named more"]), ("let = 3", ["`=` cannot stand here"]),
        ('use "gone.net"', ['"gone.net" cannot be used: cannot be read: no such file or directory']),
        ("let n = 3", ["nothing is named more"]),
    ],
)  # fmt: skip
def test_only_what_a_used_file_may_have_lacked_is_silent(tmp_path: Path, library: str, wanted: list[str]) -> None:
    (tmp_path / "a.net").write_text(f"netspec 1\n{library}\nblock unit {{ relu }}\n")
    (tmp_path / "b.net").write_text('netspec 1\nuse "a.net"\n')
    for name in ("a.net", "b.net"):
        text = f'netspec 1\nuse "{name}"\nnet A {{\n input u: 4\n output y = u -> unit -> dense(n) -> dense(more)\n}}\n'
        (tmp_path / "s.net").write_text(text.replace("dense(n)", "dense(n)" if "n =" in library else "relu"))
        assert codes(tmp_path / "s.net") == wanted
