"""What is shown beside and under the text: hover, hints, outline, folds, colours, the canonical form."""

from __future__ import annotations

import re
from typing import Any

import pytest
from lsprotocol import types as lsp

from netspec.language import format_text
from netspec.language.keywords import KEYWORDS
from netspec.lsp.coloring import LEGEND, tokens
from netspec.lsp.formatting import MOST_COMPARED, formatted
from netspec.lsp.hints import hints
from netspec.lsp.outline import folds, symbols
from tests.lsp.asking import ALL, edited, hovered, snapshot, spec, this
from tests.lsp.editor import Editor, session

NET = """netspec 1
# the first
# and the second
let k = 2 ** 3
block b(n, s = 1) {
    conv(n, 3, stride: s, pad: 1) -> relu
}
net A(classes = 10) {
    input i: 3 x 9 x 9
    sparse table t: 2 -> 4 = groups(2)
    share e = conv(2, 1)
    v = i -> e -> conv(4, 3, table: t) -> b(k) -> b(k) -> b(5, 2)
    output y (train, weight: 0.3) = v -> residual(shortcut: auto) { b(in.maps + min(1, 2)) }
        -> dense(classes) -> softmax
    expect v(macs: 1)
}
train { optimizer: sgd(rate: 0.1)
    loss: cross_entropy }
"""

#: Where the pointer is, and what must be told there: figures by hand, meanings as declared.
POINTED = [
    ("let k‸ =", ["let k = 2 ** 3", "= 8"]),
    ("block b‸(", ["block b(n, s = 1)"]),
    ("b(n‸, s", ["n", "= 8"]),
    ("A(classes‸", ["classes = 10", "= 10"]),
    ("net A‸(", ["layers", "parameters"]),
    ("input i‸:", ["**3 x 9 x 9**"]),
    ("table t‸:", ["4 connections of 8", "0  X X . ."]),
    ("table: t‸)", ["4 connections of 8"]),
    ("table‸ t:", ["which input map feeds which output map"]),
    ("netspec‸ 1", ["version of the language"]),
    ("‸share e", ["one set of weights, used as often as it is named"]),
    ("block‸ b(", ["its value is that of its last statement"]),
    ("{ b(in‸.maps", ["its input"]),
    ("# the fir‸st", []),
    ("k = 2 **‸ 3", []),
    ("sparse‸ t", ["`X`: a connection with a weight of its own"]),
    ("= groups‸(", ["groups(n)", "how many runs there are", "equal runs of maps"]),
    ("share e‸ =", ["one set of weights", "**2 x 9 x 9**"]),
    ("-> e‸ ->", ["one set of weights"]),
    # 3 x 1 x 1 x 2 + 2, then four kernels of 3 x 3 with four biases: 8 + 40, by hand; at 7 x 7
    ("-> conv‸(4", ["2 x 9 x 9 → **4 x 7 x 7**", "40 parameters", "1,764 macs", "sees 3 x 3 of the input"]),
    ("conv(4, 3, table‸:", ["which input map feeds which output map"]),
    ("    conv(n, 3, stride‸:", ["how far the window moves", "(default: 1)"]),
    ("    conv‸(n, 3", ["4 x 7 x 7 → **8 x 7 x 7**", "the first of 4 uses, as 5 x 4 x 4; 6 x 4 x 4 too"]),
    ("    v‸ =", ["**5 x 4 x 4**", "sees 9 x 9 of the input, neighbours 2 x 2 apart"]),
    ("expect v‸(", ["**5 x 4 x 4**"]),
    ("expect v(macs‸:", ["products of a kernel's weight and a value"]),
    ("residual‸(", ["5 x 4 x 4 → **6 x 4 x 4**", "plus the shortcut"]),
    ("(shortcut‸:", ["what is added to the value of the body"]),
    ("auto‸)", ["project where they do not"]),
    ("min‸(1", ["The least of some numbers"]),
    ("dense(classes‸)", ["= 10"]),
    ("dense‸(", ["sees all of the input", "970 parameters"]),
    ("train‸ {", ["how often training goes through all examples"]),
    ("optimizer‸:", ["The rule that turns gradients into steps"]),
    ("sgd‸(", ["the learning rate", "momentum"]),
    ("rate‸: 0.1", ["the learning rate", "(default: 0.01)"]),
    ("cross_entropy‸", ["numbers of classes"]),
]


