"""Lark's machine for grammar.lark, from the tables in grammar.json where they belong to this grammar and this Lark.

Working the tables out takes a third of a second, loading them a few milliseconds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import lark
from lark import Lark, Token
from lark.lexer import Lexer

from netspec.language.builder import Builder

_FOLDER = Path(__file__).parent
GRAMMAR, TABLES = _FOLDER / "grammar.lark", _FOLDER / "grammar.json"


class _Ready(Lexer):
    """Lark asks for a lexer; ours has already run."""

    def __init__(self, conf: Any) -> None:
        pass

    def lex(self, *_: Any) -> Iterator[Token]:
        return iter(())


@cache
def machine() -> tuple[Lark, Builder]:
    """The machine, and the builder that it hands its parts to: one of each, made when first asked for."""
    builder, grammar = Builder(), GRAMMAR.read_text(encoding="utf-8")
    return loaded(TABLES, grammar, builder) or built(grammar, builder), builder


def built(grammar: str, builder: Builder) -> Lark:
    """The machine, its tables worked out from the grammar."""
    options: Any = {"lexer": _Ready, "transformer": builder}
    return Lark(grammar, parser="lalr", keep_all_tokens=True, maybe_placeholders=False, **options)


def origin(grammar: str) -> dict[str, str]:
    """What tables belong to: a grammar, and the Lark that made them and reads them."""
    return {"lark": lark.__version__, "grammar": sha256(grammar.encode()).hexdigest()}


def loaded(path: Path, grammar: str, builder: Builder) -> Lark | None:
    """The machine with the tables of a file; None where there are none, or those of another grammar or Lark."""
    try:
        saved = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    if not isinstance(saved, dict) or saved.get("origin") != origin(grammar):
        return None
    data = saved["data"]
    data["options"]["lexer"] = data["parser"]["lexer_conf"]["lexer_type"] = _Ready
    table = data["parser"]["parser"]  # Lark keys these by numbers, which JSON does not have
    table["tokens"] = dict(enumerate(table["tokens"]))
    table["states"] = {
        state: {int(token): action for token, action in actions.items()}
        for state, actions in enumerate(table["states"])
    }
    untyped: Any = Lark
    result: Lark = untyped._load_from_dict(data, dict(enumerate(saved["memo"])), transformer=builder)
    return result
