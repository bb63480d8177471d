"""Random edits: none makes the server fail, and its answers stay those for the same text opened afresh."""

from __future__ import annotations

import random
import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from lsprotocol import types as lsp

from tests.lsp.asking import ALL, spec, this
from tests.lsp.editor import Editor, session

#: What is typed or pasted, and what is in the text at first.
PIECES = [
    "\n", "\r\n", "\r", " ", "    ", "{", "}", "(", ")", "[", "]", "->", " -> ", "=", ":", ",", '"', "#", ".",
    "..", "x", "|", "conv", "conv(4, 3)", "relu", "dense(10)", "image", "C3", "c3", "net", "block b(n) { ",
    "let k = 3\n", "share s = ", "expect C3(shape: 16 x 10 x 10)\n", "sparse table t: 6 -> 16 {\n", "X . X\n",
    "residual { ", "for i in [1, 2]", "if true else", "train {\n", "data {", "loss: ", "netspec 1\n",
    "# netspec: classes=3\n", 'use "a.net"\n', "卷積", "🙂", "𝒙 = image -> tanh\n", "\u2028", "\x0c", "\x85",
    "\ufeff", "\u202e", "é", "0", "3.5", "2 ** 3", "\t", "\x00", "in.maps", "(p) * 3", "table: c3",
]  # fmt: skip
START = spec("lenet5") + "\n# 🙂 卷積\nblock 卷積(𝒏) { conv(𝒏, 3) -> relu }\n"


class Text:
    """What an editor has: units of UTF-16, as JavaScript's strings."""

    def __init__(self, text: str) -> None:
        self.units = self._units(text)

    @staticmethod
    def _units(text: str) -> list[int]:
        packed = text.encode("utf-16-le", "surrogatepass")
        return [packed[at] + 256 * packed[at + 1] for at in range(0, len(packed), 2)]

    def __str__(self) -> str:
        return b"".join(unit.to_bytes(2, "little") for unit in self.units).decode("utf-16-le", "surrogatepass")

    def starts(self) -> list[int]:
        """Where lines begin, in units."""
        found, at = [0], 0
        while at < len(self.units):
            unit = self.units[at]
            at += 2 if unit == 13 and self.units[at + 1 : at + 2] == [10] else 1
            if unit in (10, 13):
                found.append(at)
        return found

    def place(self, at: int) -> tuple[int, int]:
        """The line and column of a unit; never between the two of a pair, nor of a line's end."""
        before = self.units[at - 1 : at]
        if at and at < len(self.units) and (0xD800 <= before[0] < 0xDC00 or (before[0] == 13 and self.units[at] == 10)):
            at -= 1
        starts = self.starts()
        line = max(index for index, start in enumerate(starts) if start <= at)
        return line, at - starts[line]

    def replace(self, first: tuple[int, int], last: tuple[int, int], new: str) -> None:
        starts = self.starts()
        low, high = starts[first[0]] + first[1], starts[last[0]] + last[1]
        self.units[low:high] = self._units(new)


def edit(text: Text, draw: random.Random) -> tuple[tuple[int, int], tuple[int, int], str]:
    """One change: mostly a little typed or deleted, now and then more."""
    at = draw.randrange(len(text.units) + 1)
    length = draw.choice([0, 0, 0, 1, 1, 2, 5, 40, 200 if len(text.units) > 1500 else 0])
    first, last = text.place(at), text.place(min(at + length, len(text.units)))
    new = "".join(draw.choices(PIECES, k=draw.choice([0, 1, 1, 1, 2, 4]))) if len(text.units) < 6000 else ""
    return min(first, last), max(first, last), new


Ask = Callable[[Editor, str, lsp.Position], Awaitable[Any]]
QUESTIONS: dict[str, Ask] = {
    "hover": lambda e, u, at: e.client.text_document_hover_async(lsp.HoverParams(this(u), at)),
    "hints": lambda e, u, at: e.client.text_document_inlay_hint_async(lsp.InlayHintParams(this(u), ALL)),
    "symbols": lambda e, u, at: e.client.text_document_document_symbol_async(lsp.DocumentSymbolParams(this(u))),
    "folds": lambda e, u, at: e.client.text_document_folding_range_async(lsp.FoldingRangeParams(this(u))),
    "tokens": lambda e, u, at: e.client.text_document_semantic_tokens_full_async(lsp.SemanticTokensParams(this(u))),
    "format": lambda e, u, at: e.client.text_document_formatting_async(
        lsp.DocumentFormattingParams(this(u), lsp.FormattingOptions(4, True))
    ),
    "definition": lambda e, u, at: e.client.text_document_definition_async(lsp.DefinitionParams(this(u), at)),
    "references": lambda e, u, at: e.client.text_document_references_async(
        lsp.ReferenceParams(lsp.ReferenceContext(True), this(u), at)
    ),
    "prepare": lambda e, u, at: e.client.text_document_prepare_rename_async(lsp.PrepareRenameParams(this(u), at)),
    "completion": lambda e, u, at: e.client.text_document_completion_async(lsp.CompletionParams(this(u), at)),
    "signature": lambda e, u, at: e.client.text_document_signature_help_async(lsp.SignatureHelpParams(this(u), at)),
    "fixes": lambda e, u, at: e.client.text_document_code_action_async(
        lsp.CodeActionParams(this(u), lsp.Range(at, at), lsp.CodeActionContext([]))
    ),
    "lenses": lambda e, u, at: e.client.text_document_code_lens_async(lsp.CodeLensParams(this(u))),
}


async def answers(editor: Editor, uri: str, places: list[lsp.Position]) -> dict[str, str]:
    """All that is answered of a document, without its name and version."""
    found = {name: [await ask(editor, uri, at) for at in places] for name, ask in QUESTIONS.items()}
    return {
        name: re.sub(r"version=\d+|'version': \d+", "", repr(value).replace(uri, "URI"))
        for name, value in found.items()
    }


def shown(editor: Editor, uri: str) -> str:
    return repr(editor.findings[uri].diagnostics).replace(uri, "URI")


@pytest.mark.parametrize(
    ("seed", "count", "every"),
    [(1, 20, 10), *(pytest.param(*row, marks=pytest.mark.slow) for row in ((1, 60, 30), (2, 1_000, 50)))],
)
def test_edits(seed: int, count: int, every: int) -> None:
    async def script(editor: Editor) -> None:
        draw, text = random.Random(seed), Text(START)
        editor.open("untitled:edited", START)
        for version in range(2, count + 2):
            if version % 100 == 0 or len(text.units) < 200:  # from time to time it is whole again
                text = Text(START)
                editor.rewrite("untitled:edited", version, START)
            else:
                first, last, new = edit(text, draw)
                text.replace(first, last, new)
                editor.type("untitled:edited", version, (first, last, new))
            at = lsp.Position(*text.place(draw.randrange(len(text.units) + 1)))
            await QUESTIONS[draw.choice(list(QUESTIONS))](editor, "untitled:edited", at)
            if version % every == 0 or version == count + 1:
                fresh = f"untitled:fresh{version}"
                editor.open(fresh, str(text))
                places = [lsp.Position(*text.place(draw.randrange(len(text.units) + 1))) for _ in range(5)]
                assert await answers(editor, "untitled:edited", places) == await answers(editor, fresh, places), version
                await editor.problems(fresh, 1)
                await editor.problems("untitled:edited", version)
                assert shown(editor, "untitled:edited") == shown(editor, fresh), version
                editor.close(fresh)

    session(script)