def test_every_word_of_the_language_is_told() -> None:
    text = "netspec 1\n" + " ".join(sorted(KEYWORDS))
    untold = [word for word in KEYWORDS if not hovered(re.sub(rf"\b{word}\b", f"{word}‸", text))]
    assert untold == []


@pytest.mark.parametrize(("place", "told"), POINTED, ids=[place for place, _ in POINTED])
def test_what_is_told_under_the_pointer(place: str, told: list[str]) -> None:
    plain = place.replace("‸", "")
    if place == "sparse‸ t":
        place, plain = "sparse‸ table", "sparse table"
    assert NET.count(plain) == 1, NET.count(plain)
    shown = hovered(NET.replace(plain, place))
    assert [part for part in told if part not in shown] == [], shown
    assert bool(shown) == bool(told)


def test_the_paper_s_own_figures_of_lenet5() -> None:
    shown = hovered(spec("lenet5").replace("C3 = S2", "C3‸ = S2"))
    assert "**16 x 10 x 10**" in shown
    assert "1,516 parameters, 151,600 connections" in shown


def shown_hints(text: str, span: lsp.Range = ALL) -> list[str]:
    found = snapshot(text)
    lines = found.source.text.split("\n")
    return [
        f"{lines[one.position.line][: one.position.character].rsplit('-> ', 1)[-1]}: {one.label}"
        for one in sorted(
            hints(found, lsp.InlayHintParams(this(), span)), key=lambda one: (one.position.line, one.position.character)
        )
    ]


def test_a_shape_stands_behind_each_arrow() -> None:
    assert shown_hints(NET) == [
        "relu: 8 x 7 x 7 …", "e: 2 x 9 x 9", "conv(4, 3, table: t): 4 x 7 x 7", "b(k): 8 x 7 x 7", "b(k): 8 x 7 x 7",
        "b(5, 2): 5 x 4 x 4", "residual(shortcut: auto) { b(in.maps + min(1, 2)) }: 6 x 4 x 4", "dense(classes): 10",
        "softmax: 10",
    ]  # fmt: skip
    assert shown_hints(NET, lsp.Range(lsp.Position(5, 0), lsp.Position(6, 0))) == ["relu: 8 x 7 x 7 …"]


def test_what_is_built_of_half_a_net_has_hints() -> None:
    text = "netspec 1\nnet A {\n    input i: 3 x 9 x 9\n    v = i -> conv(4, 3) -> relu\n    w = v -> conv(8, \n"
    assert shown_hints(text) == ["conv(4, 3): 4 x 7 x 7", "relu: 4 x 7 x 7"]


def named(symbols: list[lsp.DocumentSymbol]) -> list[Any]:
    return [(one.name, named(list(one.children))) if one.children else one.name for one in symbols]


def test_the_outline() -> None:
    found = symbols(snapshot(NET), lsp.DocumentSymbolParams(this()))
    assert named(found) == [
        "k", "b", ("A", ["i", "t", "e", "v", "y"]), ("train", ["optimizer", "loss"]),
    ]  # fmt: skip
    (net,) = [one for one in found if one.name == "A"]
    assert net.children and net.children[3].detail == "5 x 4 x 4"
    for one in [*found, *net.children]:
        around, name = one.range, one.selection_range
        assert (around.start.line, around.start.character) <= (name.start.line, name.start.character)


def test_folds_are_told_from_words_alone() -> None:
    def lines(text: str) -> list[tuple[int, int]]:
        return [(one.start_line, one.end_line) for one in folds(snapshot(text), lsp.FoldingRangeParams(this()))]

    assert lines(NET) == [(1, 2), (4, 5), (7, 14)]
    assert lines("# netspec: n=2\nnetspec 1\n# a\n") == []
    assert lines("# a\n# b\nnetspec 1\n") == [(0, 1)]
    assert lines("netspec 1\nnet A {\n    v = \n    w = )\n    u = [a,\n b,\n c]\n}\n") == [(1, 6), (4, 5)]


def colours(text: str) -> list[tuple[str, str]]:
    found = snapshot(text)
    data = tokens(found, lsp.SemanticTokensParams(this())).data
    lines, row, column, result = found.document.text.split("\n"), 0, 0, []
    for at in range(0, len(data), 5):
        down, right, length, kind, _ = data[at : at + 5]
        row, column = row + down, right if down else column + right
        wide = lines[row].encode("utf-16-le")
        result.append((wide[2 * column : 2 * (column + length)].decode("utf-16-le"), LEGEND.token_types[kind]))
    return result


