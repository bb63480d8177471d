"""The mutation report's own tables: rooms that exist, equivalents that are still there, arithmetic of a row."""

from __future__ import annotations

import pytest

from tests.mutation.__main__ import equivalents, line, same
from tests.mutation.rooms import ROOMS, ROOT
from tests.mutation.work import KILLED, SURVIVED, UNREACHED, Mutant


@pytest.mark.parametrize("name", ROOMS)
def test_a_room_has_files_and_tests(name: str) -> None:
    assert ROOMS[name].sources()
    assert ROOMS[name].judges()


def test_an_equivalent_is_about_a_line_that_is_there() -> None:
    for row in equivalents():
        assert set(row) == {"function", "was", "now", "why"}
        files = [ROOT / (row["function"].rsplit(".", cut)[0].replace(".", "/") + ".py") for cut in (1, 2)]
        text = "\n".join(path.read_text(encoding="utf-8") for path in files if path.exists())
        assert row["was"] in text, row


def test_the_name_of_a_mutant_tells_its_function() -> None:
    assert Mutant("netspec.tables.table.x_union__mutmut_3", KILLED).function == "netspec.tables.table.union"
    assert Mutant("netspec.tables.table.x__keys__mutmut_13", KILLED).function == "netspec.tables.table._keys"
    assert Mutant("netspec.ops.conv.xǁConvǁshape__mutmut_1", KILLED).function == "netspec.ops.conv.Conv.shape"
    assert Mutant("netspec.ops.conv.xǁConvǁ__init____mutmut_1", KILLED).function == "netspec.ops.conv.Conv.__init__"


def test_the_score_is_of_what_tests_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    row = {"function": "m.f", "was": "a > b", "now": "a >= b", "why": "equal"}
    monkeypatch.setattr("tests.mutation.__main__.equivalents", lambda: [row])
    mutants = [
        *(Mutant(f"m.x_f__mutmut_{i}", KILLED) for i in range(6)),
        Mutant("m.x_f__mutmut_7", SURVIVED, ("a > b",), ("a >= b",)),
        Mutant("m.x_f__mutmut_8", SURVIVED, ("a > b",), ("a < b",)),
        Mutant("m.x_f__mutmut_9", SURVIVED, ("1",), ("2",)),
        Mutant("m.x_g__mutmut_1", UNREACHED),
    ]
    text, left = line("m", mutants)
    assert [same(mutant, row) for mutant in mutants].count(True) == 1
    assert [mutant.name[-1] for mutant in left] == ["8", "9"]
    assert text.split() == ["m", "10", "6", "2", "1", "1", "75.0", "%"]  # 6 of 8
