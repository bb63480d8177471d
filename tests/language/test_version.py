"""The first line: the version of the language, or whose file it is."""

from __future__ import annotations

import pytest

from netspec.diagnostics import Problems, Source
from netspec.language import parse
from netspec.language.version import read_version, says_version

SOUND = [
    "netspec 1",
    "netspec 1\n",
    "  netspec   1  # x\nlet a = 3",
    "# a\n\n\t# b\nnetspec\t1",
    "netspec 1#x",
    "netspec 000000001",
]
LATER = ["netspec 2", "netspec 0", "netspec 12", "netspec 0000000012", "netspec 1000000001", "netspec 10000000010"]
MISSPELT = [
    "netspec",
    "netspec one",
    "Netspec 1",
    "NETSPEC 1",
    "netspec 1.0",
    "netspec 1 net A { }",
    "netspec: 1",
    "netspec-1",
    "netspec 1, 2",
]
NOT_SAID = [
    "net A { }",
    "block b(",
    'use "a"',
    "let a = 3",
    "sparse table c: 3",
    "# a\n\nnet A { }\n",
    "\n\n x\nnet A(",
]
THEIRS = {
    "SNNS network definition file V1.4-3D\nx": "SNNS",
    "[net]\nbatch=1": "Darknet",
    "[network]\nbatch=1": "Darknet",
    'name: "LeNet"\nlayer {\n': "Caffe",
    'name: "LeNet"\ninput: "data"\nlayers {\n': "Caffe",
    "layer {": "Caffe",
    "*Vertices 3": "Pajek",
    "*network a": "Pajek",
    "net\n{\n}": "Hugin",
    "net {\n}": "Hugin",
    "class A\n{": "Hugin",
}
STRANGE = [
    "",
    "\n\n",
    "# only a comment",
    "hello",
    "let",
    "network A { }",
    "lets go",
    "<html>",
    "netspecs 1",
    "xnetspec 1",
]


def found(text: str) -> tuple[list[str], str]:
    problems = Problems(None)
    read_version(Source("a.net", text), problems)
    return [problem.code for problem in problems], "".join(problem.message for problem in problems)


@pytest.mark.parametrize("text", SOUND)
def test_version_1_is_read(text: str) -> None:
    assert says_version(text)
    assert found(text)[0] == []


@pytest.mark.parametrize("text", LATER)
def test_another_version_is_refused_and_named(text: str) -> None:
    codes, message = found(text)
    assert codes == ["N002"]
    assert f"version {text.split()[1]}" in message


@pytest.mark.parametrize("text", MISSPELT)
def test_a_version_written_otherwise_is_said_once(text: str) -> None:
    assert not says_version(text)
    codes, message = found(text)
    assert codes == ["N001"]
    assert "not written like this" in message


@pytest.mark.parametrize("text", NOT_SAID)
def test_a_file_of_ours_without_a_version_is_read_all_the_same(text: str) -> None:
    codes, message = found(text)
    assert codes == ["N001"]
    assert "does not state" in message
    assert not read_version(Source("a.net", text), Problems()).foreign


@pytest.mark.parametrize(("text", "whose"), THEIRS.items())
def test_a_file_of_another_program_is_known(text: str, whose: str) -> None:
    codes, message = found(text)
    assert codes == ["N001"]
    assert whose in message
    assert read_version(Source("a.net", text), Problems()).foreign


@pytest.mark.parametrize("text", STRANGE)
def test_a_file_that_may_be_anybodys_is_not_read_on_nor_quoted(text: str) -> None:
    problems = Problems(None)
    assert parse(Source("a.net", text + "\n$$$"), problems).items == ()
    (problem,) = problems
    assert problem.code == "N001"
    assert problem.span is not None
    assert not problem.span.source.quoted


def test_what_follows_a_missing_version_is_read() -> None:
    problems = Problems(None)
    parse(Source("a.net", "net A {\n a = b b b\n}\nlet = 3\n"), problems)
    assert [problem.code for problem in problems] == ["N001", "N008", "N008"]


def test_what_follows_a_misspelt_version_on_its_line_is_read_where_it_has_braces() -> None:
    for text, count in (("netspec 1 net A { = }", 2), ("netspec 1 = =", 1)):
        problems = Problems(None)
        parse(Source("a.net", text), problems)
        assert len(list(problems)) == count, text


def test_the_place_is_the_line_that_should_say_it() -> None:
    for text, place, covered in (
        ("# a\nnetspec one # x\n", (2, 1), "netspec one # x"),
        ("# a\n\n net A {\n", (3, 2), "net A {"),
        ("", (1, 1), ""),
    ):
        (problem,) = _problems(text)
        assert problem.span is not None
        assert (problem.span.line, problem.span.column) == place
        assert problem.span.text == covered
    (later,) = _problems("netspec 2")
    assert later.span is not None
    assert later.span.text == "2"


def _problems(text: str) -> Problems:
    problems = Problems(None)
    read_version(Source("a.net", text), problems)
    return problems