def test_colours_by_meaning() -> None:
    found = colours(NET)
    for word in [
        ("k", "variable"), ("b", "function"), ("n", "parameter"), ("stride", "property"), ("relu", "method"),
        ("A", "class"), ("t", "type"), ("sparse", "keyword"), ("table", "keyword"), ("groups", "macro"),
        ("auto", "enumMember"), ("# the first", "comment"), ("0.3", "number"), ("train", "namespace"),
        ("sgd", "enumMember"), ("optimizer", "property"), ("->", "operator"), ("min", "macro"),
        ("netspec 1", "keyword"),
    ]:  # fmt: skip
        assert word in found


def test_colours_where_characters_are_wide() -> None:
    text = 'netspec 1\nlet a = "🙂🙂"  # 🙂\nblock 卷積(k) { conv(k, 3) -> 𝒙 }\n'
    assert colours(text)[2:] == [
        ("a", "variable"), ('"🙂🙂"', "string"), ("# 🙂", "comment"), ("block", "keyword"), ("卷積", "function"),
        ("k", "parameter"), ("conv", "method"), ("k", "parameter"), ("3", "number"), ("->", "operator"),
    ]  # fmt: skip


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_canonical_form(end: str) -> None:
    ugly = NET.replace("    conv(n", "  conv( n").replace("\n# and", "\n\n\n\n# and").replace("\n", end).rstrip()
    found = snapshot(ugly)
    edits = formatted(found, lsp.DocumentFormattingParams(this(), lsp.FormattingOptions(4, True)))
    assert edited(found, edits) == format_text(NET.replace("\n# and", "\n\n# and")).replace("\n", end)
    assert edits is not None and len(edits) < 6  # lines that are right are left alone


def test_a_text_too_long_to_compare_keeps_its_line_ends() -> None:
    text = "netspec 1\r\nlet  a = 1\r\n" + "# a line\r\n" * (MOST_COMPARED + 1)
    found = snapshot(text)
    edits = formatted(found, lsp.DocumentFormattingParams(this(), lsp.FormattingOptions(4, True)))
    assert edited(found, edits).splitlines(keepends=True)[-2:] == ["# a line\r\n"] * 2
    assert "let a" in edited(found, edits)


def test_what_does_not_parse_is_left_alone() -> None:
    params = lsp.DocumentFormattingParams(this(), lsp.FormattingOptions(4, True))
    assert formatted(snapshot("netspec 1\nlet  a = (\n"), params) is None
    assert formatted(snapshot(format_text(NET)), params) == []


@pytest.mark.slow
def test_all_of_it_over_the_streams() -> None:
    async def script(editor: Editor) -> None:
        client, text = editor.client, spec("lenet5")
        editor.open("untitled:a", text)
        shown = await client.text_document_hover_async(lsp.HoverParams(this(), lsp.Position(18, 5)))
        assert shown and "1,516 parameters" in str(shown.contents)
        found = await client.text_document_inlay_hint_async(lsp.InlayHintParams(this(), ALL))
        assert found and len(found) == 14
        outline = await client.text_document_document_symbol_async(lsp.DocumentSymbolParams(this()))
        assert outline and [one.name for one in outline] == ["LeNet5", "train", "data"]
        assert await client.text_document_folding_range_async(lsp.FoldingRangeParams(this()))
        colored = await client.text_document_semantic_tokens_full_async(lsp.SemanticTokensParams(this()))
        assert colored and len(colored.data) > 500
        options = lsp.FormattingOptions(4, True)
        assert await client.text_document_formatting_async(lsp.DocumentFormattingParams(this(), options)) == ()
        asked = client.text_document_hover_async(lsp.HoverParams(this(), lsp.Position(18, 5)))
        editor.rewrite("untitled:a", 2, "netspec 1\n")
        assert await asked is None or "1,516" in str(await asked)  # never of another text
        none = lsp.TextDocumentIdentifier("untitled:none")
        assert await client.text_document_hover_async(lsp.HoverParams(none, lsp.Position(0, 0))) is None

    session(script)
