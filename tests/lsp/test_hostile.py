"""Every question to texts that are broken, deep, long or many times the same has an answer, or a reason for none."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcInvalidParams

from netspec.lsp.answers import ANSWERS
from netspec.lsp.findings import findings
from tests.lsp.asking import ALL, snapshot, spec, this

NET = "netspec 1\nnet A { input i: 3 x 8 x 8\n "
TEXTS = {
    "nothing": "",
    "no spec": "SNNS network definition file",
    "half a pair": "netspec 1\n# \ud83d",
    "half a file": spec("googlenet")[:2_000],
    "without its first line": spec("lenet5").partition("\n")[2],
    "a long line": "netspec 1\nlet a = " + "1 + " * 3_000 + "1\n",
    "a long line of wide characters": 'netspec 1\nlet a = ["' + '", "'.join(["🙂卷"] * 3_000) + '"]\n',
    "one name for all": f"{NET}{'a = i -> relu' + chr(10)}" * 2 + "a = i -> relu\n" * 500 + "output y = a -> relu }\n",
    "an argument too many": f"{NET}output y = i -> conv({'1, ' * 3_000})\n}}\n",
    "brackets that close nothing": "netspec 1\n" + ")]}" * 500,
    "brackets that are never closed": "netspec 1\n" + "net A { (" * 60,
    "deep groups": f"{NET}output y = i -> {'(' * 95}relu{')' * 95}\n}}\n",
    "deep residuals": f"{NET}output y = i -> {'residual { ' * 90}relu{' }' * 90}\n}}\n",
    "blocks that call blocks": "netspec 1\n" + "".join(f"block b{k}() {{ b{k + 1}() }}\n" for k in range(98))
    + f"block b98() {{ relu }}\n{NET[10:]}output y = i -> b0()\n}}\n",
    "a circle": "netspec 1\nblock a() { b() }\nblock b() { a() }\n" + NET[10:] + "output y = i -> a()\n}\n",
    "a second net": spec("lenet5") + "net B { }\n",
    "more findings than are kept": "netspec 1\n" + "?\n" * 10_100,
    "a large table": f"{NET}sparse table t: 30000 -> 30000 = band(100)\n output y = i -> dense(30000, table: t)\n}}\n",
    "a table that is no table": "netspec 1\nsparse table t: 2 -> {\n X X\n",
    "a use of nothing": 'netspec 1\nuse ""\nuse "/"\nuse "\\u0000"\nuse 3\n',
    "signs alone": "netspec 1\n-> = : , | & .. . x x x\n",
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", TEXTS)
def test_there_is_an_answer(name: str) -> None:
    text = TEXTS[name]
    found = snapshot(text)
    assert findings(found)["untitled:a"].version == 1
    for method, (answer, _) in ANSWERS.items():
        context = lsp.CodeActionContext([]) if "codeAction" in method else lsp.ReferenceContext(True)
        for offset in (0, len(text) // 3, len(text) // 2, len(text)):
            place = found.places.position(offset)
            params = SimpleNamespace(
                text_document=this(), position=place, range=ALL if "inlay" in method else lsp.Range(place, place),
                context=context, new_name="zz",
            )  # fmt: skip
            try:
                answer(found, params)
            except JsonRpcInvalidParams:
                assert method == lsp.TEXT_DOCUMENT_RENAME
