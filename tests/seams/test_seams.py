"""What is declared is done everywhere, and nothing is done that is not declared."""

from __future__ import annotations

import re

import pytest

from tests.seams.found import ROOT
from tests.seams.places import SEAMS, Place, Seam
from tests.seams.table import rows

EACH = [pytest.param(seam, place, id=f"{seam.thing}: {place.where}") for seam in SEAMS for place in seam.places]


@pytest.mark.parametrize(("seam", "place"), EACH)
def test_what_is_declared_is_there(seam: Seam, place: Place) -> None:
    declared = seam.declared()
    known = place.names(declared)
    assert declared
    assert not declared - known, f"{seam.thing} {', '.join(sorted(declared - known))} has no place in: {place.where}"
    assert not known - declared, f"{place.where} has what no {seam.thing} is: {', '.join(sorted(known - declared))}"


def test_contributing_has_the_table_of_places() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    missing = [row for row in rows() if row not in text]
    assert not missing, "`python -m tests.seams --table` prints:\n" + "\n".join(missing)


@pytest.mark.parametrize("seam", SEAMS, ids=lambda seam: seam.thing)
def test_a_new_thing_needs_two_files_of_the_package_at_most(seam: Seam) -> None:
    texts = (seam.declaration, *(place.where for place in seam.places if not place.follows))
    files = {found[0] for text in texts if (found := re.search(r"netspec/[\w/.]+", text))}
    assert len(files) <= 2, files
