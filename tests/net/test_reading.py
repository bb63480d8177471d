"""Values of `--set` from their text, and files that are no net."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from netspec.diagnostics import Problems, SpecError, Trouble
from netspec.net import load, read, setting


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("-3", -3),
        ("0.5", 0.5),
        ("1e-3", 0.001),
        ("2 * 8 + 1", 17),
        ("true", True),
        ("false", False),
        ("[1, 2, 3]", [1, 2, 3]),
        ("[1, [2]]", [1, [2]]),
        ('"two words"', "two words"),
        ("relu", "relu"),  # a name of nothing is its own text
        ("two words", "two words"),
        ("a.b", "a.b"),
        ("1 / 0", "1 / 0"),
        ("", ""),
        ("3 x 5", (3, 5)),
        ("1\nlet b = 2", "1\nlet b = 2"),  # one value, not a file
    ],
)
def test_a_value_of_the_command_line(text: str, value: Any) -> None:
    found = setting(text)
    assert found == value
    assert isinstance(found, type(value))


def test_a_parameter_is_set_by_name(tmp_path: Path) -> None:
    path = tmp_path / "a.net"
    path.write_text("netspec 1\nnet A(n = 2) {\n    input x: 3\n    output y = x -> dense(n)\n}\n", encoding="utf-8")
    assert load(path).graph.shapes["y/dense"] == (2,)
    net = load(str(path), n=7)
    assert net.graph.shapes["y/dense"] == (7,)
    assert (net.given, net.path, net.name) == ({"n": 7}, path, "A")
    with pytest.raises(SpecError, match="n2"):
        load(path, n2=7)


def test_a_library_has_no_net_and_the_help_says_how_it_is_used(tmp_path: Path) -> None:
    path = tmp_path / "blocks.net"
    path.write_text("netspec 1\nblock b(n) { dense(n) }\n", encoding="utf-8")
    problems = Problems()
    assert read(path, {}, problems) is None
    assert not problems.errors  # nothing is wrong with it
    with pytest.raises(SpecError) as caught:
        load(path)
    (problem,) = caught.value.problems
    assert problem.code == "N608"
    assert 'use "blocks.net"' in problem.help


def test_what_is_no_text_is_a_finding_and_what_is_not_there_is_trouble(tmp_path: Path) -> None:
    path = tmp_path / "a.net"
    path.write_bytes(b"netspec 1\n\xff\n")
    problems = Problems()
    assert read(path, {}, problems) is None
    assert [problem.code for problem in problems] == ["N602"]
    with pytest.raises(Trouble) as caught:
        read(tmp_path / "none.net", {}, problems)
    assert caught.value.code == "N601"


def test_used_files_lie_below_the_root(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "b.net").write_text("netspec 1\nlet n = 4\n", encoding="utf-8")
    path = tmp_path / "inner" / "a.net"
    path.write_text('netspec 1\nuse "../b.net"\nnet A {\n    input x: 3\n    output y = x -> dense(n)\n}\n')
    with pytest.raises(SpecError, match="N603"):
        load(path)
    net = load(path, root=tmp_path)
    assert net.parameters == 16
    assert net.files == [path, tmp_path / "b.net"]
