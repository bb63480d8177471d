"""What all tests share."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))  # `from tests.fuzz import …`


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--accept", action="store_true", help="Write what netspec prints into the pages; then read the diff."
    )


sys.setrecursionlimit(20_000)  # as elaboration does; hypothesis minds where it changes inside a test
