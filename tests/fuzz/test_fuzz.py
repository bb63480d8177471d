from __future__ import annotations

import pytest

from tests.fuzz.frame import run
from tests.fuzz.harnesses import HARNESSES

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", HARNESSES)
def test_nothing_is_found(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    harness = HARNESSES[name]
    report = run(harness, 0, harness.short)
    assert not report.findings, "\n\n".join(f"{name} {number}: {text}" for number, text in report.findings[:5])
    assert report.cases == harness.short
