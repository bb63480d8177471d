"""What is offered while one writes: names, words and tables that fit, and the arguments of what is being called."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types as lsp

from netspec.lsp.completion import completion
from netspec.lsp.signature import signature
from netspec.ops import OPERATORS
from tests.lsp.asking import edited, marked, this
from tests.lsp.editor import Editor, session

HEAD = """netspec 1
let k = 3
sparse table two: 2 -> 4 = groups(2)
sparse table three: 3 -> 4 = full
kernel table taps: 3 x 3 {
    X . X
    . X .
    X . X
}
block b(n, s = 1) {
    conv(n, 3) -> relu
}
net A(c = 1) {
    input i: 3 x 9 x 9
    share e = conv(2, 1)
    v = i -> e
"""


def offered(text: str, uri: str = "untitled:a") -> list[str] | None:
    found, place = marked(text, uri)
    result = completion(found, lsp.CompletionParams(this(uri), place))
    return None if result is None else [one.label for one in result.items]


LAYERS = {"conv", "relu", "residual", "identity", "concat", "b", "e"}
#: A line that is being written in the net, what must be among the offers, and what must not.
LINES = [
    ("w = v -> ‸", LAYERS, {"v", "i", "k", "input"}),
    ("w = v -> co‸", LAYERS, {"v"}),
    ("w = v -> relu\n        -> ‸", LAYERS, {"v", "let"}),
    ("w = ‸", {"v", "i"}, LAYERS | {"w"}),
    ("‸", {"input", "output", "share", "expect", "sparse table", "v"}, {"net", "train"}),
    ("w‸", {"input", "v"}, {"net"}),
    ("w = v -> conv(‸", {"maps", "kernel", "stride", "init", "frozen", "k", "c", "max"}, {"conv", "units"}),
    ("w = v -> conv(4, pad: 1, ‸)", {"kernel", "stride"}, {"pad"}),
    ("w = v -> conv(4, 3, pad: ‸)", {"same", "k"}, {"he", "stride"}),
    ("w = v -> conv(4, 3, init: ‸", {"he", "xavier", "gaussian"}, {"same"}),
    ("w = v -> conv(4, 3, frozen: ‸", {"true", "false"}, {"he"}),
    ("w = v -> conv(4, 3, table: ‸", {"two"}, {"three", "taps"}),  # two maps enter, four come out
    ("w = i -> conv(4, 3, table: ‸)", {"three"}, {"two", "taps"}),
    ("w = i -> conv(8, 3, table: ‸)", set(), {"three", "two", "taps"}),
    ("w = v -> [relu, conv(4, 3, table: ‸", {"two"}, {"three"}),
    ("w = v -> relu -> (conv(4, 3, table: tw‸", {"two"}, {"three"}),
    ("w = v -> conv(4, kernel: ‸", {"taps"}, {"two", "three"}),
    ("w = v -> residual(‸", {"shortcut"}, {"maps"}),
    ("w = v -> residual(shortcut: ‸) { relu }", {"auto", "project", "two"}, {"three"}),
    ("w = v -> b(‸", {"n", "s"}, {"maps"}),
    ("w = [‸", {"v", "i"}, {"k"}),
    ("w = [v, ‸] -> add", {"v", "i"}, {"k"}),
    ("w = v -> (relu if ‸", {"c", "k"}, {"conv"}),
    ("w = v -> conv(i.‸", {"maps", "height"}, {"conv", "k"}),
    ("sparse ‸", {"table"}, {"conv"}),
    ("sparse table z: 2 -> 4 = ‸", {"groups", "band", "two"}, {"three", "conv"}),
    ("sparse table z: 1.5 -> 4 = ‸", {"groups", "band"}, {"two", "three", "conv"}),
    ("expect ‸", {"v", "e", "net"}, {"conv", "k"}),
    ("expect v(‸", {"shape", "parameters"}, {"k"}),
    ("output y (‸", {"train", "weight"}, {"shape"}),
    ("let q = ‸", {"k", "c", "max"}, {"conv"}),
    ("# ‸", None, set()),
    ("w = v -> # ‸", None, set()),
]


@pytest.mark.parametrize(("line", "wanted", "other"), LINES, ids=[line for line, _, _ in LINES])
def test_what_is_offered_in_a_net(line: str, wanted: set[str] | None, other: set[str]) -> None:
    for rest in ("\n}\n", "\n", "\n    later = v -> norm\n}\ntrain { epochs: 1 }\n"):
        names = offered(f"{HEAD}    {line}{rest}")
        if wanted is None:
            assert names is None
            continue
        assert names is not None
        assert wanted <= set(names)
        assert not other & set(names)
        assert len(names) == len(set(names))


#: Elsewhere in a file.
PLACES = [
    ("netspec 1\n‸", {"net", "block", "let", "use", "train", "data", "sparse table"}, {"conv", "input"}),
    ("netspec 1\nlet a = 1\ntr‸\n", {"train"}, {"a"}),
    ("netspec 1\nblock q(n) {\n    ‸\n}\n", {"in", "conv", "q", "let"}, {"input_", "train"}),
    ("netspec 1\nnet A {\n    input i: 3\n    block q() {\n        ‸\n    }\n}\n", {"in", "q", "let"}, {"i"}),
    ("netspec 1\nblock q(n) {\n    conv(‸\n}\n", {"maps", "n"}, {"conv"}),
    ("netspec 1\ntrain {\n    ‸\n}\n", {"loss", "optimizer", "batch"}, {"prepare"}),
    ("netspec 1\ndata {\n    ‸\n}\n", {"prepare", "classes"}, {"loss"}),
    ("netspec 1\ntrain { optimizer: ‸ }\n", {"sgd", "adam"}, {"cosine"}),
    ("netspec 1\ntrain { schedule: warmup(5) -> ‸ }\n", {"cosine", "step"}, {"sgd"}),
    ("netspec 1\ntrain { loss: ‸ }\n", {"mse", "cross_entropy"}, {"sgd"}),
    ("netspec 1\ntrain { class_weight: ‸ }\n", {"balanced"}, {"sgd"}),
    ("netspec 1\ntrain { optimizer: sgd(‸ }\n", {"rate", "momentum"}, {"maps"}),
    ("netspec 1\ntrain { optimizer: sgd(nesterov: ‸ }\n", {"true", "false"}, {"maps"}),
    ("netspec 1\ndata { prepare: resize(32, 32) -> ‸ }\n", {"scale", "normalize"}, {"sgd", "relu"}),
    ("netspec 1\ndata { prepare: resize(32, filter: ‸ }\n", {"bicubic", "lanczos"}, {"sgd"}),
    ("‸", {"net"}, set()),
]


@pytest.mark.parametrize(("text", "wanted", "other"), PLACES, ids=[text for text, _, _ in PLACES])
def test_what_is_offered_elsewhere(text: str, wanted: set[str], other: set[str]) -> None:
    names = offered(text)
    assert names is not None
    assert wanted <= set(names)
    assert not other & set(names)


def test_every_layer_is_offered_with_its_meaning() -> None:
    found, place = marked(f"{HEAD}    w = v -> ‸\n}}\n")
    result = completion(found, lsp.CompletionParams(this(), place))
    assert result is not None
    items = {one.label: one for one in result.items}
    assert set(OPERATORS) <= set(items)
    about = items["conv"].documentation
    assert isinstance(about, lsp.MarkupContent) and "how far the window moves" in about.value


def test_what_is_typed_is_replaced() -> None:
    found, place = marked("netspec 1\nblock 卷積(n) { relu }\nblock c(n) { 🙂卷積 -> 卷‸\n}\n")
    result = completion(found, lsp.CompletionParams(this(), place))
    assert result is not None
    (item,) = [one for one in result.items if one.label == "卷積"]
    assert isinstance(item.text_edit, lsp.TextEdit)
    assert "🙂卷積 -> 卷積\n" in edited(found, [item.text_edit])


def test_files_that_could_be_used(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    for name in ("a.net", "parts/b.net", "c.txt"):
        (tmp_path / name).write_text("netspec 1\n")
    assert offered('netspec 1\nuse "‸', (tmp_path / "main.net").as_uri()) == ["a.net", "parts/b.net"]
    assert offered('netspec 1\nuse "‸"\n', "untitled:a") is None


#: What is being called, the argument that is being written (None: none is told), and the one that must be shown.
CALLS = [
    ("w = v -> conv(‸", "conv(maps, kernel, stride: 1", "maps"),
    ("w = v -> conv(4, ‸", "conv(maps, kernel", "kernel"),
    ("w = v -> conv(4, [1, 2], ‸", "conv(", "stride: 1"),
    ("w = v -> conv(4, stride: ‸)", "conv(", "stride: 1"),
    ("w = v -> conv(4, 3, init: gaussian(0.1), bias: ‸", "conv(", "bias: not set"),
    ("w = v -> conv(max(1, ‸", "max(", None),
    ("w = v -> b(1, ‸", "b(n, s: 1)", "s: 1"),
    ("w = v -> b(s: ‸", "b(n, s: 1)", "s: 1"),
    ("w = v -> residual(‸", "residual(shortcut: identity)", "shortcut: identity"),
    ("sparse table z: 1 -> 2 = random(1, ‸", "random(fan_in, seed: 0)", "seed: 0"),
    ("expect v(macs: ‸", "expect(", "macs: not held"),
    ("output y (weight: ‸", "output(", "weight: 1"),
    ("w = v -> residual { conv(2, ‸", "conv(", "kernel"),
    ("w = v -> residual(shortcut: auto) { ‸", None, None),
    ("w = v -> relu -> ‸", None, None),
    ("w = v -> nothing(‸", None, None),
]


@pytest.mark.parametrize(("line", "label", "argument"), CALLS, ids=[line for line, _, _ in CALLS])
def test_the_arguments_of_what_is_called(line: str, label: str | None, argument: str | None) -> None:
    found, place = marked(f"{HEAD}    {line}\n}}\n")
    shown = signature(found, lsp.SignatureHelpParams(this(), place))
    if label is None:
        assert shown is None
        return
    assert shown is not None
    (one,) = shown.signatures
    assert one.label.startswith(label)
    assert one.parameters is not None
    if argument is None:
        assert shown.active_parameter is None
        return
    assert shown.active_parameter is not None
    present = one.parameters[shown.active_parameter].label
    assert isinstance(present, tuple) and one.label[slice(*present)] == argument


@pytest.mark.slow
def test_over_the_streams() -> None:
    async def script(editor: Editor) -> None:
        editor.open("untitled:a", f"{HEAD}    w = v -> con\n}}\n")
        at = lsp.Position(16, 16)
        result = await editor.client.text_document_completion_async(lsp.CompletionParams(this(), at))
        assert isinstance(result, lsp.CompletionList) and "conv" in {one.label for one in result.items}
        editor.type("untitled:a", 2, ((16, 16), (16, 16), "v("))
        help = await editor.client.text_document_signature_help_async(
            lsp.SignatureHelpParams(this(), lsp.Position(16, 18))
        )
        assert help and help.signatures[0].label.startswith("conv(maps, kernel")

    session(script)
