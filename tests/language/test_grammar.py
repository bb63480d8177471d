"""The parser's tables: those in the package belong to its grammar, and what does not fit is worked out anew."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import lark
import pytest

from netspec.diagnostics import Problems, Source
from netspec.language import grammar, parse
from netspec.language.builder import Builder
from netspec.language.compile_grammar import compiled

TEXT = grammar.GRAMMAR.read_text(encoding="utf-8")
SAVED: dict[str, Any] = json.loads(grammar.TABLES.read_bytes())
#: Tables of the Lark that is installed, whichever that is.
OURS = SAVED if SAVED["origin"]["lark"] == lark.__version__ else json.loads(compiled(TEXT))


def test_the_tables_in_the_package_are_those_of_its_grammar() -> None:
    """`python -m netspec.language.compile_grammar` writes them; another Lark may write them otherwise."""
    assert SAVED["origin"]["grammar"] == grammar.origin(TEXT)["grammar"]
    if SAVED["origin"]["lark"] == lark.__version__:
        assert compiled(TEXT) == grammar.TABLES.read_text(encoding="utf-8")


def copy(folder: Path, **origin: str) -> Path:
    path = folder / "grammar.json"
    path.write_text(json.dumps(OURS | {"origin": grammar.origin(TEXT) | origin}))
    return path


@pytest.mark.slow
@pytest.mark.parametrize("origin", [{"lark": "1.2.0"}, {"grammar": "0" * 64}, {"other": ""}])
def test_tables_of_another_grammar_or_lark_are_not_read(origin: dict[str, str], tmp_path: Path) -> None:
    assert grammar.loaded(copy(tmp_path), TEXT, Builder()) is not None
    assert grammar.loaded(copy(tmp_path, **origin), TEXT, Builder()) is None


@pytest.mark.parametrize("content", [None, b"", b"[]", b"{}", b"\xff", b'{"origin": 1}'])
def test_tables_that_are_none_are_not_read(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "grammar.json"
    if content is not None:
        path.write_bytes(content)
    assert grammar.loaded(path, TEXT, Builder()) is None


@pytest.mark.parametrize("stale", [False, True])
def test_a_file_is_parsed_with_tables_loaded_or_built(
    stale: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[str] = []
    real = grammar.built
    monkeypatch.setattr(grammar, "TABLES", copy(tmp_path, **({"lark": "0"} if stale else {"lark": lark.__version__})))
    monkeypatch.setattr(grammar, "built", lambda text, builder: built.append(text) or real(text, builder))
    grammar.machine.cache_clear()
    try:
        problems = Problems()
        file = parse(Source("net", "netspec 1\nlet k = 3\nblock b() { conv(k, 3) -> relu }\n"), problems)
    finally:
        grammar.machine.cache_clear()
    assert not problems.errors
    assert [type(item).__name__ for item in file.items] == ["Let", "Block"]
    assert built == ([TEXT] if stale else [])


def test_the_digest_is_of_the_grammar_and_of_lark(monkeypatch: pytest.MonkeyPatch) -> None:
    before = grammar.origin(TEXT)
    assert grammar.origin(TEXT + "\n") != before
    monkeypatch.setattr(lark, "__version__", "0")
    assert grammar.origin(TEXT) != before
